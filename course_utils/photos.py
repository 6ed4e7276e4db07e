"""Pictures of your own: reading them safely, and finding digits in them."""

from pathlib import Path
import warnings

from course_utils import plots, tiles
from course_utils.checks import expects
import numpy as np

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
MOST_PIXELS = 50_000_000  # less than 1 GB while it is read
MOST_SIDE = 4000  # px of a picture that a network sees as a whole
BATCH = 32  # tiles at a time


def find_folder(path):
    """The folder at a path, which may begin with ~. Raises FileNotFoundError if there is none."""
    folder = Path(path).expanduser().absolute()
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: there is no such folder; give its whole path")
    return folder


def check_scale(pictures, factor):
    """Raise ValueError if a picture, `factor` times as large, is longer than MOST_SIDE."""
    longest = factor * max(max(picture["width"], picture["height"]) for picture in pictures)
    if longest > MOST_SIDE:
        raise ValueError(
            f"for objects so small a picture must be {longest:,.0f} px long, and {MOST_SIDE:,} is "
            "the most: cut the pictures into parts, and draw on those"
        )


def read_image(source):
    """A picture as uint8 (H, W, 3), RGB.

    source: path of a PNG, JPEG, WebP, BMP or TIFF file, or an array (H, W), (H, W, 1), (H, W, 3) or
    (H, W, 4) of uint8 or uint16. 16 bits become 8, what is transparent becomes white, one channel
    three, and a photograph is turned the way its camera says. Raises FileNotFoundError, TypeError
    for other arrays' types, and ValueError, before decoding where that is possible, for what is no
    image, is damaged, has no pixel, or more than MOST_PIXELS.
    """
    if not isinstance(source, str | Path):
        return _as_rgb(np.asarray(source))
    from PIL import Image, ImageOps, UnidentifiedImageError

    path = Path(source)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, whose own limit is far above ours
        try:
            with Image.open(path, formats=FORMATS) as file:
                _check_size(*file.size[::-1], f"{path}: ")
                picture = ImageOps.exif_transpose(file)
                picture.load()
                if picture.mode in ("I", "F"):
                    raise ValueError(f"{path}: pixels of 32 bits; save it with 8 or 16")
                if not picture.mode.startswith("I;16"):
                    transparent = picture.has_transparency_data
                    picture = picture.convert("RGBA" if transparent else "RGB")
                return _as_rgb(np.asarray(picture))
        except Image.DecompressionBombError as error:
            raise ValueError(f"{path}: more than {MOST_PIXELS // 10**6} million pixels") from error
        except UnidentifiedImageError as error:
            allowed = ", ".join(FORMATS)
            raise ValueError(f"{path}: no image that can be read (allowed: {allowed})") from error
        except (OSError, SyntaxError) as error:  # Pillow's word for a broken PNG
            refused = isinstance(error, OSError) and error.strerror  # by the system, not by Pillow
            raise ValueError(f"{path}: {refused or 'the file is damaged or cut off'}") from error


@expects(picture="H W 3", image_size="> 0")
def letterbox(picture, image_size):
    """A picture as large as fits into a square, its proportions kept, at the upper left.

    picture: uint8 (H, W, 3); image_size: a whole number of pixels. Returns uint8 (image_size,
    image_size, 3), where the last row or column is repeated to the edge, and the scale (2,) across
    and down, for `to_letterbox` and `from_letterbox`: two numbers, because each side is rounded to
    whole pixels. Raises TypeError for another type, ValueError for no pixel or too many.
    """
    import cv2

    picture = _as_rgb(np.asarray(picture))
    height, width = picture.shape[:2]
    factor = image_size / max(height, width)
    w, h = max(1, round(width * factor)), max(1, round(height * factor))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    small = cv2.resize(picture, (w, h), interpolation=way)
    return _filled(small, image_size), np.array([w / width, h / height])


def _filled(picture, side):
    """A picture as a square, its last row or column repeated to the edge."""
    height, width = picture.shape[:2]
    return np.pad(picture, ((0, side - height), (0, side - width), (0, 0)), "edge")


@expects(boxes="... 4", scale="2")
def to_letterbox(boxes, scale):
    """Boxes (..., 4), xyxy, from a picture's pixels to those of `letterbox`, at its scale (2,)."""
    return np.asarray(boxes) * np.tile(scale, 2)


@expects(boxes="... 4", scale="2")
def from_letterbox(boxes, scale):
    """Boxes (..., 4), xyxy, back into the picture's pixels: `to_letterbox` undone; not clipped."""
    return np.asarray(boxes) / np.tile(scale, 2)


@expects(min_score="0 to 1")
def detect(model, source, min_score=0.5, progress=None):
    """Find the digits in a picture of any size: boxes, scores and labels.

    model: from images uint8 (N, S, S, 3) to boxes, scores and labels, as lesson 08 makes it;
    source: as in `read_image`; min_score: what scores lower is left out; progress: a function that
    is told before each batch how many tiles are done, and of how many. The model sees the picture
    in tiles of S × S px that overlap by a third, then it at half its size, a quarter, and so on,
    and last the whole, made as small or as large as fits into S × S. So a digit may have any size
    from the model's least on, if that is at most S / 6 - 2: what a tile cuts lies whole in another,
    or is half as large in the next. Of boxes with one label and an IoU above 0.5 the best stays, of
    equal ones the finer. Returns boxes float64 (N, 4), xyxy in the picture's own pixels, scores
    (N,), falling, and labels int64 (N,). Raises what `read_image` raises, and ValueError for
    another min_score.
    """
    picture = read_image(source)
    height, width = picture.shape[:2]
    size = model.input_shape[1]
    levels = [
        (level, scale, tiles.corners(*level.shape[:2], size, size // 3))
        for level, scale in _halves(picture, size)
    ]
    done, total = 0, sum(len(corners) for *_, corners in levels)
    passes = []
    for level, scale, corners in levels:
        for start in range(0, len(corners), BATCH):
            if progress:
                progress(done + start, total)
            batch = corners[start : start + BATCH]
            images = [_filled(level[y : y + size, x : x + size], size) for x, y in batch]
            boxes, scores, labels = model.predict_on_batch(np.stack(images))
            keep = tiles.is_whole(boxes, batch, size, *level.shape[:2])
            keep &= (scores >= min_score) & (labels >= 0)
            boxes = from_letterbox(boxes + np.tile(batch, 2)[:, None], scale)[keep]
            passes.append((boxes, scores[keep], labels[keep]))
        done += len(corners)
    boxes, scores, labels = map(np.concatenate, zip(*passes, strict=True))
    boxes = np.clip(boxes, 0, [width, height, width, height])
    keep = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    boxes, scores, labels = boxes[keep], scores[keep], labels[keep].astype("int64")
    best = tiles.merge(boxes, scores, labels)
    return boxes[best], scores[best], labels[best]


def _halves(picture, size):
    """The picture, a half of it, a quarter, …, and last its letterbox: each with its scale (2,)."""
    import cv2

    level = picture
    while max(level.shape[:2]) > size:
        h, w = level.shape[:2]
        yield level, np.array([w, h]) / [picture.shape[1], picture.shape[0]]
        half = max(1, w // 2), max(1, h // 2)
        level = cv2.resize(level, half, interpolation=cv2.INTER_AREA)
    yield letterbox(picture, size)


@expects(picture="H+ W+ 3", boxes="N 4", scores="N", labels="N")
def drawn(picture, boxes, scores, labels):
    """A picture with what was found in it, as uint8 (h, w, 3): boxes, labels, scores in per cent.

    picture: uint8 (H, W, 3); boxes: (N, 4), xyxy in its pixels; scores, labels: (N,). A picture
    whose longer side is below 800 px is enlarged, one above 16,000 px reduced. Lines lie around the
    pixels of a box, with a white margin above and right for labels; in a large picture both grow.
    """
    from PIL import Image, ImageDraw, ImageFont

    height, width = picture.shape[:2]
    zoom = float(np.clip(1, 800 / max(height, width), 16_000 / max(height, width)))
    size = max(1, round(zoom * width)), max(1, round(zoom * height))
    way = Image.Resampling.NEAREST if zoom > 1 else Image.Resampling.BOX
    unit = max(1, round(min(size) / 1000))
    image = Image.new("RGB", (size[0] + 60 * unit, size[1] + 20 * unit), "white")
    image.paste(Image.fromarray(picture).resize(size, way), (0, 20 * unit))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(12 * unit)
    places = np.rint(zoom * np.reshape(boxes, (-1, 4))) + [0, 20 * unit, -1, 20 * unit - 1]
    for (x1, y1, x2, y2), score, label in zip(places, scores, labels, strict=True):
        for out, color in ((3 * unit, "black"), (2 * unit, plots.PREDICTED)):
            pen.rectangle((x1 - out, y1 - out, x2 + out, y2 + out), outline=color, width=out)
        text, corner = f"{label}  {100 * score:.0f} %", (x1, y1 - 4 * unit)
        pen.rectangle(pen.textbbox(corner, text, font, "lb"), fill=plots.PREDICTED)
        pen.text(corner, text, "black", font, "lb")
    return np.asarray(image)


def _check_size(height, width, where=""):
    if not 0 < height * width <= MOST_PIXELS:
        raise ValueError(
            f"{where}{width:,}×{height:,} px: a picture has at least one pixel, "
            f"and at most {MOST_PIXELS // 10**6} million here"
        )


def _as_rgb(array):
    array = array.astype(array.dtype.newbyteorder("="), copy=False)  # some files begin at the end
    if array.dtype not in (np.uint8, np.uint16):
        raise TypeError(f"an image must be uint8 or uint16, got {array.dtype}")
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise ValueError(
            f"an image must be (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), got {array.shape}"
        )
    _check_size(*array.shape[:2])
    if array.dtype == np.uint16:
        array = (array // 257).astype("uint8")
    if array.shape[2] == 4:
        opaque = array[..., 3:].astype("uint16")
        array = ((array[..., :3] * opaque + 255 * (255 - opaque) + 127) // 255).astype("uint8")
    return np.ascontiguousarray(np.repeat(array, 3, axis=2) if array.shape[2] == 1 else array)
