"""`course stale`: which results no longer belong to today's code, and what makes them anew."""

from pathlib import Path
import re

from course.fingerprint import (
    differences,
    kept_fingerprints,
    lesson_fingerprint,
    read_json,
    read_package,
)

ROOT = Path(__file__).resolve().parent.parent
SEEDS = {0, 1, 2}
RESULTS = "benchmarks/seeds.json"
DUE = "benchmarks/due.json"


def stale(root):
    """What does not belong to the code in `root`: [{"what", "why", "command"}], "why" a list.

    "what" is a lesson, "lesson, seed 0" or "kept/name"; a damaged file is one too.
    """
    return _look(Path(root))[0]


def main(strict=False, root=ROOT):
    """Print a line for all that is stale; the exit status.

    It is 1 if something is stale that `benchmarks/due.json` does not name; with strict also if
    that names anything.
    """
    findings, due = _look(Path(root))
    new = [finding for finding in findings if finding["what"] not in due]
    known = [finding["what"] for finding in findings if finding["what"] in due]
    for finding in new:
        more = len(finding["why"]) - 3
        why = ", ".join(finding["why"][:3]) + (f" and {more} more" if more > 0 else "")
        print(f"{finding['what']}: {why} -> {finding['command']}")
    if any("--seeds" in finding["command"] for finding in new):
        print("  after these runs: course results build/results.json --write")
    for reason in dict.fromkeys(due[what] for what in known):
        print(f"known ({reason}): {'; '.join(what for what in known if due[what] == reason)}")
    for what in due.keys() - set(known):
        print(f"{what} is listed as due and is not: take it out of {DUE}")
    print(f"{len(new)} stale, {len(known)} known to be due.")
    return int(bool(new or (strict and due)))


def _look(root):
    """All findings, and of what is listed as due all that exists: {what: reason}."""
    findings: list = []

    def check(what, why, command):
        if why:
            findings.append({"what": what, "why": why, "command": command})

    try:
        read_package(root)
    except ValueError as error:
        check("course_utils", [str(error)], "mend it")
        return findings, {}
    lessons: dict = {}
    readers: dict = {}
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        if re.match(r"(\d\d|[A-Z])_", path.stem):
            lessons[path.stem] = _check_lesson(path, root, readers, check)
    _check_results(root, lessons, check)
    kept = _check_kept(root, readers, None not in lessons.values(), check)
    there = {*lessons, *kept, *(finding["what"] for finding in findings)}
    due: dict = {}
    try:
        due = read_json(root / DUE, dict) if (root / DUE).exists() else {}
        for what, reason in list(due.items()):
            if not isinstance(reason, str):
                raise ValueError(f"the reason of {what!r} must be a text, got {reason!r}")
            if what.split(", seed ")[0] not in there and what not in there:
                check(DUE, [f"there is no {what!r}"], f"take it out of {DUE}")
                del due[what]
    except ValueError as error:
        check(DUE, [str(error)], "mend it")
        due = {}
    return findings, due


def _check_lesson(path, root, readers, check):
    """The fingerprint of a lesson, None when it has none; adds to {kept name: [(number, own)]}."""
    number = path.stem.split("_")[0]
    try:
        now, kept = lesson_fingerprint(path, root), kept_fingerprints(path, root)
        then = read_json(path, dict)
    except ValueError as error:
        check(path.stem, [str(error)], "mend it")
        return None
    for key in ("metadata", "course", "made_by"):
        then = then.get(key) if isinstance(then, dict) else None
    check(path.stem, _why(now, then), f"course publish {number}")
    for name, own in kept.items():
        readers.setdefault(name, []).append((number, own))
    return now


def _check_results(root, lessons, check):
    made: dict = {stem: {} for stem in lessons}
    try:
        results = read_json(root / RESULTS, list)
    except ValueError as error:
        return check(RESULTS, [str(error)], "mend it")
    for i, result in enumerate(results, 1):
        result = result if isinstance(result, dict) else {}
        lesson, seed = result.get("lesson"), result.get("seed")
        if not (isinstance(lesson, str) and isinstance(seed, int)):
            check(f"{RESULTS}, result {i}", ["it has no lesson or no seed"], "take it out")
        elif lesson not in lessons:
            why = ["there is no such lesson"]
            check(f"{lesson}, seed {seed}", why, f"take it out of {RESULTS}")
        else:
            made[lesson][seed] = result.get("made_by")
    for lesson, now in lessons.items():
        if now is None:
            continue
        whys = {seed: ["there is no result"] for seed in SEEDS - made[lesson].keys()}
        whys |= {seed: _why(now, then) for seed, then in made[lesson].items()}
        seeds = [seed for seed in sorted(whys) if whys[seed]]
        number = lesson.split("_")[0]
        run = f"course run {number} --seeds {' '.join(str(seed) for seed in seeds if seed)}"
        for seed in seeds:
            command = run if seed else f"course publish {number}"
            check(f"{lesson}, seed {seed}", whys[seed], command)
    return None


def _check_kept(root, readers, complete, check):
    """The names of all kept files. complete: all lessons could be read."""
    files = {path.stem: path for path in (root / "benchmarks" / "kept").glob("*.json")}
    for name in sorted(files | readers):
        if name in readers:
            number = readers[name][0][0]
            why = _why_kept(files.get(name), [own for _, own in readers[name]])
            check(f"kept/{name}", why, f"course run {number} -p ANEW true")
        elif complete:
            command = f"git rm benchmarks/kept/{name}.json"
            check(f"kept/{name}", ["no lesson reads it"], command)
    return {f"kept/{name}" for name in files | readers}


def _why_kept(path, fingerprints):
    if path is None:
        return ["it is read and is not there"]
    try:
        content = read_json(path, dict)
    except ValueError as error:
        return [str(error)]
    if "measured" not in content:
        return ['it holds no "measured"']
    whys = [_why(now, content.get("made_by")) for now in fingerprints]
    return [] if [] in whys else whys[0]


def _why(now, then):
    """Why what `then` made is not what `now` makes: a list of short texts, empty if it is."""
    if then is None:
        return ["it has no fingerprint"]
    if not (isinstance(then, dict) and all(isinstance(digest, str) for digest in then.values())):
        return ["its fingerprint must be an object of texts"]
    return differences(now, then)
