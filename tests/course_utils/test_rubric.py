"""The rubric of the final projects: what a file must hold, how it is judged, what is said."""

import functools
import json

from course_utils import digits, projects, rubric
import numpy as np
import pytest

SEED = 7
ASKED = rubric._asked


@pytest.fixture(scope="module", autouse=True)
def made_once():
    """The scenes of a seed are made once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rubric, "_asked", functools.lru_cache(typed=True)(ASKED))
        yield


@pytest.fixture(scope="module")
def right(made_once):
    """For each project the right answers: boxes, labels."""
    return {project: rubric._asked(project, SEED)[1][1:] for project in projects.PROJECTS}


@pytest.fixture(scope="module")
def files(right, tmp_path_factory):
    """For each project the text of a file with the right answers."""
    folder = tmp_path_factory.mktemp("right")
    for project in projects.PROJECTS:
        rubric.hand_in(project, SEED, lambda images, project=project: right[project], folder)
    return {n: (folder / f"project{n}.json").read_text("utf-8") for n in projects.PROJECTS}


@pytest.fixture
def write(files, tmp_path):
    """A function that writes a file of answers to project 1 with changes, and gives its path."""

    def changed(of=1, **changes):
        path = tmp_path / f"project{of}.json"
        content = json.loads(files[of]) | changes
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return changed


def thoughts(text):
    return [line for line in text.splitlines() if line.startswith("It looks as if ")]


@pytest.mark.parametrize("project", projects.PROJECTS)
def test_right_answers_reach_the_last_step(project, write):
    step, text = rubric.check_file(write(project), SEED)
    lines = text.splitlines()
    assert step == 3 and lines[-1] == "Reached: excellent"
    assert lines[0].endswith(f"{projects.PROJECTS[project].title}: seed 7, 1,000 scenes")
    assert all("1.000" in line and line.count("✓") == 3 for line in lines[2:5])


def test_each_step_needs_all_its_numbers(right):
    boxes, labels = right[1]
    for k, limits in enumerate(rubric.LIMITS[1]):
        for least, step in ((limits[0], k + 1), (limits[0] - 0.001, k)):
            said = labels.copy()
            said[round(1000 * least) :] += 1
            assert rubric.judge(1, boxes, said, boxes, labels)[0] == step
    nowhere = np.zeros_like(boxes)
    step, text = rubric.judge(1, nowhere, labels, boxes, labels)
    assert step == 0 and "Reached: no step yet" in text
    assert "Wrong: 1000 of 1000 (label 0, box 1000, both 0)." in text


def test_kinds_of_errors_and_the_first_scenes_are_said(right):
    boxes, labels = (part.copy() for part in right[1])
    labels[[4, 9]] = (labels[[4, 9]] + 1) % 10
    boxes[[9, 30], 2:] = boxes[[9, 30], :2] + 3
    _, text = rubric.judge(1, boxes, labels, *right[1])
    values = [line[34:42].strip() for line in text.splitlines()[1:4]]
    assert values == ["0.998", values[1], "0.997"] and 0.99 < float(values[1]) < 1
    assert "Wrong: 3 of 1000 (label 1, box 1, both 1). The first to look at:" in text
    first = [line.split(":")[0].strip() for line in text.splitlines() if "says" in line]
    assert first == ["scene 4", "scene 9", "scene 30"]
    assert f"says {labels[4]}, is {right[1][1][4]}; IoU 1.000" in text
    assert not thoughts(text)


def test_a_number_is_said_with_both_its_digits(right):
    boxes, labels = right[2]
    said = np.zeros_like(labels)
    _, text = rubric.judge(2, boxes, said, boxes, np.full_like(labels, 6))
    assert "  scene 0: says 00, is 06; IoU 1.000" in text.splitlines()
    _, text = rubric.judge(1, boxes, said, boxes, np.full_like(labels, 6))
    assert "  scene 0: says 0, is 6; IoU 1.000" in text.splitlines()


SIZE = np.array(projects.PROJECTS[2].image_size[::-1] * 2)
MISTAKES = {
    "the boxes are y1, x1, y2, x2": lambda b: b[:, [1, 0, 3, 2]],
    "the boxes are x, y, width, height": lambda b: np.c_[b[:, :2], b[:, 2:] - b[:, :2]],
    "the boxes are centre and size": lambda b: np.c_[
        (b[:, :2] + b[:, 2:]) / 2, b[:, 2:] - b[:, :2]
    ],
    "the boxes are shares of the image, not pixels": lambda b: b / SIZE,
    "x2 and y2 are the last pixel, not one past it": lambda b: b - [0, 0, 1, 1],
    "the boxes lie a pixel too far to the upper left": lambda b: b - 1,
    "the boxes lie a pixel too far to the lower right": lambda b: b + 1,
}


@pytest.mark.parametrize("thought", MISTAKES)
def test_what_was_thought_wrong_about_boxes_is_named(thought, right):
    boxes, labels = right[2]
    _, text = rubric.judge(2, MISTAKES[thought](boxes), labels, boxes, labels)
    (line,) = thoughts(text)
    assert line == f"It looks as if {thought}: their mean IoU would then be 1.000."
    assert MISTAKES.keys() == rubric.THOUGHTS.keys()


def test_swapped_digits_are_named(right):
    boxes, labels = right[2]
    _, text = rubric.judge(2, boxes, labels % 10 * 10 + labels // 10, boxes, labels)
    assert thoughts(text) == [
        "It looks as if tens and units are swapped: 1.000 of the labels would then be right."
    ]


@pytest.mark.parametrize("project", projects.PROJECTS)
def test_shuffled_answers_and_one_answer_for_all_are_named(project, right):
    boxes, labels = right[project]
    order = np.random.default_rng(0).permutation(len(labels))
    for mine in (order, np.zeros_like(order)):
        step, text = rubric.judge(project, boxes[mine], labels[mine], boxes, labels)
        (line,) = thoughts(text)
        assert step == 0 and "other scenes, in another order, or one answer serves all" in line


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"project": 3}, "project must be 1 or 2, got 3"),
        ({"project": True}, "project must be 1 or 2, got True"),
        ({"seed": -1}, "seed must be a whole number from 0 on, got -1"),
        ({"seed": "7"}, "seed must be a whole number from 0 on, got '7'"),
        ({"labels": [1] * 999}, "labels must be 1,000, one for each scene, got 999"),
        ({"boxes": 5}, "boxes must be 1,000, one for each scene, got 5"),
        ({"boxes": [[0, 0, 1]] * 1000}, "boxes[0] is [0, 0, 1]; allowed are four numbers x1, y1"),
        ({"boxes": [[0, 0, 1, float("nan")]] * 1000}, "boxes[0] is [0, 0, 1, nan]; allowed"),
        ({"boxes": [[0, 0, 1, 10**400]] * 1000}, "…; allowed are four numbers x1, y1, x2, y2"),
        ({"boxes": [[0, 0, 1, True]] * 1000}, "boxes[0] is [0, 0, 1, True]; allowed"),
        ({"boxes": ["x" * 10_000] * 1000}, "…; allowed are four numbers"),
        ({"labels": [0] * 999 + [10]}, "labels[999] is 10; allowed are whole numbers from 0 to 9"),
        ({"labels": [3.0] * 1000}, "allowed are whole numbers from 0 to 9: use .astype(int)"),
        ({"labels": [3.5] * 1000}, "labels[0] is 3.5; allowed are whole numbers from 0 to 9"),
        ({"labels": [[0.1] * 10] * 1000}, "numbers from 0 to 9: did you mean argmax?"),
        (
            {"project": 2, "labels": [[0.01] * 100] * 1000},
            "numbers from 0 to 99: did you mean argmax?",
        ),
        ({"labels": [[0, 0, 1, 1]] * 1000}, "from 0 to 9. Are boxes and labels swapped?"),
        ({"labels": [None] * 1000}, "labels[0] is None; allowed are whole numbers"),
        ({"digits": "sklearn"}, "it has 'sklearn' digits (here: mnist)"),
        (
            {"scenes": "0"},
            "seed 7 makes here: it was altered, or comes from another version of the course",
        ),
        ({"project": 2, "labels": [100] * 1000}, "allowed are whole numbers from 0 to 99"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_one_line(changes, says, write):
    if digits.load_digits().source != "mnist" and "digits" in changes:
        pytest.skip("no MNIST here")
    path = write(**changes)
    before = path.read_bytes()
    with pytest.raises(ValueError) as error:
        rubric.check_file(path, changes.get("seed", SEED))
    line = str(error.value)
    assert says in line and line.startswith(str(path)) and "\n" not in line and len(line) < 400
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is no JSON, or damaged: `hand_in` writes it anew"),
        (b'{"project": 1, "seed"', "is no JSON, or damaged"),
        (b"\xff\xfe\x00", "is no JSON, or damaged"),
        (b"[" * 100_000, "is no JSON, or damaged"),
        (b"9" * 10_000, "integer string conversion"),
        (b"[1]", "it must be an object with project, seed, digits, scenes, boxes, labels"),
        (b'{"project": 1}', "it must be an object with project, seed, digits, scenes, boxes"),
    ],
)
def test_a_damaged_file_is_one_line(content, says, tmp_path):
    path = tmp_path / "project1.json"
    path.write_bytes(content)
    with pytest.raises(ValueError) as error:
        rubric.check_file(path, SEED)
    assert says in str(error.value) and "\n" not in str(error.value)


def test_a_file_cut_off_anywhere_is_refused(files, tmp_path):
    path, whole = tmp_path / "project1.json", files[1].rstrip()
    for end in (1, len(whole) // 3, len(whole) - 1):
        path.write_text(whole[:end], encoding="utf-8")
        with pytest.raises(ValueError, match="is no JSON, or damaged"):
            rubric.check_file(path, SEED)


def test_a_file_that_an_editor_marked_as_utf_8_is_read(write):
    path = write()
    path.write_text(path.read_text("utf-8"), encoding="utf-8-sig")
    assert rubric.check_file(path, SEED)[0] == 3


def test_a_file_that_is_not_there_or_a_folder_is_one_line(tmp_path):
    for path in (tmp_path / "project1.json", tmp_path):
        with pytest.raises(ValueError, match="cannot be read: "):
            rubric.check_file(path, SEED)


def test_another_seed_is_refused_and_none_is_the_files_own(write):
    path = write()
    with pytest.raises(ValueError, match=r"are those for seed 7; hand_in\(1, 8, answer\)") as error:
        rubric.check_file(path, 8)
    assert str(error.value).endswith("set SEED = 8 at the end of the notebook")
    step, text = rubric.check_file(path)
    assert step == 3
    assert "The seed is the file's own. For a mark, name one: --seed N" in text.splitlines()


def test_the_seed_of_another_file_cannot_be_written_into_it(write):
    with pytest.raises(ValueError, match="answers other scenes than seed 8 makes here"):
        rubric.check_file(write(seed=8), 8)


def test_without_mnist_the_text_says_that_the_limits_are_those_of_mnist(monkeypatch, tmp_path):
    monkeypatch.setattr(rubric, "load_digits", digits._bundled_digits)
    monkeypatch.setattr(rubric, "_asked", ASKED)
    asked = []

    def answer(images):
        asked.append(images)
        return np.zeros((1000, 4)), np.zeros(1000, int)

    rubric.hand_in(1, SEED, answer, tmp_path)
    step, text = rubric.check_file(tmp_path / "project1.json", SEED)
    assert step == 0 and "The limits were measured with MNIST; these are scikit-learn's" in text
    assert asked[0].shape == (1000, 64, 80, 1) and asked[0].dtype == np.uint8


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ((np.zeros((999, 4)), np.zeros(1000, int)), "boxes must be 1,000"),
        ((np.zeros((1000, 5)), np.zeros(1000, int)), "boxes[0] is"),
        ((np.full((1000, 4), np.nan), np.zeros(1000, int)), "boxes[0] is [nan, nan"),
        ((np.zeros((1000, 4)), np.zeros(1000)), "from 0 to 9: use .astype(int)"),
        ((np.zeros((1000, 4)), np.zeros((1000, 10), int)), "from 0 to 9: did you mean argmax?"),
        ((np.zeros(1000, int), np.zeros((1000, 4))), ". Are boxes and labels swapped?"),
        (None, "answer must return boxes and labels"),
        (np.zeros((1000, 4)), "answer must return boxes and labels"),
        ((np.zeros((1000, 4)),), "answer must return boxes and labels"),
    ],
)
def test_what_would_not_be_taken_is_not_handed_in(answers, says, write):
    path = write()
    before = path.read_bytes()
    with pytest.raises(ValueError) as error:
        rubric.hand_in(1, SEED, lambda images: answers, path.parent)
    assert says in str(error.value)
    assert [*path.parent.iterdir()] == [path] and path.read_bytes() == before


def test_a_folder_that_is_not_there_is_one_line_before_anything_is_asked(tmp_path):
    folder = tmp_path / "other"
    with pytest.raises(ValueError) as error:
        rubric.hand_in(1, SEED, None, folder)
    assert str(error.value) == f"there is no folder {folder}" and not folder.exists()


def test_the_scenes_that_a_text_names_can_be_looked_at(right):
    images, *truth = rubric.scenes_of(1, SEED)
    assert images.shape == (1000, 64, 80, 1)
    for part, same in zip(truth, right[1], strict=True):
        np.testing.assert_array_equal(part, same)


@pytest.mark.parametrize("seed", [-1, 1.0, "7", None, True])
def test_a_seed_is_a_whole_number(seed, tmp_path):
    with pytest.raises(ValueError, match="seed must be a whole number from 0 on, got"):
        rubric.hand_in(1, seed, None, tmp_path)
