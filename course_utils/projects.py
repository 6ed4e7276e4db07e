"""The scenes of the two final projects, which no lesson had. How answers are judged: `rubric`."""

from typing import NamedTuple

from course_utils.boxes import tight_box
from course_utils.canvases import labelled_digits, scramble
from course_utils.checks import expects
from course_utils.scenes import VISIBLE
import numpy as np

NOISE = 10.0  # standard deviation in every pixel, in grey levels
APART = 28  # least difference of two of a checkerboard scene's three grey levels
CLEAR = 8  # px around a number, and around what lies beside it, without other ink


class Project(NamedTuple):
    """What a project asks."""

    title: str
    image_size: tuple  # (height, width)
    labels: int  # how many there are, from 0 on


PROJECTS = {
    1: Project("A digit on a checkerboard", (64, 80), 10),
    2: Project("Two digits, one number", (64, 96), 100),
}


def checkerboard_scene(x, y, rng):
    """One digit on a noisy checkerboard: image float (64, 80), box (4,), label.

    x: uint8 (N, 28, 28), digits; y: (N,), labels. The squares are 3 to 16 px wide and begin
    anywhere. The grey levels of the two squares and of the digit are APART: the digit can be the
    lightest, the darkest, or in between. Its longer side is 16 to 40 px.
    """
    height, width = PROJECTS[1].image_size
    pick, square = rng.integers(len(x)), rng.integers(3, 17)
    row, column = (
        (np.arange(length) + rng.integers(2 * square)) // square for length in (height, width)
    )
    greys = np.zeros(3)
    while np.diff(np.sort(greys)).min() < APART:
        greys = rng.uniform(16, 240, size=3)
    image = np.where((row[:, None] + column) % 2, greys[0], greys[1])
    ink = _ink(x[pick], rng.integers(16, 41))
    h, w = ink.shape
    left, top = rng.integers(width - w + 1), rng.integers(height - h + 1)
    behind = image[top : top + h, left : left + w]
    behind += ink / 255 * (greys[2] - behind)
    return image, _box_of(ink, left, top), y[pick]


def number_scene(x, y, rng):
    """Two digits side by side on a noisy ramp of greys: image float (64, 96), box (4,), label.

    x, y: as in `checkerboard_scene`. The two have one contrast and one longer side, 14 to 28 px;
    1 to 4 px lie between them. The label is the number, 0 to 99, the box around both. Beside it,
    CLEAR of it and of each other, lie up to two lone digits, which are no number, and in some
    scenes a stroke of `canvases.scramble`. Each is lighter or darker than the ramp by 28 to 110.
    """
    height, width = PROJECTS[2].image_size
    tens, units, *others = rng.integers(len(x), size=5)
    side, *sides = rng.integers(14, 29, size=4)
    first, second = _ink(x[tens], side), _ink(x[units], side)
    gap = rng.integers(1, 5)
    number = np.zeros((side, first.shape[1] + gap + second.shape[1]), "uint8")
    for ink, left in ((first, 0), (second, first.shape[1] + gap)):
        top = (side - ink.shape[0]) // 2
        number[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    stroke = np.pad(scramble(x[others[2:]], rng)[0], 4)
    beside = [x[others[0]], x[others[1]], stroke]
    inks = [number, *(_ink(picture, side) for picture, side in zip(beside, sides, strict=True))]
    left, right, down = rng.uniform(70, 185, size=2).tolist() + [rng.uniform(-30, 30)]
    image = np.linspace(left, right, width) + np.linspace(0, down, height)[:, None]
    placed: list = []
    for ink in inks:
        box = _clear_place(ink.shape, (height, width), placed, rng)
        contrast = rng.choice([-1, 1]) * rng.uniform(28, 110)
        if box is not None:
            placed.append(box)
            x1, y1, x2, y2 = box
            image[y1:y2, x1:x2] += ink / 255 * contrast
    return image, _box_of(number, *placed[0][:2]), 10 * y[tens] + y[units]


MAKERS = {1: checkerboard_scene, 2: number_scene}


@expects(n="int >= 0")
def scenes(project, digits, n, part, rng):
    """Scenes of a project, to learn from or to be judged on.

    project: 1 or 2; digits: `digits.Digits`; n: how many; part: "train" has the first five sixths
    of the training digits, "validation" the rest, "test" the test digits; rng: numpy Generator.
    Returns uint8 images (n, H, W, 1), float32 tight boxes (n, 4), xyxy in pixels, and int64 labels
    (n,). Raises ValueError for another project or part.
    """
    check_project(project)
    sixth = len(digits.x_train) // 6
    parts = {
        "train": (digits.x_train[:-sixth], digits.y_train[:-sixth]),
        "validation": (digits.x_train[-sixth:], digits.y_train[-sixth:]),
        "test": (digits.x_test, digits.y_test),
    }
    if part not in parts:
        raise ValueError(f"part must be one of {', '.join(parts)}, got {part!r}")
    x, y = labelled_digits(*parts[part])
    images = np.empty((n, *PROJECTS[project].image_size, 1), "uint8")
    boxes, labels = np.empty((n, 4), "float32"), np.empty(n, "int64")
    for i in range(n):
        image, boxes[i], labels[i] = MAKERS[project](x, y, rng)
        image += NOISE * rng.standard_normal(image.shape)
        images[i, ..., 0] = np.rint(np.clip(image, 0, 255))
    return images, boxes, labels


@expects(x="N 28 28", y="int N")
def mean_reader(x, y):
    """A reader without learning: it compares a picture with the mean picture of each digit.

    x, y: digits and labels. Returns a function of a picture (h, w) that gives the label whose mean,
    cut out and stretched to 20×20, correlates most with the picture, whatever the sign; and how
    much, 0 to 1.
    """
    import cv2

    def standard(picture):
        flat = cv2.resize(np.asarray(picture, "float32"), (20, 20)).ravel()
        flat -= flat.mean()
        return flat / (np.linalg.norm(flat) + 1e-6)

    cut = np.stack([standard(_ink(picture, 20)) for picture in x])
    means = np.stack(
        [standard(cut[y == label].mean(axis=0).reshape(20, 20)) for label in range(10)]
    )

    def read(picture):
        likeness = np.abs(means @ standard(picture))
        return int(likeness.argmax()), float(likeness.max())

    return read


def _ink(picture, longer):
    """The visible ink of a picture (H, W), cut out, its longer side resized: uint8 (h, w)."""
    import cv2

    x1, y1, x2, y2 = tight_box(picture[None], VISIBLE)[0].astype(int)
    scale = longer / max(x2 - x1, y2 - y1)
    size = [max(1, round(length * scale)) for length in (x2 - x1, y2 - y1)]
    # The exact one, so that every machine makes the same scenes.
    return cv2.resize(picture[y1:y2, x1:x2], size, interpolation=cv2.INTER_LINEAR_EXACT)


def _box_of(ink, left, top):
    return tight_box(ink[None], VISIBLE)[0] + np.array([left, top, left, top], "float32")


def _clear_place(shape, room, placed, rng):
    """Of eight random places the first that is CLEAR of the boxes `placed`, as xyxy, or None."""
    (h, w), (height, width) = shape, room
    lefts, tops = rng.integers(width - w + 1, size=8), rng.integers(height - h + 1, size=8)
    for x1, y1 in zip(lefts.tolist(), tops.tolist(), strict=True):
        x2, y2 = x1 + w, y1 + h
        if all(max(x1 - box[2], box[0] - x2, y1 - box[3], box[1] - y2) >= CLEAR for box in placed):
            return x1, y1, x2, y2
    return None


def check_project(project):
    """ValueError unless there is such a project."""
    if type(project) is not int or project not in PROJECTS:
        raise ValueError(f"project must be 1 or 2, got {project!r}")
