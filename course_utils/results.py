"""What executed notebooks hold: results, pages, the committed files, the README's table."""

import base64
import contextlib
import hashlib
import json
import math
import os
from pathlib import Path
import platform
import re
import statistics

from course_utils import CLAIM, RECORD, SETUP, SUMMARY

PACKAGE = Path(__file__).resolve().parent
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


def fingerprint(path):
    """What a result depends on: hashes of the lesson's code, and of this package."""
    cells = read_notebook(path)["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    package = hashlib.sha256()
    for part in sorted([*PACKAGE.glob("*.py"), *PACKAGE.glob("measured/*.json")]):
        package.update(part.read_bytes().replace(b"\r\n", b"\n"))
    return {
        "code": hashlib.sha256(code.encode()).hexdigest()[:16],
        "package": package.hexdigest()[:16],
    }


def machine():
    """Where a result was measured: {"system", "processor", "cores"}."""
    processor = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):  # Linux says more than `platform`
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        processor = found[1] if found else processor
    allowed = getattr(os, "sched_getaffinity", None)  # a container may use fewer than there are
    cores = len(allowed(0)) if allowed else os.cpu_count()
    system = f"{platform.system()} {platform.machine()}"
    return {"system": system, "processor": processor, "cores": cores}


def read_results(path):
    """The list of results in a file; empty when there is none or it is damaged."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(Path(path).read_text("utf-8"))
        return found if isinstance(found, list) else []
    return []


def merged(results):
    """Results in the order of lessons and seeds; of several of one lesson and seed, the last."""
    last = {(result["lesson"], result["seed"] or 0): result for result in results}
    return [last[key] for key in sorted(last)]


def write_results(path, results):
    """Write results, `merged`, as a JSON list."""
    write_file(path, json.dumps(merged(results), indent=1, ensure_ascii=False) + "\n")


def unfit(result, path):
    """Why a result may not stand in the README's table, or None. path: of its lesson."""
    if "error" in result:
        return "it failed"
    if result["quick"] or set(result["parameters"]) - {"SEED"}:
        return "it was a run on other settings"
    if result["digits"] == "sklearn":
        return "it ran on the bundled digits, not on MNIST"
    if result["code"] != fingerprint(path)["code"]:
        return "the lesson's code has changed since"
    return None


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
    write_file(path.with_suffix(".html"), page)


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
    write_file(path, nbformat.writes(node) + "\n")


def results_table(paths, results):
    """The README's table: of each lesson the first row of its summary, over all its results."""
    lines = [
        "| Lesson | Measured | Baseline | Recipe | Ours | Limit | Minutes |",
        "|---|---|---|---|---|---|--:|",
    ]
    for path in paths:
        runs = [result for result in results if result["lesson"] == path.stem]
        if not runs:
            continue
        name, _ = runs[0]["summary"]["rows"][0]
        whats = [what for _, what in runs[0]["summary"]["columns"]]
        of_runs = [result["summary"]["rows"][0][1] for result in runs]
        cells = [
            f"– {what}" if None in values else f"**{mean_and_deviation(values)}** {what}"
            for values, what in zip(zip(*of_runs, strict=True), whats, strict=True)
        ]
        link = f"[{path.stem[:2]} · {title(read_notebook(path))}](notebooks/{path.name})"
        minutes = statistics.mean(result["metrics"]["total_s"] for result in runs) / 60
        lines.append("| " + " | ".join([link, name, *cells, f"{minutes:.1f}"]) + " |")
    return "\n".join([*lines, "", _provenance(results)]) if results else "\n".join(lines)


def mean_and_deviation(values):
    """Mean ± standard deviation (n - 1), to the digit at which the deviation begins."""
    mean = statistics.mean(values)
    spread = statistics.stdev(values) if len(values) > 1 else 0
    if spread <= 1e-9 * abs(mean):
        return f"{mean:.4g}"
    exponent = math.floor(math.log10(spread))
    decimals = max(0, -exponent + (spread / 10**exponent < 2))  # a leading 1 says too little
    return f"{mean:.{decimals}f} ± {spread:.{decimals}f}"


def _provenance(results):
    """One sentence: how many seeds, on what machine, with which versions."""
    names = {"python": "Python", "tensorflow": "TensorFlow", "keras": "Keras", "numpy": "NumPy"}
    used: dict = {}
    for result in results:
        place = result["machine"]
        where = f"{place['cores']} cores of {place['processor']}, {place['system']}"
        used.setdefault("", []).append(where)
        for name in names.keys() & result["versions"].keys():
            used.setdefault(name, []).append(f"{names[name]} {result['versions'][name]}")
    said = [" or ".join(sorted(set(used[key]))) for key in ("", *names) if key in used]
    seeds = ", ".join(map(str, sorted({result["seed"] for result in results})))
    hours = sum(result["seconds"] for result in results) / 3600
    return (
        f"Mean ± standard deviation over the seeds {seeds}; {said[0]}; "
        f"{', '.join(said[1:])}; {hours:.1f} hours for the {len(results)} runs."
    )


def picture(paths):
    """The README's picture: the PNG bytes of the figure in the cell tagged `picture`."""
    for path in paths:
        for cell in read_notebook(path)["cells"]:
            if "picture" in cell["metadata"].get("tags", []):
                for output in cell["outputs"]:
                    if "image/png" in output.get("data", {}):
                        return base64.b64decode("".join(output["data"]["image/png"]))
    raise ValueError("no committed notebook has a figure in a cell tagged `picture`")


def replace_table(text, table, marks=MARKS):
    """The text of a README with `table` between its two marks."""
    begin, end = marks
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"README.md must hold {begin} and {end} once each")
    before, rest = text.split(begin)
    return f"{before}{begin}\n{table}\n{end}{rest.split(end)[1]}"


def write_file(path, text):
    """Write beside, then rename: a file is there whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(path)
