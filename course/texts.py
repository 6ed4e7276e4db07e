"""The texts of committed notebooks, renewed without a run where only words have changed."""

import ast
import json

from course_utils import CLAIM, as_markdown

import course
from course.lessons import read_notebook
from course.results import write_file


def renew_texts(path):
    """Write captions, claims' sentences and shown sources as the code has them now.

    path: of a committed notebook. Returns how many outputs changed. What has numbers of the run in
    it (an f-string), or is shown by a loop or a function, is left as it is.
    """
    notebook = read_notebook(path)
    changed = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            changed += _renew(cell)
    if changed:
        text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
        write_file(path, text + "\n")
    return changed


def source_of(name):
    """The source of "MODULE.NAME" of course_utils as `lesson.show_source` shows it."""
    module, name = name.split(".")
    text = (course.ROOT / "course_utils" / f"{module}.py").read_text(encoding="utf-8")
    (found,) = (node for node in ast.parse(text).body if getattr(node, "name", None) == name)
    lines: list = text.splitlines()
    for node in ast.walk(found):
        for decorator in getattr(node, "decorator_list", ()):
            for number in range(decorator.lineno, decorator.end_lineno + 1):
                lines[number - 1] = None
    return "\n".join(
        line for line in lines[found.lineno - 1 : found.end_lineno] if line is not None
    )


def _renew(cell):
    outputs, said = cell["outputs"], _said("".join(cell["source"]))
    before = json.dumps(outputs)
    texts = {"plots.show": _caption, "lesson.show_source": _source, "lesson.claim": _sentence}
    of_kind = {
        "plots.show": lambda data: "image/png" in data,
        "lesson.show_source": lambda data: _text(data, "text/markdown").startswith("```python"),
        "lesson.claim": lambda data: CLAIM in data,
    }
    for kind, renew in texts.items():
        shown = [o for o in outputs if of_kind[kind](o.get("data", {}))]
        if len(shown) == len(said[kind]):
            for output, text in zip(shown, said[kind], strict=True):
                if text is not None:
                    renew(outputs, output, text)
    return before != json.dumps(outputs)


def _said(source):
    """For each kind of call its texts in order, None for one that is no plain text."""
    said: dict = {"plots.show": [], "lesson.show_source": [], "lesson.claim": []}
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        name = ast.unparse(call.func)
        if name == "lesson.show_source":
            said[name].append(source_of(ast.unparse(call.args[0])))
        elif name in said:
            given = dict(enumerate(call.args)) | {word.arg: word.value for word in call.keywords}
            text = getattr(given.get("sentence", given.get(name == "plots.show")), "value", None)
            said[name].append(text if isinstance(text, str) else None)
    return said


def _caption(outputs, figure, text):
    figure["data"]["text/plain"] = text.splitlines(True)
    figure["metadata"]["image/png"]["alt"] = text
    data = {"text/markdown": [f"*{text}*"], "text/plain": text.splitlines(True)}
    number = outputs.index(figure)
    below = outputs[number + 1 :]
    if below and _text(below[0].get("data", {}), "text/markdown").startswith("*"):
        below[0]["data"] = data
    else:
        shown = {"data": data, "metadata": {}, "output_type": "display_data"}
        outputs.insert(number + 1, shown)


def _source(outputs, output, text):
    output["data"]["text/plain"] = text.splitlines(True)
    output["data"]["text/markdown"] = f"```python\n{text}\n```".splitlines(True)


def _sentence(outputs, output, text):
    claim = output["data"][CLAIM]
    line = _text(output["data"], "text/plain")
    line = line.replace(claim["sentence"], text, 1)
    output["data"] |= {"text/plain": [line], "text/markdown": [as_markdown(line)]}
    claim["sentence"] = text


def _text(data, mime):
    return "".join(data.get(mime, ""))
