"""Pictures of your own: reading them safely, and finding digits in them."""

from pathlib import Path
import warnings

from course_utils import plots
from course_utils.checks import expects
from matplotlib import pyplot as plt
import numpy as np

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
MOST_PIXELS = 50_000_000  # less than 1 GB while it is read
BATCH = 32  # tiles at a time


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
            raise ValueError(f"{path}: the file is damaged or cut off") from error


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
    small = np.pad(small, ((0, image_size - h), (0, image_size - w), (0, 0)), "edge")
    return small, np.array([w / width, h / height])


@expects(boxes="... 4", scale="2")
def to_letterbox(boxes, scale):
    """Boxes (..., 4), xyxy, from a picture's pixels to those of `letterbox`, at its scale (2,)."""
    return np.asarray(boxes) * np.tile(scale, 2)


@expects(boxes="... 4", scale="2")
def from_letterbox(boxes, scale):
    """Boxes (..., 4), xyxy, back into the picture's pixels: `to_letterbox` undone; not clipped."""
    return np.asarray(boxes) / np.tile(scale, 2)


@expects(min_score="0 to 1")
def detect(model, source, min_score=0.5, tiles=False):
    """Find the digits in a picture of any size.

    model: from images uint8 (N, S, S, 3) to boxes, scores and labels, as lesson 08 makes it;
    source: as in `read_image`; min_score: what scores lower is left out; tiles: the model sees the
    picture not only made as small, or as large, as fits into S × S, but also in tiles of S × S at
    full resolution, for digits smaller than S / 2 in a large picture; larger ones are looked for
    only in the whole. Of boxes with one label and an IoU above 0.5 the best stays. Returns boxes
    (N, 4), xyxy in the picture's own pixels, scores (N,), falling, labels (N,), and a matplotlib
    figure of them all. Raises what `read_image` raises, ValueError for another min_score.
    """
    import cv2

    picture = read_image(source)
    height, width = picture.shape[:2]
    size = model.input_shape[1]
    small, scale = letterbox(picture, size)
    boxes, scores, labels = (part[0] for part in model.predict_on_batch(small[None]))
    passes = [(from_letterbox(boxes, scale), scores, labels)]
    if tiles and max(height, width) > size:
        passes = [*_in_tiles(model, picture, size), *passes]  # of equal scores the finer box stays
    boxes, scores, labels = map(np.concatenate, zip(*passes, strict=True))
    boxes = np.clip(boxes, 0, [width, height, width, height])
    keep = (scores >= min_score) & (labels >= 0) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    boxes, scores, labels = boxes[keep], scores[keep], labels[keep]
    xywh = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    best = list(cv2.dnn.NMSBoxesBatched(xywh.tolist(), scores, labels, -1, 0.5))
    boxes, scores, labels = boxes[best], scores[best], labels[best]
    tall = float(np.clip(5 * height / width, 1, 8))
    fig, ax = plt.subplots(figsize=(float(np.clip(tall * width / height, 1.5, 5)), tall))
    plots.detections(plots.image(ax, picture), boxes, scores=scores, labels=labels)
    plt.close(fig)
    return boxes, scores, labels, fig


def _in_tiles(model, picture, size):
    """For each batch of tiles the boxes (N, 4) in the picture's pixels, scores and labels (N,)."""
    height, width = picture.shape[:2]
    rows, columns = (
        [*range(0, length - size, size // 2), max(0, length - size)] for length in (height, width)
    )
    corners = np.array([(x, y) for y in rows for x in columns])
    for start in range(0, len(corners), BATCH):
        batch = corners[start : start + BATCH]
        # A tile is smaller than a square only where the picture is, and then it is filled up.
        images = [letterbox(picture[y : y + size, x : x + size], size)[0] for x, y in batch]
        boxes, scores, labels = model.predict_on_batch(np.stack(images))
        inner = np.concatenate([batch > 0, batch + size < [width, height]], axis=1)[:, None]
        reached = np.concatenate([boxes[..., :2] <= 1, boxes[..., 2:] >= size - 1], axis=-1)
        whole = ~(inner & reached).any(axis=-1)  # another tile, or the first pass, sees the others
        yield (boxes + np.tile(batch, 2)[:, None])[whole], scores[whole], labels[whole]


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
