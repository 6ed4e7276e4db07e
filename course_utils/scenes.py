"""Scenes: digits in photographs, for the lessons on boxes, pyramids and detectors."""

import functools

from course_utils.canvases import labelled_digits, scramble
from course_utils.checks import expects
import numpy as np

CONTRAST = 100  # least difference in brightness between a digit and what lies behind it, of 255
VISIBLE = 64  # ink above this counts for the tight box, of 255
LUMINANCE = np.array([0.299, 0.587, 0.114], "float32")  # of red, green and blue, ITU-R BT.601
COVERED = 0.1  # greatest share of a digit's box that another one may cover


@expects(n="int >= 0", image_size="int > 0", count="int 2", sides="int 2")
def scenes(x, y, n, rng, part, image_size=96, count=(1, 1), sides=(12, 64)):
    """Colour images of digits on photographs and textures, between scrambled strokes.

    x: uint8 (N, 28, 28) and y: (N,), digits and labels to choose from; n: how many scenes; rng:
    numpy Generator; part: "train" or "test", which never share a piece of a photograph;
    image_size: side of the image in pixels, or (height, width). A scene has `count` digits (fewest,
    most), rotated by up to 15 degrees, the longer side of each log-uniform in `sides` px, in a
    random colour whose brightness differs from the mean of what lies behind by CONTRAST or more. A
    digit for which eight tries find no place with less than COVERED of it or of another covered is
    left out. Two or three distractors, strokes of `canvases.scramble` in random colours, lie
    behind.

    Two things are not as one would wish. A box is tight around the ink of the digit before that is
    resized; after it, one digit in twenty has an edge row or column without visible ink. And where
    there are several digits, taking the first free place pushes them towards the rim: of those of
    `scene_set` a share of 0.087 lies in the middle ninth of its places, where 0.108 would be fair.

    Returns uint8 images (n, H, W, 3), float32 tight boxes (n, M, 4), xyxy in pixels and padded
    with zeros, and int64 labels (n, M), padded with -1; M is the most digits of `count`.
    Raises ValueError when the digits do not fit the image or show no ink, and when a range or the
    part is wrong.
    """
    import cv2

    x, y = labelled_digits(x, y)
    height, width = np.broadcast_to(image_size, 2).tolist()
    fewest, most = count
    if not 1 <= sides[0] <= sides[1] <= min(height, width):
        raise ValueError(
            f"need 1 <= smallest side <= largest side <= image_size, got sides {sides} for "
            f"{height}×{width} px: the digits must fit"
        )
    if not 0 <= fewest <= most:
        raise ValueError(f"need 0 <= fewest <= most digits, got {count}")
    if part not in ("train", "test"):
        raise ValueError(f'part must be "train" or "test", got {part!r}')
    images = np.empty((n, height, width, 3), "uint8")
    boxes = np.zeros((n, most, 4), "float32")
    labels = np.full((n, most), -1)
    # The numbers of all scenes are drawn at once; digits first, then three distractors.
    things = most + 3
    digits = rng.integers(fewest, most + 1, size=n)
    clutter = rng.integers(2, 4, size=n)
    picks = rng.integers(len(x), size=(n, things))
    strokes = scramble(x[picks[:, most:].ravel()], rng).reshape(n, 3, 20, 20)
    angles = rng.uniform(-15, 15, size=(n, things))
    longer = np.exp(rng.uniform(np.log(sides[0] - 0.5), np.log(sides[1] + 0.5), (n, things)))
    longer = np.clip(np.rint(longer), *sides).astype(int)
    tries = rng.random((n, things, 8, 2))
    colors = rng.integers(256, size=(n, things, 8, 3)).astype("float32")
    for i in range(n):
        images[i] = _background(height, width, rng, part)
        placed: list = []
        for j in range(digits[i]):
            ink = _rotate_and_cut(x[picks[i, j]], angles[i, j], longer[i, j])
            box = _free_place(ink.shape, tries[i, j], (height, width), [b for b, _, _ in placed])
            if box is not None:
                boxes[i, len(placed)], labels[i, len(placed)] = box, y[picks[i, j]]
                placed.append((box, ink, colors[i, j]))
        behind = []
        for j in range(clutter[i]):
            ink = cv2.resize(strokes[i, j], (longer[i, most + j],) * 2)
            box = _free_place(ink.shape, tries[i, most + j], (height, width), [])
            behind.append((box, ink, colors[i, most + j]))
        for box, ink, color in behind + placed:
            _paint(images[i], box, ink, color)
    return images, boxes, labels


def scene_set(digits, n, part, rng):
    """The scenes of lessons 06 to 08: 96×96 px, one to four digits of 12 to 64 px.

    digits: `digits.Digits`; n, part, rng and what is returned: as in `scenes`.
    """
    x, y = (digits.x_train, digits.y_train) if part == "train" else (digits.x_test, digits.y_test)
    return scenes(x, y, n, rng, part, 96, (1, 4), (12, 64))


@functools.lru_cache(maxsize=1)
def photographs():
    """The two photographs that scikit-learn bundles, cut apart: {"train": [...], "test": [...]}.

    Training has the left 400 of 640 columns of each, testing the rest; uint8 (427, columns, 3).
    """
    from sklearn.datasets import load_sample_images

    pictures = load_sample_images().images
    return {"train": [p[:, :400] for p in pictures], "test": [p[:, 400:] for p in pictures]}


def _background(height, width, rng, part):
    """A piece of a photograph, enlarged or reduced and mirrored by chance; or a soft texture."""
    import cv2

    if rng.random() < 0.7:
        pictures = photographs()[part]
        picture = pictures[rng.integers(len(pictures))]
        largest = min(picture.shape[0] / height, picture.shape[1] / width)
        scale = largest * rng.uniform(0.25, 1)
        h, w = max(1, int(scale * height)), max(1, int(scale * width))
        top, left = rng.integers(picture.shape[0] - h + 1), rng.integers(picture.shape[1] - w + 1)
        piece = picture[top : top + h, left : left + w]
        piece = piece[:, ::-1] if rng.random() < 0.5 else piece
        shrink = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
        return cv2.resize(np.ascontiguousarray(piece), (width, height), interpolation=shrink)
    rows, columns = rng.integers(2, 25, size=2)
    mean, spread = rng.uniform(40, 215, size=3), rng.uniform(5, 50)
    coarse = (mean + spread * rng.standard_normal((rows, columns, 3))).astype("float32")
    soft = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    soft += rng.uniform(0, 10) * rng.standard_normal((height, width, 1), dtype="float32")
    return np.clip(soft, 0, 255).astype("uint8")


def _rotate_and_cut(digit, angle, longer):
    """A digit, rotated, its visible ink cut out, the longer side `longer` px: uint8 (h, w)."""
    import cv2

    turn = cv2.getRotationMatrix2D((13.5, 13.5), angle, 1)
    turn[:, 2] += 6  # room for the corners
    turned = cv2.warpAffine(digit, turn, (40, 40))
    left, top, w, h = cv2.boundingRect((turned > VISIBLE).view("uint8"))
    if not w:
        raise ValueError(f"a digit has no ink above {VISIBLE}: it could not be seen")
    scale = longer / max(w, h)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(turned[top : top + h, left : left + w], size, interpolation=shrink)


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


def _paint(image, box, ink, colors):
    """Lay ink in the first color that differs enough from what is there, else black or white."""
    x1, y1, x2, y2 = box
    behind = image[y1:y2, x1:x2].astype("float32")
    brightness = behind.mean(axis=(0, 1)) @ LUMINANCE
    different = np.abs(colors @ LUMINANCE - brightness) >= CONTRAST
    extreme = 255.0 if brightness < 128 else 0.0
    color = colors[different.argmax()] if different.any() else np.float32(extreme)
    behind += (ink / np.float32(255))[..., None] * (color - behind)
    image[y1:y2, x1:x2] = behind
