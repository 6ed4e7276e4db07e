"""`course stale`: what it finds, what it says, and how it ends."""

import json

import pytest
from test_fingerprint import LESSON, edit, make_project, write_lesson

from course import fingerprint, stale

AFTER = "  after these runs: course results build/results.json --write\n"


def write(root, path, content):
    text = content if isinstance(content, str) else json.dumps(content)
    (root / path).write_text(text, encoding="utf-8")


def publish(root, name):
    path = root / "notebooks" / f"{name}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    made_by = fingerprint.lesson_fingerprint(path, root)
    notebook["metadata"] = {"course": {"made_by": made_by}}
    write(root, f"notebooks/{name}.ipynb", notebook)
    return [{"lesson": name, "seed": seed, "made_by": made_by} for seed in (0, 1, 2)]


@pytest.fixture
def root(tmp_path):
    """A project in which nothing is stale."""
    root = tmp_path / "a course"
    make_project(root)
    own = fingerprint.kept_fingerprints(root / "notebooks/01_first.ipynb", root)
    fingerprint.stamp_kept(root / "benchmarks/kept/01_long.json", own["01_long"])
    results = publish(root, "01_first") + publish(root, "02_second")
    write(root, "benchmarks/seeds.json", results)
    return root


def results_of(root):
    return json.loads((root / "benchmarks/seeds.json").read_text(encoding="utf-8"))


def whats(root):
    return [finding["what"] for finding in stale.stale(root)]


def of_lesson(name):
    return [name, *(f"{name}, seed {seed}" for seed in (0, 1, 2))]


def test_nothing_is_stale(root, capsys):
    assert stale.stale(root) == []
    assert stale.main(root=root) == stale.main(strict=True, root=root) == 0
    assert capsys.readouterr().out == "0 stale, 0 known to be due.\n" * 2


def test_a_changed_loss_makes_stale_what_uses_it_and_nothing_else(root):
    edit(root, "losses", ("(a - b) ** 2", "abs(a - b)"))
    assert whats(root) == of_lesson("02_second")
    edit(root, "losses", ("1 - boxes.iou", "2 - boxes.iou"))
    assert sorted(whats(root)) == sorted(
        [*of_lesson("01_first"), *of_lesson("02_second"), "kept/01_long"]
    )
    by_what = {finding["what"]: finding for finding in stale.stale(root)}
    assert by_what["01_first"] == {
        "what": "01_first",
        "why": ["losses.giou_loss changed"],
        "command": "course publish 01",
    }
    assert by_what["kept/01_long"]["command"] == "course run 01 -p ANEW true"
    assert by_what["02_second, seed 1"]["command"] == "course run 02 --seeds 1 2"


def test_words_make_nothing_stale(root):
    edit(
        root, "losses", ("def late", "# Later.\ndef late"), ("return 1 -", "'One.'\n    return 1 -")
    )
    cells = [cell.replace("A caption.", "Another.").replace("Error", "Miss") for cell in LESSON]
    made_by = results_of(root)[0]["made_by"]
    path = write_lesson(root, "01_first", ["# How long?", *cells])
    notebook = json.loads(path.read_text(encoding="utf-8"))
    write(
        root, "notebooks/01_first.ipynb", notebook | {"metadata": {"course": {"made_by": made_by}}}
    )
    assert whats(root) == []


def test_the_notebook_and_the_result_of_seed_0_are_two_things(root):
    results = results_of(root)
    results[0]["made_by"]["cells"] = results[2]["made_by"]["cells"] = "0"
    write(root, "benchmarks/seeds.json", results)
    command = "course run 01 --seeds 2"
    why = ["the lesson's cells changed"]
    assert stale.stale(root) == [
        {"what": "01_first, seed 0", "why": why, "command": "course publish 01"},
        {"what": "01_first, seed 2", "why": why, "command": command},
    ]


def test_an_edited_notebook_is_stale_with_its_results(root):
    path = root / "notebooks/01_first.ipynb"
    write(root, path, path.read_text(encoding="utf-8").replace("other = 7", "other = 8"))
    findings = stale.stale(root)
    assert [finding["what"] for finding in findings] == of_lesson("01_first")
    assert findings[0]["why"] == ["the lesson's cells changed"]


def test_a_kept_file_measured_anew_makes_its_lesson_stale(root):
    path = root / "benchmarks/kept/01_long.json"
    write(root, path, path.read_text(encoding="utf-8").replace("1.5", "2.5"))
    assert whats(root) == of_lesson("01_first")


def test_a_kept_file_belongs_to_any_lesson_that_measures_it_so(root):
    cells = ["from course_utils import lesson", "lesson.kept('01_long', len)"]
    write_lesson(root, "00_other", cells)
    assert "kept/01_long" not in whats(root)
    edit(root, "losses", ("1 - boxes.iou", "2 - boxes.iou"))
    assert "kept/01_long" in whats(root)


def test_lines_give_what_why_and_command(root, capsys):
    edit(root, "boxes", ("SIZE = 28", "SIZE = 32"), ("/ SIZE", "* SIZE"), ("np.prod", "np.sum"))
    edit(root, "losses", ("1 - boxes", "2 - boxes"))
    assert stale.main(root=root) == 1
    lines = capsys.readouterr().out.splitlines(keepends=True)
    why = "boxes.SIZE changed, boxes._area changed, boxes.iou changed and 1 more"
    assert lines[0] == f"01_first: {why} -> course publish 01\n"
    assert lines[2] == f"01_first, seed 1: {why} -> course run 01 --seeds 1 2\n"
    assert lines[-2:] == [AFTER, "5 stale, 0 known to be due.\n"]


def test_what_is_due_is_known(root, capsys):
    edit(root, "losses", ("(a - b) ** 2", "abs(a - b)"))
    reason = "the loss is new"
    write(root, "benchmarks/due.json", dict.fromkeys(of_lesson("02_second"), reason))
    assert stale.main(root=root) == 0
    assert capsys.readouterr().out == (
        f"known ({reason}): {'; '.join(of_lesson('02_second'))}\n0 stale, 4 known to be due.\n"
    )
    assert stale.main(strict=True, root=root) == 1
    write(root, "benchmarks/due.json", {"02_second": reason})
    capsys.readouterr()
    assert stale.main(root=root) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"known ({reason}): 02_second",
        "3 stale, 1 known to be due.",
    ]


def test_what_is_due_no_more_is_named(root, capsys):
    write(root, "benchmarks/due.json", {"kept/01_long": "it takes a night"})
    assert stale.main(root=root) == 0
    assert capsys.readouterr().out.splitlines()[0] == (
        "kept/01_long is listed as due and is not: take it out of benchmarks/due.json"
    )
    assert stale.main(strict=True, root=root) == 1


@pytest.mark.parametrize(
    "content, said",
    [
        ("{", "due.json cannot be read: "),
        ([], "due.json must hold an object, got list"),
        ({"01_first": 1}, "the reason of '01_first' must be a text, got 1"),
        ({"09_none": "?"}, "there is no '09_none'"),
        ({"kept/none": "?"}, "there is no 'kept/none'"),
        ({"benchmarks/due.json": "?"}, "there is no 'benchmarks/due.json'"),
    ],
)
def test_a_bad_list_of_what_is_due_is_stale(root, capsys, content, said):
    write(root, "benchmarks/due.json", content)
    assert stale.main(root=root) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"benchmarks/due.json: {said}")
    assert last == "1 stale, 0 known to be due."


KEPT = "benchmarks/kept/01_long.json"


@pytest.mark.parametrize(
    "path, content, what, said",
    [
        (KEPT, '{"measured": [1.5]}', "kept/01_long", "it has no fingerprint"),
        (KEPT, '{"measured": [1.5], "made_by": {"cells": 1}}', "kept/01_long", "its fingerprint "),
        (KEPT, '{"measured": [1.5], "made_by": "x"}', "kept/01_long", "its fingerprint must be an"),
        (KEPT, '{"made_by": {}}', "kept/01_long", 'it holds no "measured"'),
        (KEPT, "{", "kept/01_long", "01_long.json cannot be read: "),
        (KEPT, "[1]", "kept/01_long", "01_long.json must hold an object, got list"),
        (KEPT, None, "kept/01_long", "it is read and is not there"),
        ("benchmarks/kept/x.json", "{}", "kept/x", "no lesson reads it"),
        ("benchmarks/seeds.json", "[", "benchmarks/seeds.json", "seeds.json cannot be read: "),
        ("benchmarks/seeds.json", "{}", "benchmarks/seeds.json", "seeds.json must hold a list"),
        ("benchmarks/seeds.json", None, "benchmarks/seeds.json", "seeds.json cannot be read: "),
        ("benchmarks/seeds.json", "[1]", "benchmarks/seeds.json, result 1", "it has no lesson or"),
        ("benchmarks/seeds.json", "[]", "02_second, seed 2", "there is no result"),
        ("notebooks/02_second.ipynb", "{", "02_second", "02_second.ipynb cannot be read: "),
        ("notebooks/02_second.ipynb", '{"cells": []}', "02_second", "it has no fingerprint"),
        ("notebooks/02_second.ipynb", None, "02_second, seed 1", "there is no such lesson"),
        ("course_utils/boxes.py", "def", "course_utils", "course_utils/boxes.py does not parse: "),
    ],
)
def test_damage_is_one_line_and_stale(root, capsys, path, content, what, said):
    if content is None:
        (root / path).unlink()
    else:
        write(root, path, content)
    assert stale.main(root=root) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith(f"{what}: {said}")]) == 1


def test_bad_metadata_and_results_have_no_fingerprint(root):
    path = root / "notebooks/02_second.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    results = results_of(root)
    results[3]["made_by"] = ["cells"]
    results[5].pop("made_by")
    write(root, "benchmarks/seeds.json", results)
    for metadata in ([], {"course": 1}, {"course": {"made_by": [1]}}):
        write(root, path, notebook | {"metadata": metadata})
        assert whats(root) == ["02_second", "02_second, seed 0", "02_second, seed 2"]


def test_a_lesson_that_does_not_parse_is_one_finding(root):
    write_lesson(root, "01_first", ["a ="])
    (finding,) = stale.stale(root)
    assert finding["what"] == "01_first"
    assert finding["why"][0].startswith("code cell 1 does not parse: ")


def test_other_notebooks_are_no_lessons(root):
    for name in ("Untitled", "scratch_1"):
        write_lesson(root, name, ["a ="])
    assert whats(root) == []
    write_lesson(root, "A_letters", ["a = 1"])
    assert whats(root) == of_lesson("A_letters")
