"""What was measured, as a table and a figure."""

import json

from benchmarks.growth import CURVES, line
from benchmarks.sides import CONTESTS, SIDES
from course.results import replace_table

MARKS = ("<!-- measured: begin, written by `make bench` -->", "<!-- measured: end -->")
STRAIGHT = 0.99  # R² from which a curve is called a straight line
LEVEL = 1.05  # largest over least, up to which a curve is called level


def brief(*said):
    """One line of progress: of a contest the side and its newest point, else what was measured."""
    if len(said) == 1:
        return said[0]
    side, point = said
    values = ", ".join(f"{name} {value:.4g}" for name, value in point.items() if name != "s")
    return f"{side} after {point['s']:.1f} s: {values}"


def as_good(points, bar, compared):
    """Seconds of the first point that is at least as good as the bar in all; None if none is."""
    for point in points:
        if all(
            point[name] >= bar[name] if better == "more" else point[name] <= bar[name]
            for name, better in compared.items()
        ):
            return point["s"]
    return None


def summary(part, result):
    """Of a contest: seconds of both sides, and the ratio, as the table shows them."""
    about = CONTESTS[part]
    recipe, ours = (result[side]["points"] for side in SIDES)
    bar = recipe[-1]  # what the recipe has reached in the end
    reached = as_good(recipe, bar, about["compared"])
    tried = [ours, *([result["short"]["points"]] if "short" in result else [])]
    times = [as_good(points, bar, about["compared"]) for points in tried]
    passed = min((s for s in times if s is not None), default=None)
    ratio = None if passed is None else reached / passed
    return {"recipe_s": reached, "ours_s": ours[-1]["s"], "passed_s": passed, "ratio": ratio}


def table(found):
    """The tables of README.md, in Markdown."""
    lines = []
    contests = {part: found[part] for part in CONTESTS if part in found}
    if contests:
        lines += [
            "| Recipe | Compared | Recipe's end | Lesson's end | Recipe (s) | Lesson as good (s) "
            "| Times sooner | Lesson, whole (s) | Parameters | Peak memory (MB) |",
            "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        ]
    notes = []
    for part, result in contests.items():
        about, of = CONTESTS[part], summary(part, result)
        ends = [result[side]["points"][-1] for side in SIDES]
        shown = [" · ".join(f"{end[name]:.4g}" for name in about["compared"]) for end in ends]
        params, memory = (
            " / ".join(f"{result[side][key]:,.0f}" for side in SIDES)
            for key in ("params", "peak_mb")
        )
        times = (
            ["never", "–"]
            if of["ratio"] is None
            else [f"{of['passed_s']:.1f}", f"**{float(format(of['ratio'], '.3g')):,g}**"]
        )
        cells = [f"{part}, {about['title']}", " · ".join(about["compared"]), *shown]
        cells += [f"{of['recipe_s']:.0f}", *times, f"{of['ours_s']:.0f}", params, memory]
        lines.append("| " + " | ".join(cells) + " |")
        if "kept" in about:
            notes.append(
                f"{part}'s curve is that of the kept run, {len(result['recipe']['points'])} rows, "
                f"each counted as the {result['recipe']['part_s']:.0f} s that the first took here."
            )
    if contests:
        notes.insert(0, "Where two numbers stand, the recipe's is the first.")
    if "determinism" in found:
        ratio, seconds = determinism_price(found["determinism"])
        notes.append(
            "Op determinism, without which no number comes out again, makes training lesson "
            f"08's detector take {ratio:.2f} times as long: {seconds['with']:.0f} ms a step, "
            f"without it {seconds['without']:.0f} ms, each the least of its turns."
        )
    lines += ["", " ".join(notes)]
    if "growth" in found:
        lines += ["", *_growth_table(found["growth"])]
    places = {json.dumps(result["where"]): result["where"] for result in found.values()}
    for place in places.values():
        versions = ", ".join(f"{name} {version}" for name, version in place["versions"].items())
        of = [part for part in found if found[part]["where"] == place]
        lines += [
            "",
            f"{', '.join(of)}: {place['cores']} cores of {place['processor']}, {place['system']}; "
            f"{versions}.",
        ]
    return "\n".join(lines).strip()


def determinism_price(found):
    """How many times as long training takes with it, and the ms of both sides."""
    least = {side: 1e3 * min(found[side]) for side in ("with", "without")}
    return least["with"] / least["without"], least


def _growth_table(growth):
    lines = [
        "| What | From … to | Time (ms) | For each more (ms) | R² | Memory (MB) "
        "| For each more (MB) | R² |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, (title, unit, _) in CURVES.items():
        x, memory = growth[name]["x"], growth[name]["mb"]
        cells = [title, f"{x[0]:,} to {x[-1]:,} {unit}", *_line_cells(x, _least_ms(growth[name]))]
        cells += ["–"] * 3 if memory is None else _line_cells(x, memory)
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _least_ms(curve):
    return [1e3 * min(rounds) for rounds in curve["s"]]


def _line_cells(x, y):
    """From … to, the slope, and R²: of a curve that is level, two dashes."""
    ends = " to ".join(f"{end:,.0f}" if end >= 1000 else f"{end:.3g}" for end in (y[0], y[-1]))
    if max(y) < LEVEL * min(y):
        return [ends, "–", "–"]
    _, slope, r2 = line(x, y)
    return [ends, f"{slope:.2g}", f"{r2:.3f}" if r2 >= STRAIGHT else f"**{r2:.3f}**"]


def figure(growth, path):
    """The curves of growth with their straight lines, as a PNG file."""
    from course_utils import plots
    from matplotlib import pyplot as plt
    import numpy as np

    plots.use_style()
    fig, axes = plt.subplots(3, 3, figsize=(12, 9.4))
    for ax, (name, (title, unit, _)) in zip(axes.flat, CURVES.items(), strict=False):
        x, least = growth[name]["x"], _least_ms(growth[name])
        start, slope, r2 = line(x, least)
        ax.plot(x, 1e3 * np.array(growth[name]["s"]), ".", color=plots.BLUE, alpha=0.4)
        ax.plot(x, least, "o", color=plots.BLUE, label="least of the rounds")
        ends = np.array([0, x[-1]])
        ax.plot(ends, start + slope * ends, "--", color=plots.ORANGE, label=f"line, R² = {r2:.3f}")
        ax.set(title=title, xlabel=unit, ylabel="time (ms)", xlim=(0, None), ylim=(0, None))
        ax.legend(loc="lower right")
    for ax in axes.flat[len(CURVES) :]:
        ax.axis("off")
    fig.savefig(path, metadata={"Software": None})
    plt.close(fig)


def write(found, folder):
    """Write results.json, and where there is a README.md its table and the figure."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    (folder / "results.json").write_text(text, encoding="utf-8", newline="\n")
    if "growth" in found:
        figure(found["growth"], folder / "growth.png")
    readme = folder / "README.md"
    if readme.exists():
        text = replace_table(readme.read_text(encoding="utf-8"), table(found), MARKS)
        readme.write_text(text, encoding="utf-8", newline="\n")
