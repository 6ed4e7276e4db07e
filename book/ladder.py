"""The ladder of the first page: how near to its limit each answer of each lesson comes."""

from html import escape

from course import results
from course.lessons import read_notebook, title

LEGEND = [
    ("baseline", "needs no learning"),
    ("recipe", "well known, measured as it is"),
    ("ours", "what the lesson builds"),
    ("limit", "what could be reached at best"),
]


def ladder(paths, found):
    """A rung for each lesson with results, as Markdown: its question and four values.

    paths: of the lessons; found: results, as `results.read_results` gives them.
    """
    marks = "".join(
        f'<li><i class="mark {role}"></i><span><b>{role}</b>: {said}</span></li>'
        for role, said in LEGEND
    )
    rungs = [
        rung(path, *results.compared(runs))
        for path in paths
        if (runs := [result for result in found if result["lesson"] == path.stem])
    ]
    parts = [f'<ul class="ladder-legend">{marks}</ul>', '<ol class="ladder">', *rungs, "</ol>"]
    return "\n".join(["```{raw} html", *parts, "```", ""])


def rung(path, name, columns):
    """One lesson as an item of HTML. name, columns: as from `results.compared`."""
    places = positions({role: value for role, value, _ in columns})
    marks = "".join(
        f'<i class="mark {role}" style="left: {100 * place:.1f}%"></i>'
        for role, place in places.items()
    )
    values = ", ".join(f"{role} {value}" for role, value, _ in columns)
    far = f"--ours: {100 * places['ours']:.1f}%" if "ours" in places else ""
    number, question = path.stem.split("_")[0], escape(title(read_notebook(path)))
    return (
        f'<li><a href="notebooks/{path.stem}.html">{number} · {question}</a> '
        f'<span class="measured">{escape(name)}</span>'
        f'<span class="track" style="{far}" role="img" aria-label="{escape(values)}">{marks}</span>'
        "</li>"
    )


def positions(values):
    """Where values stand on the way to the limit: from 0, the worst of them, to 1, the limit.

    values: texts by role, as `results.compared` gives them, with one for the limit; what is not a
    number has no place. Returns {role: share of the way}, in the order of `values`.
    """
    numbers = {
        role: float(text.split()[0]) for role, text in values.items() if not text.startswith("–")
    }
    away = {role: abs(number - numbers["limit"]) for role, number in numbers.items()}
    worst = max(away.values()) or 1
    return {role: 1 - distance / worst for role, distance in away.items()}
