"""The rubric of the final projects: answers in a file, how they are judged, what was thought wrong.

A file holds the answers to N_TEST scenes that are made from a seed, and so do not exist before
somebody names one. It shows that the answers are right, not who or what gave them: what makes
the scenes also knows the truth.
"""

import hashlib
import json
from pathlib import Path

from course_utils.boxes import iou
from course_utils.checks import expects
from course_utils.digits import load_digits
from course_utils.projects import PROJECTS, check_project, scenes
import numpy as np

N_TEST = 1000  # scenes that a file answers
LEAST_IOU = 0.75  # of a box that is right
CRITERIA = ("label right", "mean IoU", f"label right, IoU at least {LEAST_IOU}")
STEPS = ("pass", "good", "excellent")
LIMITS = {  # for each step the least value of each criterion; measured by benchmarks/projects.py
    1: ((0.75, 0.77, 0.62), (0.85, 0.79, 0.72), (0.93, 0.81, 0.80)),
    2: ((0.55, 0.72, 0.50), (0.75, 0.80, 0.72), (0.90, 0.86, 0.88)),
}
KEYS = ("project", "seed", "digits", "scenes", "boxes", "labels")
MOST = 10_000  # px; no edge of a box lies further out
THOUGHTS = {  # of boxes: what would be meant if it were so
    "the boxes are y1, x1, y2, x2": lambda boxes, size: boxes[:, [1, 0, 3, 2]],
    "the boxes are x, y, width, height": lambda boxes, size: (
        boxes + _twice(boxes[:, :2]) * [0, 0, 1, 1]
    ),
    "the boxes are centre and size": lambda boxes, size: (
        _twice(boxes[:, :2]) + _twice(boxes[:, 2:]) * [-0.5, -0.5, 0.5, 0.5]
    ),
    "the boxes are shares of the image, not pixels": lambda boxes, size: boxes * _twice(size[::-1]),
    "x2 and y2 are the last pixel, not one past it": lambda boxes, size: boxes + [0, 0, 1, 1],
    "the boxes lie a pixel too far to the upper left": lambda boxes, size: boxes + 1,
    "the boxes lie a pixel too far to the lower right": lambda boxes, size: boxes - 1,
}


def hand_in(project, seed, answer, folder="."):
    """Answer the test scenes of a seed, and write the file that is handed in, `project1.json`.

    project: 1 or 2; seed: int >= 0; answer: a function of images uint8 (N, H, W, 1) that returns
    boxes (N, 4), xyxy in pixels, and labels (N,). Raises ValueError, and writes nothing, for
    answers that `check_file` would not take, and for a folder that does not exist.
    """
    if not Path(folder).is_dir():
        raise ValueError(f"there is no folder {folder}")
    head, (images, _, _) = _asked(project, seed)
    answers = answer(images)
    if not isinstance(answers, tuple | list) or len(answers) != 2:
        raise ValueError("answer must return boxes and labels: `return boxes, labels`")
    boxes = np.round(np.asarray(answers[0], "float64"), 2).tolist()
    content = head | {"boxes": boxes, "labels": np.asarray(answers[1]).tolist()}
    _check(content)
    path = Path(folder) / f"project{project}.json"
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(json.dumps(content) + "\n", encoding="utf-8")
    beside.replace(path)
    print(f"{path}: answers to {N_TEST:,} scenes of seed {seed}")


def scenes_of(project, seed):
    """The test scenes of a seed, to look at what went wrong: images, boxes, labels."""
    return _asked(project, seed)[1]


def check_file(path, seed=None):
    """Judge a file of answers; returns as `judge` does.

    seed: of the scenes that are asked for; None: the file's own. Raises ValueError, one line, for
    a file that cannot be read or answers other scenes.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        _check(content)
        project, own = content["project"], content["seed"]
        if seed not in (None, own):
            call = f"hand_in({project}, {seed}, answer) writes those for {seed}"
            where = f"set SEED = {seed} at the end of the notebook"
            raise ValueError(f"the answers are those for seed {own}; {call}: {where}")
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise ValueError(f"{path} is no JSON, or damaged: `hand_in` writes it anew") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    head, (_, *truth) = _asked(project, own)
    for key, why in (
        ("digits", f"it has {_short(content['digits'])} digits (here: {head['digits']})"),
        ("scenes", "it was altered, or comes from another version of the course"),
    ):
        if content[key] != head[key]:
            raise ValueError(f"{path} answers other scenes than seed {own} makes here: {why}")
    step, text = judge(project, content["boxes"], content["labels"], *truth)
    notes = [f"Project {project}, {PROJECTS[project].title}: seed {own}, {N_TEST:,} scenes"]
    if seed is None:
        notes.append("The seed is the file's own. For a mark, name one: --seed N")
    if head["digits"] != "mnist":
        notes.append("The limits were measured with MNIST; these are scikit-learn's digits")
    return step, "\n".join([*notes, text])


def score(boxes, labels, true_boxes, true_labels):
    """The values of CRITERIA, a list of three; arguments as of `judge`."""
    ious, is_read = iou(boxes, true_boxes), np.equal(labels, true_labels)
    return [is_read.mean(), ious.mean(), (is_read & (ious >= LEAST_IOU)).mean()]


@expects(boxes="N+ 4", labels="int N", true_boxes="N 4", true_labels="int N")
def judge(project, boxes, labels, true_boxes, true_labels):
    """The step of the rubric that answers reach, 0 for none to 3, and a text that says why.

    boxes: (N, 4), xyxy in pixels; labels: (N,). Raises ValueError on NaN or infinity.
    """
    check_project(project)
    answers = np.asarray(boxes, "float64"), np.asarray(labels)
    truth = np.asarray(true_boxes), np.asarray(true_labels)
    passed = np.greater_equal(score(*answers, *truth), LIMITS[project])  # (steps, criteria)
    step = [*passed.all(axis=1).tolist(), False].index(False)
    lines = [f"{'':34}{'yours':>8}" + "".join(f"{name:>11}" for name in STEPS)]
    for i, (name, value) in enumerate(zip(CRITERIA, score(*answers, *truth), strict=True)):
        column = zip(LIMITS[project], passed[:, i], strict=True)
        marks = [f"{limits[i]:.2f} {'✓' if reached else '✗'}" for limits, reached in column]
        lines.append(f"{name:34}{value:8.3f}" + "".join(f"{mark:>11}" for mark in marks))
    lines.append(f"Reached: {STEPS[step - 1] if step else 'no step yet'}")
    lines += _wrong(project, *answers, *truth)
    lines += [f"It looks as if {thought}." for thought in _thoughts(project, *answers, *truth)]
    return step, "\n".join(lines)


def _wrong(project, boxes, labels, true_boxes, true_labels):
    """How many answers are wrong, of which kind, and the first of them: lines."""
    ious = iou(boxes, true_boxes)
    label, box = labels != true_labels, ious < LEAST_IOU
    kinds = {"label": label & ~box, "box": box & ~label, "both": label & box}
    if (label | box).any():
        counts = ", ".join(f"{name} {kind.sum()}" for name, kind in kinds.items())
        wrong = np.flatnonzero(label | box)
        yield f"Wrong: {len(wrong)} of {len(labels)} ({counts}). The first to look at:"
        form = f"0{len(str(PROJECTS[project].labels - 1))}"  # of project 2: 06
        for i in wrong[:5]:
            answers = f"says {int(labels[i]):{form}}, is {int(true_labels[i]):{form}}"
            yield f"  scene {i}: {answers}; IoU {ious[i]:.3f}"


def _thoughts(project, boxes, labels, true_boxes, true_labels):
    """What was probably thought wrong, in words."""
    own, size = iou(boxes, true_boxes).mean(), PROJECTS[project].image_size
    means = {name: iou(meant(boxes, size), true_boxes).mean() for name, meant in THOUGHTS.items()}
    likely = max(means, key=lambda name: means[name])
    if means[likely] > max(own + 0.02, 0.5):
        yield f"{likely}: their mean IoU would then be {means[likely]:.3f}"
    right = (labels == true_labels).mean()
    turned = (10 * (labels % 10) + labels // 10 == true_labels).mean() if project == 2 else 0
    if turned > right + 0.02:
        yield f"tens and units are swapped: {turned:.3f} of the labels would then be right"
    others = iou(np.roll(boxes, 1, axis=0), true_boxes).mean()
    if own < others + 0.03 and right < (np.roll(labels, 1) == true_labels).mean() + 0.03:
        yield "they answer other scenes, in another order, or one answer serves all"


def _asked(project, seed):
    """The test scenes of a seed: what a file says about them, and what `scenes` returns."""
    _check_scenes(project, seed)
    digits, rng = load_digits(), np.random.default_rng([project, seed])
    made = scenes(project, digits, N_TEST, "test", rng)
    told = hashlib.sha256(made[1].tobytes() + made[2].tobytes()).hexdigest()[:16]
    return {"project": project, "seed": seed, "digits": digits.source, "scenes": told}, made


def _check_scenes(project, seed):
    check_project(project)
    if type(seed) is not int or seed < 0:
        raise ValueError(f"seed must be a whole number from 0 on, got {_short(seed)}")


def _check(content):
    """ValueError unless a file's content has the form of answers."""
    if not isinstance(content, dict) or not content.keys() >= set(KEYS):
        raise ValueError(f"it must be an object with {', '.join(KEYS)}, as `hand_in` writes it")
    _check_scenes(content["project"], content["seed"])
    count = PROJECTS[content["project"]].labels
    for key in ("boxes", "labels"):
        rows = content[key]
        if not isinstance(rows, list) or len(rows) != N_TEST:
            got = f"{len(rows)}" if isinstance(rows, list) else _short(rows)
            raise ValueError(f"{key} must be {N_TEST:,}, one for each scene, got {got}")
    for i, label in enumerate(content["labels"]):
        if type(label) is not int or not 0 <= label < count:
            allowed = f"allowed are whole numbers from 0 to {count - 1}"
            raise ValueError(f"labels[{i}] is {_short(label)}; {allowed}{_hint(label, count)}")
    for i, box in enumerate(content["boxes"]):
        if not isinstance(box, list) or len(box) != 4 or not all(map(_is_edge, box)):
            allowed = f"allowed are four numbers x1, y1, x2, y2, in pixels, up to ±{MOST:,}"
            raise ValueError(f"boxes[{i}] is {_short(box)}; {allowed}")


def _hint(label, count):
    """What a label that is not allowed may come from, of `count` labels."""
    if isinstance(label, list):
        swapped = ". Are boxes and labels swapped?" if len(label) == 4 else ""
        return ": did you mean argmax?" if len(label) == count else swapped
    return ": use .astype(int)" if isinstance(label, float) and label.is_integer() else ""


def _is_edge(value):
    return type(value) in (int, float) and abs(value) <= MOST  # NaN is not


def _short(value):
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _twice(pairs):
    return np.concatenate([pairs, pairs], axis=-1)
