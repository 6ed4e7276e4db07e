"""Scenes: digits in photographs, for the lessons on boxes, pyramids and detectors."""

import functools

from course_utils.canvases import labelled_digits, scramble
from course_utils.checks import expects
import numpy as np

CONTRAST = 100  # least difference in brightness between a digit and what lies behind it, of 255
VISIBLE = 64  # ink above this counts for the tight box, of 255
LUMINANCE = np.array([0.299, 0.587, 0.114], "float32")  # of red, green and blue, ITU-R BT.601
COVERED = 0.1  # greatest share of a digit's box that another one may cover


@expects(
    n="int >= 0",
    image_size="int > 0",
    count="int 2",
    sides="int 2",
    clutter="int 2",
    opacity="0 to 1",
)
def scenes(
    x, y, n, rng, pictures, image_size=96, count=(1, 4), sides=(12, 64), clutter=(2, 3), opacity=1.0
):
    """Colour images of digits on photographs and textures, between scrambled strokes.

    x: uint8 (N, 28, 28) and y: (N,), digits and labels to choose from; n: how many scenes; rng:
    numpy Generator; pictures: list of uint8 (H, W, 3), whose pieces are seven of ten backgrounds;
    image_size: side of the image in pixels, or (height, width). A scene has `count` digits (fewest,
    most), rotated by up to 15 degrees, the longer side of each log-uniform in `sides` px, in a
    random colour whose brightness differs from the mean of what lies behind by CONTRAST or more. A
    digit for which eight tries find no place with less than COVERED of it or of another covered is
    left out. `clutter` distractors (fewest, most), strokes of `canvases.scramble` in random
    colours, lie behind. opacity: the share of what lies behind that ink hides; contrast is less by
    as much.

    Three things to know. The longer side is set before a last cut, which leaves visible ink in all
    four edges of a box: one digit in fifty loses a pixel by it, one in a thousand more. Large
    digits are left out more often. And digits that may not cover each other crowd to the rim: of
    those of `scene_set` 0.086 lie in the middle ninth of their places, where 0.109 would be fair.

    Returns uint8 images (n, H, W, 3), float32 tight boxes (n, M, 4), xyxy in pixels and padded
    with zeros, and int64 labels (n, M), padded with -1; M is the most digits of `count`.
    Raises ValueError when the digits do not fit the image or show no ink, or a range is wrong.
    """
    import cv2

    x, y = labelled_digits(x, y)
    height, width = np.broadcast_to(image_size, 2).tolist()
    most, most_clutter = count[1], clutter[1]
    if not 1 <= sides[0] <= sides[1] <= min(height, width):
        raise ValueError(
            f"need 1 <= smallest side <= largest side <= image_size, got sides {sides} for "
            f"{height}×{width} px: the digits must fit"
        )
    for name, (fewest, greatest) in (("digits", count), ("distractors", clutter)):
        if not 0 <= fewest <= greatest:
            raise ValueError(f"need 0 <= fewest <= most {name}, got {(fewest, greatest)}")
    if not pictures or any(p.dtype != np.uint8 or p.shape[2:] != (3,) for p in pictures):
        raise ValueError("pictures must be uint8 (H, W, 3), and one at least")
    images = np.empty((n, height, width, 3), "uint8")
    boxes = np.zeros((n, most, 4), "float32")
    labels = np.full((n, most), -1)
    # The numbers of all scenes are drawn at once; digits first, then distractors.
    things = most + most_clutter
    digits = rng.integers(*count, size=n, endpoint=True)
    behind = rng.integers(*clutter, size=n, endpoint=True)
    picks = rng.integers(len(x), size=(n, things))
    strokes = scramble(x[picks[:, most:].ravel()], rng).reshape(n, most_clutter, 20, 20)
    angles = rng.uniform(-15, 15, size=(n, things))
    longer = np.exp(rng.uniform(np.log(sides[0] - 0.5), np.log(sides[1] + 0.5), (n, things)))
    longer = np.clip(np.rint(longer), *sides).astype(int)
    tries = rng.random((n, things, 8, 2))
    colors = rng.integers(256, size=(n, things, 8, 3)).astype("float32")
    for i in range(n):
        images[i] = _background(height, width, rng, pictures)
        placed: list = []
        for j in range(digits[i]):
            ink = _rotate_and_cut(x[picks[i, j]], angles[i, j], longer[i, j])
            box = _free_place(ink.shape, tries[i, j], (height, width), [b for b, _, _ in placed])
            if box is not None:
                boxes[i, len(placed)], labels[i, len(placed)] = box, y[picks[i, j]]
                placed.append((box, ink, colors[i, j]))
        strewn = []
        for j in range(behind[i]):
            ink = cv2.resize(strokes[i, j], (longer[i, most + j],) * 2)
            box = _free_place(ink.shape, tries[i, most + j], (height, width), [])
            strewn.append((box, ink, colors[i, most + j]))
        for box, ink, color in strewn + placed:
            _paint(images[i], box, ink, color, opacity)
    return images, boxes, labels


PARTS = {  # of scenes: from where their digits are, and their photographs
    "train": ("train", "train"),
    "validation": ("validation", "train"),
    "test": ("test", "test"),
    "familiar": ("test", "train"),
    "harder": ("test", "test"),
}
HARDER = {"count": (3, 6), "clutter": (4, 5), "opacity": 0.6}


def scene_set(digits, n, part, rng, **options):
    """The scenes of lessons 05 to 08, in parts: `scenes` of 96×96 px, one to four digits a scene.

    digits: `digits.Digits`; n, rng and what is returned: as in `scenes`; options: of `scenes`, in
    place of their defaults, as count=(1, 1). part is one of
    "train", the first five sixths of the training digits on the photographs of training;
    "validation", for choices: the other training digits, on the same photographs;
    "test": digits and photographs of which neither is in the two above;
    "familiar": digits of the test on the photographs of training, for what unseen ones cost;
    "harder": as "test", with more digits, more clutter and less contrast (HARDER).
    Raises ValueError when there is no such part, and as `scenes` does.
    """
    if part not in PARTS:
        raise ValueError(f"part must be one of {', '.join(PARTS)}, got {part!r}")
    of_digits, of_pictures = PARTS[part]
    kept = len(digits.x_train) * 5 // 6
    x, y = {
        "train": (digits.x_train[:kept], digits.y_train[:kept]),
        "validation": (digits.x_train[kept:], digits.y_train[kept:]),
        "test": (digits.x_test, digits.y_test),
    }[of_digits]
    options = (HARDER if part == "harder" else {}) | options
    return scenes(x, y, n, rng, photographs()[of_pictures], **options)


@functools.lru_cache(maxsize=1)
def photographs():
    """Six photographs that come with packages: {"train": [...], "test": [...]}, uint8 (H, W, 3).

    Training has the two of scikit-learn (a temple in China, a flower) and scikit-image's astronaut
    and rocket, testing its coffee and chelsea (a cat); each is 427×640 px, or of about that size.
    """
    from skimage import data
    from sklearn.datasets import load_sample_images

    train = [*load_sample_images().images, data.astronaut(), data.rocket()]
    return {"train": train, "test": [data.coffee(), data.chelsea()]}


def _background(height, width, rng, pictures):
    """A piece of a picture, enlarged or reduced and mirrored by chance; or a soft texture."""
    import cv2

    if rng.random() < 0.7:
        picture = pictures[rng.integers(len(pictures))]
        largest = min(picture.shape[0] / height, picture.shape[1] / width)
        scale = largest * rng.uniform(0.25, 1)
        h, w = max(1, int(scale * height)), max(1, int(scale * width))
        top, left = rng.integers(picture.shape[0] - h + 1), rng.integers(picture.shape[1] - w + 1)
        shrink = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
        piece = picture[top : top + h, left : left + w]
        piece = cv2.resize(piece, (width, height), interpolation=shrink)
        return piece[:, ::-1] if rng.random() < 0.5 else piece
    rows, columns = rng.integers(2, 25, size=2)
    mean, spread = rng.uniform(40, 215, size=3), rng.uniform(5, 50)
    coarse = (mean + spread * rng.standard_normal((rows, columns, 3))).astype("float32")
    soft = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    soft += rng.uniform(0, 10) * rng.standard_normal((height, width, 1), dtype="float32")
    return np.clip(soft, 0, 255).astype("uint8")


def _rotate_and_cut(digit, angle, longer):
    """A digit, rotated, cut out, the longer side made `longer` px, cut once more: uint8 (h, w)."""
    import cv2

    turn = cv2.getRotationMatrix2D((13.5, 13.5), angle, 1)
    turn[:, 2] += 6  # room for the corners
    cut = _visible(cv2.warpAffine(digit, turn, (40, 40)))
    h, w = cut.shape
    scale = longer / max(w, h)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return _visible(cv2.resize(cut, size, interpolation=shrink))


def _visible(ink):
    """Ink (H, W) without what lies outside the first and last row and column above VISIBLE."""
    import cv2

    left, top, w, h = cv2.boundingRect((ink > VISIBLE).view("uint8"))
    if not w:
        raise ValueError(f"a digit has no ink above {VISIBLE}: it could not be seen")
    return ink[top : top + h, left : left + w]


def _free_place(shape, tries, room, placed):
    """The first try (of numbers in [0, 1)) that covers little of the placed boxes, or None."""
    h, w = shape
    for x, y in tries.tolist():
        left, top = int(x * (room[1] - w + 1)), int(y * (room[0] - h + 1))
        for x1, y1, x2, y2 in placed:
            across = min(left + w, x2) - max(left, x1)
            down = min(top + h, y2) - max(top, y1)
            if min(across, down) > 0 and across * down > COVERED * min(
                h * w, (x2 - x1) * (y2 - y1)
            ):
                break
        else:
            return left, top, left + w, top + h
    return None


def _paint(image, box, ink, colors, opacity):
    """Lay ink in the first color that differs enough from what is there, else black or white."""
    import cv2

    x1, y1, x2, y2 = box
    behind = image[y1:y2, x1:x2]
    brightness = cv2.mean(behind)[:3] @ LUMINANCE
    different = np.abs(colors @ LUMINANCE - brightness) >= CONTRAST
    extreme = 255.0 if brightness < 128 else 0.0
    color = colors[different.argmax()] if different.any() else np.float32(extreme)
    cover = (ink * np.float32(opacity / 255))[..., None]
    behind[:] = behind + cover * (color - behind)
