"""What executed notebooks hold: results, pages, the committed files, the README's table."""

import base64
import contextlib
import json
import math
import os
from pathlib import Path
import platform
import re

from course_utils import CLAIM, RECORD, SETUP, SUMMARY

WIDGET = "application/vnd.jupyter.widget-view+json"
MARKS = ("<!-- results: begin, written by `course results --write` -->", "<!-- results: end -->")


def read_notebook(path):
    """The notebook file as plain dicts and lists (faster than nbformat, which checks it)."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def title(notebook):
    """The lesson's question: the first heading, without its number."""
    heading = "".join(notebook["cells"][0]["source"]).splitlines()[0]
    return heading.lstrip("# ").split("·", 1)[-1].strip()


def gather(notebook):
    """What a notebook's outputs hold: seed, quick, digits, metrics, claims, versions, summary."""
    found: dict = {"seed": None, "quick": None, "digits": None, "metrics": {}, "claims": []}
    found |= {"versions": {"python": platform.python_version()}, "summary": None}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            bundle = output.get("data", {})
            found |= bundle.get(SETUP, {})
            found["metrics"] |= bundle.get(RECORD, {})
            found["claims"] += [bundle[CLAIM]] if CLAIM in bundle else []
            found["summary"] = bundle.get(SUMMARY, found["summary"])
    return found


def write_results(path, results):
    """Merge results into the JSON list at `path`, one object a lesson, in their order."""
    known = {}
    with contextlib.suppress(OSError, ValueError):
        known = {result["lesson"]: result for result in json.loads(path.read_text("utf-8"))}
    known |= {result["lesson"]: result for result in results}
    content = [known[lesson] for lesson in sorted(known)]
    _write(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def drop_widgets(path):
    """Take the controls out of an executed notebook: without its kernel they would be dead."""
    notebook = read_notebook(path)
    if notebook["metadata"].pop("widgets", None) is None:
        return
    for cell in notebook["cells"]:
        if "outputs" in cell:
            cell["outputs"] = [o for o in cell["outputs"] if WIDGET not in o.get("data", {})]
    _write(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


_PAGE = """{%- extends 'lab/index.html.j2' -%}
{%- block html_head_css -%}
{{ super() }}
<style>.jp-RenderedMarkdown .highlight pre { font: 90% monospace; }</style>
{%- endblock html_head_css -%}
{%- block data_png scoped -%}
<figure style="margin: 0">
<img src="data:image/png;base64,{{ output.data['image/png'] }}"
     alt="{{ output.data['text/plain'] | escape_html }}" style="max-width: 100%">
<figcaption style="font: italic 90% sans-serif; color: #555">
{{- output.data['text/plain'] | escape_html -}}
</figcaption>
</figure>
{%- endblock data_png -%}"""


def write_page(path):
    """Write the HTML page of an executed notebook beside it; each figure's sentence is its alt."""
    from jinja2 import DictLoader
    from nbconvert import HTMLExporter
    import nbformat

    loader = DictLoader({"course.html.j2": _PAGE})
    exporter = HTMLExporter(extra_loaders=[loader], template_file="course.html.j2")
    page, _ = exporter.from_notebook_node(nbformat.read(path, as_version=4))
    _write(path.with_suffix(".html"), page)


def write_published(notebook, path):
    """Write an executed notebook as the committed file: no run times, no paths, same cell ids."""
    import nbformat

    minutes = max(1, math.ceil(gather(notebook)["metrics"]["total_s"] / 60))
    notebook["metadata"] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
    }
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        cell["metadata"] = {"tags": tags} if tags else {}
    first = notebook["cells"][0]
    first["source"] = re.sub(
        r"\*\*\d+ minutes?\*\*",
        f"**{minutes} minute{'s' * (minutes > 1)}**",
        "".join(first["source"]),
    )
    node = nbformat.from_dict(notebook)
    nbformat.validate(node)
    _write(path, nbformat.writes(node) + "\n")


def results_table(paths):
    """The README's table, from the summaries that the notebooks at `paths` hold."""
    lines = [
        "| Lesson | Measured | Baseline | Recipe | Ours | Limit | Minutes |",
        "|---|---|---|---|---|---|--:|",
    ]
    for path in paths:
        notebook = read_notebook(path)
        found = gather(notebook)
        if found["summary"] is None:
            continue
        name, values = found["summary"]["rows"][0]
        whats = [what for _, what in found["summary"]["columns"]]
        cells = [
            f"– {what}" if value is None else f"**{value:.4g}** {what}"
            for value, what in zip(values, whats, strict=True)
        ]
        link = f"[{path.stem[:2]} · {title(notebook)}](notebooks/{path.name})"
        minutes = f"{found['metrics']['total_s'] / 60:.1f}"
        lines.append("| " + " | ".join([link, name, *cells, minutes]) + " |")
    return "\n".join(lines)


def picture(paths):
    """The README's picture: the PNG bytes of the figure in the cell tagged `picture`."""
    for path in paths:
        for cell in read_notebook(path)["cells"]:
            if "picture" in cell["metadata"].get("tags", []):
                for output in cell["outputs"]:
                    if "image/png" in output.get("data", {}):
                        return base64.b64decode("".join(output["data"]["image/png"]))
    raise ValueError("no committed notebook has a figure in a cell tagged `picture`")


def replace_table(text, table):
    """The README's text with `table` between its two marks."""
    begin, end = MARKS
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"README.md must hold {begin} and {end} once each")
    before, rest = text.split(begin)
    return f"{before}{begin}\n{table}\n{end}{rest.split(end)[1]}"


def _write(path, text):
    """Write beside, then rename: a file is there whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(path)
