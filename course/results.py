"""What executed notebooks hold: results, and the README's table of them."""

import contextlib
import json
import math
import os
from pathlib import Path
import platform
import re
import statistics

from course_utils import CLAIM, RECORD, SETUP, SUMMARY

import course
from course.fingerprint import differences, lesson_fingerprint, same
from course.lessons import read_notebook, reading_minutes, title

MARKS = ("<!-- results: begin, written by `course results --write` -->", "<!-- results: end -->")
TIMES = ("<!-- times: begin, written by `course results --write` -->", "<!-- times: end -->")
KINDS = ("training", "figures", "the rest")  # of cells, by what their time goes into


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


def spent(notebook):
    """Seconds of an executed notebook's cells, by KINDS, the first one, which imports, left out.

    A cell trains that shows the line of `training.Progress`, and is one of figures if it shows a
    picture and trains nothing; the rest makes data and evaluates.
    """
    seconds = dict.fromkeys(KINDS, 0.0)
    for cell in [cell for cell in notebook["cells"] if cell["cell_type"] == "code"][1:]:
        shown = [output.get("data", {}) for output in cell["outputs"]]
        line = re.compile(r"epoch \d+ of \d+")
        trains = any(line.match("".join(data.get("text/plain", ""))) for data in shown)
        kind = "figures" if any("image/png" in data for data in shown) else "the rest"
        duration = cell["metadata"].get("papermill", {}).get("duration") or 0
        seconds["training" if trains else kind] += duration
    return {kind: round(value, 1) for kind, value in seconds.items()}


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
    why = differences(lesson_fingerprint(path, course.ROOT), result.get("made_by", {}))
    return f"it was made by other code: {', '.join(why[:3])}" if why else None


def fastest(path, results):
    """The result of the least time of a lesson, of the code of the committed notebook; or None.

    Where none is of that code, those of older code count.
    """
    runs = [result for result in results if result["lesson"] == path.stem]
    published = read_notebook(path)["metadata"].get("course", {}).get("made_by")
    fit = [run for run in runs if published and same(published, run.get("made_by", {}))]
    return min(fit or runs, key=lambda run: run["metrics"]["total_s"], default=None)


def times_table(paths, results):
    """The table of benchmarks/README.md: where the time of each lesson's fastest run goes."""
    lines = ["| Seconds | " + " | ".join(KINDS) + " | all | minutes |"]
    lines.append("|---|" + "--:|" * (len(KINDS) + 2))
    runs = [run for run in (fastest(path, results) for path in paths) if run and "spent" in run]
    rows = [(run["lesson"], run["spent"], run["metrics"]["total_s"]) for run in runs]
    sums = {kind: sum(of[kind] for _, of, _ in rows) for kind in KINDS}
    for name, of, total in [*rows, ("all of these", sums, sum(total for *_, total in rows))]:
        numbers = [f"{number:.0f}" for number in (*of.values(), total)]
        lines.append(f"| {name} | " + " | ".join(numbers) + f" | {total / 60:.1f} |")
    return "\n".join(lines)


def minutes(path, results):
    """Whole minutes to run a lesson, of its fastest run (None without one), and to read it."""
    run = fastest(path, results)
    to_run = max(1, math.ceil(run["metrics"]["total_s"] / 60)) if run else None
    return to_run, reading_minutes(read_notebook(path))


def results_table(paths, results):
    """The README's table: of each lesson the first row of its summary, over all its results.

    Three columns, and no value broken in two, so that it can be read on a phone.
    """
    lines = ["| Lesson | Measured | Time (min) |", "|---|---|---|"]
    for path in paths:
        runs = [result for result in results if result["lesson"] == path.stem]
        if not runs:
            continue
        name, columns = compared(runs)
        of = {role: (value, what) for role, value, what in columns}
        measured = [name, "**{}** {}".format(*of["ours"])]
        measured += [f"{role} {of[role][0]}" for role in ("baseline", "recipe", "limit")]
        link = f"[{path.stem.split('_')[0]} · {title(read_notebook(path))}](notebooks/{path.name})"
        time = "{} to run<br>{} to read".format(*minutes(path, runs))
        cell = "<br>".join(measured).replace(" ± ", "\N{NBSP}±\N{NBSP}")
        lines.append(f"| {link} | {cell} | {time} |")
    if not results:
        return "\n".join(lines)
    of_lesson = {path.stem: path for path in paths}
    older = sum(unfit(result, of_lesson[result["lesson"]]) is not None for result in results)
    return "\n".join([*lines, "", _provenance(results, older)])


def compared(runs):
    """The first row of a lesson's summary over its `runs`: its name, and of each column role, value
    and what it was. A value is a text, mean ± deviation, or – where there is none.
    """
    name, _ = runs[0]["summary"]["rows"][0]
    values = zip(*[run["summary"]["rows"][0][1] for run in runs], strict=True)
    said = ["–" if None in of else mean_and_deviation(of) for of in values]
    columns = zip(runs[0]["summary"]["columns"], said, strict=True)
    return name, [(role, value, what) for (role, what), value in columns]


def mean_and_deviation(values):
    """Mean ± standard deviation (n - 1), to the digit at which the deviation begins."""
    mean = statistics.mean(values)
    spread = statistics.stdev(values) if len(values) > 1 else 0
    if spread <= 1e-9 * abs(mean):
        return f"{mean:.4g}"
    exponent = math.floor(math.log10(spread))
    decimals = max(0, -exponent + (spread / 10**exponent < 2))  # a leading 1 says too little
    return f"{mean:.{decimals}f} ± {spread:.{decimals}f}"


def _provenance(results, older):
    """How many seeds, on what machine, with which versions; and how many are of older code."""
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
    due = f" {older} of them were made by an earlier state of the code, see `course stale`."
    return (
        f"Mean ± standard deviation over the seeds {seeds}, minutes of the fastest; {said[0]}; "
        f"{', '.join(said[1:])}; {hours:.1f} hours for the {len(results)} runs.{due * (older > 0)}"
    )


def replace_table(text, table, marks):
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
