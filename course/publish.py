"""Executed notebooks as files: their pages, and the committed notebooks."""

import json
import re

from course.lessons import read_notebook
from course.results import write_file

WIDGET = "application/vnd.jupyter.widget-view+json"


def drop_widgets(path):
    """Take the controls out of an executed notebook: without its kernel they would be dead."""
    notebook = read_notebook(path)
    if notebook["metadata"].pop("widgets", None) is None:
        return
    for cell in notebook["cells"]:
        if "outputs" in cell:
            cell["outputs"] = [o for o in cell["outputs"] if WIDGET not in o.get("data", {})]
    write_file(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def mark_unfinished(path, message):
    """Say at the top of a notebook that its run ended before its end, and why."""
    notebook = read_notebook(path)
    text = f"**This run was not finished:** {message}. What follows is as far as it came."
    cell = {"cell_type": "markdown", "id": "unfinished", "metadata": {}, "source": text}
    notebook["cells"].insert(0, cell)
    write_file(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


_PAGE = """{%- extends 'lab/index.html.j2' -%}
{%- block html_head_css -%}
{{ super() }}
<style>
.jp-RenderedMarkdown .highlight pre { font: 90% monospace; }
summary { font: 90% sans-serif; margin: 4px 0 4px 84px; color: #555; }
</style>
{%- endblock html_head_css -%}
{%- block data_png scoped -%}
<img src="data:image/png;base64,{{ output.data['image/png'] }}"
     alt="{{ output.data['text/plain'] | escape_html }}" style="max-width: 100%">
{%- endblock data_png -%}
{%- block input_group -%}
{%- if 'hide-input' in cell.metadata.get('tags', []) -%}
<details><summary>Show this code</summary>{{ super() }}</details>
{%- else -%}
{{ super() }}
{%- endif -%}
{%- endblock input_group -%}"""


def write_page(path):
    """Write the HTML page of an executed notebook beside it; each figure's sentence is its alt."""
    from jinja2 import DictLoader
    from nbconvert import HTMLExporter
    import nbformat

    loader = DictLoader({"course.html.j2": _PAGE})
    exporter = HTMLExporter(extra_loaders=[loader], template_file="course.html.j2")
    page, _ = exporter.from_notebook_node(nbformat.read(path, as_version=4))
    write_file(path.with_suffix(".html"), page)


FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}  # in Jupyter, in Colab


def write_published(notebook, path, made_by):
    """Write an executed notebook as the committed file: no run times, no paths, same cell ids.

    made_by: the fingerprint of its code (see `fingerprint`). Cells tagged `hide-input` are folded.
    """
    notebook["metadata"] = {
        "course": {"made_by": made_by},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
    }
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        cell["metadata"] = {"tags": tags} if tags else {}
        cell["metadata"] |= FOLDED if "hide-input" in tags else {}
    _write(notebook, path)


def write_minutes(path, to_run, to_read):
    """Write into the header of a committed notebook how long it takes to run, and to read.

    Both in whole minutes.
    """
    notebook = read_notebook(path)
    first = notebook["cells"][0]
    first["source"] = re.sub(
        r"About \*\*\d+ minutes?\*\*( to run, \*\*\d+ minutes?\*\* to read)?",
        f"About **{_minutes(to_run)}** to run, **{_minutes(to_read)}** to read",
        "".join(first["source"]),
    )
    _write(notebook, path)


def _write(notebook, path):
    import nbformat

    node = nbformat.from_dict(notebook)
    nbformat.validate(node)
    write_file(path, nbformat.writes(node) + "\n")


def _minutes(count):
    return f"{count} minute{'s' * (count > 1)}"
