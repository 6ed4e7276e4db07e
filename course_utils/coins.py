"""Greek coins, a photograph that comes with scikit-image: its two halves, boxes, harder pictures.

The photograph is of the Brooklyn Museum's collection, without known copyright restrictions; the
boxes, in coins.json beside this file, were drawn by hand for the course.
"""

import functools
import hashlib
import json
import os
from pathlib import Path
import shutil
import tempfile

from course_utils import BUILD, coco, pasting, photos
import numpy as np

CUT = 150  # the row between the upper twelve coins and the lower twelve
DRAWN = Path(__file__).with_suffix(".json")
SHA256 = "25416f890060f50a87a21e1e3e4a6c67e720beb8b40fdae0d60cb8f0d9f68c3b"
# Harder pictures: what is made of coins on their cloth.
KINDS = ("apart", "a heap", "faint", "dark on light", "strokes", "half the size")


def folder():
    """Write the halves and their boxes as a folder of pictures for `coco.read_coco`; its path.

    It is build/coins, or a temporary folder where that cannot be written: upper.png, lower.png
    (uint8, grey) and annotations.json. Raises ValueError when coins.json is not the one committed.
    """
    from PIL import Image
    from skimage import data

    if hashlib.sha256(DRAWN.read_bytes().replace(b"\r\n", b"\n")).hexdigest() != SHA256:
        raise ValueError(f"{DRAWN.name} was changed or damaged: take it anew")
    place, photograph = BUILD / "coins", data.coins()
    try:
        place.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=place).close()
    except OSError:
        place = Path(tempfile.mkdtemp(prefix="course-coins-"))
    for name, half in (("upper", photograph[:CUT]), ("lower", photograph[CUT:])):
        beside = place / f"{name}.{os.getpid()}.part.png"
        Image.fromarray(half).save(beside)
        beside.replace(place / f"{name}.png")  # there whole or not at all
    shutil.copyfile(DRAWN, place / coco.NAME)
    return place


@functools.lru_cache(maxsize=1)
def cloth():
    """The photograph with its coins painted over, as they may lie anywhere: uint8 (303, 384, 3)."""
    import cv2
    from skimage import data

    photograph = data.coins()
    hole = np.zeros_like(photograph)
    for entry in json.loads(DRAWN.read_text(encoding="utf-8"))["annotations"]:
        x, y, width, height = entry["bbox"]
        y += CUT * (entry["image_id"] == 2)
        middle, sides = (x + width / 2, y + height / 2), (width + 8, height + 8)
        cv2.ellipse(hole, (middle, sides, 0), 255, -1)
    filled = cv2.inpaint(photograph, hole, 5, cv2.INPAINT_TELEA)
    return photos.read_image(filled)


def harder(kind, n, cuts, rng):
    """Pictures of coins on their cloth that are harder than the photograph, and the coins' boxes.

    kind: one of KINDS, "apart" for comparison: not harder, twelve coins in other places; "a heap",
    on less room, so that they touch and cover each other; "faint", a third of the contrast, and
    noise; "dark on light", the negative; "strokes", on forty lines and arcs; "half the size". n:
    how many; cuts: cut-outs of coins; each is turned. Returns uint8 (n, H, W, 3) and float32 boxes
    (n, 12, 4), xyxy, padded with zeros. Raises ValueError for another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    size = (192, 256) if kind == "a heap" else cloth().shape[:2]
    images = np.stack([_piece(size, rng) for _ in range(n)])
    if kind == "strokes":
        for image in images:
            _strew(image, rng)
    scale = 0.5 if kind == "half the size" else 1.0

    def turned(cut, rng):
        return pasting.changed(cut, rng, (scale, scale), relit=False)

    covered = 0.3 if kind == "a heap" else 0
    images, boxes, _ = pasting.pasted(images, cuts, rng, (12, 12), turned, covered)
    if kind == "faint":
        grey = rng.normal(0, 3, images.shape[:3])[..., None]
        images = np.clip(80 + (images - 80.0) / 3 + grey, 0, 255).astype("uint8")
    return (255 - images if kind == "dark on light" else images), boxes


def _piece(size, rng):
    """A piece of the cloth, mirrored by chance, with noise where it was painted over."""
    height, width = size
    top, left = (rng.integers(a - b + 1) for a, b in zip(cloth().shape, size, strict=False))
    piece = cloth()[top : top + height, left : left + width].astype("float32")
    piece = piece[:: rng.choice([-1, 1]), :: rng.choice([-1, 1])]
    noise = rng.normal(0, 2, size)[..., None]
    return np.clip(piece + noise, 0, 255).astype("uint8")


def _strew(image, rng, count=40):
    """Lines and arcs in random greys, in place."""
    import cv2

    size = np.array(image.shape[1::-1])
    for i in range(count):
        place, side = rng.integers(size), rng.integers(10, 40, 2)
        color, width = (int(rng.integers(40, 240)),) * 3, int(rng.integers(2, 5))
        start = int(rng.integers(360))
        if i % 2:
            end = place + side * rng.choice([-1, 1], 2)
            cv2.line(image, place.tolist(), end.tolist(), color, width, cv2.LINE_AA)
        else:
            arc = (start, 0, int(rng.integers(60, 200)))
            cv2.ellipse(image, place.tolist(), side.tolist(), *arc, color, width, cv2.LINE_AA)
