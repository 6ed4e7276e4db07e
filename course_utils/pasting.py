"""Things cut out of pictures by their boxes, changed, and pasted into other pictures.

After Dwibedi et al., Cut, Paste and Learn, arXiv:1708.01642. A cut-out is float32 (H, W, 4): red,
green, blue, 0 to 255, and how much it covers, 0 to 1.
"""

from course_utils.boxes import padded
from course_utils.checks import expects
from course_utils.photos import letterbox, read_image, to_letterbox
import numpy as np

MARGIN = 4  # px around the box, so that a soft edge has what it blends with
COVERED = 0.1  # greatest share of a box that another one may cover
TRIES = 8
LEAST = 8  # px of a side: of less nothing is left when it is made smaller
# How a thing is changed: factors of its size and contrast, grey levels added.
SCALE, CONTRAST, LIGHT = (0.6, 1.6), (0.4, 1.2), (-70, 50)


@expects(picture="H+ W+ 3", box="4")
def cut_out(picture, box, is_round=True):
    """What a box holds, with a soft edge: the ellipse that fills the box, or the box itself.

    picture: uint8 (H, W, 3); box: xyxy in pixels, inside. Returns a cut-out, the box with MARGIN px
    around it (less at the picture's edge); what it covers falls from 1 to 0 over 3 px.
    """
    x1, y1, x2, y2 = np.rint(box).astype(int)
    left, top = max(x1 - MARGIN, 0), max(y1 - MARGIN, 0)
    colors = picture[top : y2 + MARGIN, left : x2 + MARGIN].astype("float32")
    y, x = np.mgrid[: colors.shape[0], : colors.shape[1]] + 0.5
    middle, half = ((x1 + x2) / 2 - left, (y1 + y2) / 2 - top), ((x2 - x1) / 2, (y2 - y1) / 2)
    norm = np.hypot if is_round else np.maximum
    radius = norm(np.abs(x - middle[0]) / half[0], np.abs(y - middle[1]) / half[1])
    cover = np.clip(0.5 + (1 - radius) * min(half) / 3, 0, 1)
    return np.dstack([colors, cover]).astype("float32")


@expects(side="int > 0")
def textured_disc(rng, side=44):
    """A cut-out that is no photograph of anything: a grey disc of blurred noise."""
    import cv2

    room = side + 2 * MARGIN
    noise = cv2.GaussianBlur(rng.normal(size=(room, room)), (0, 0), rng.uniform(0.8, 2))
    grey = 140 + rng.uniform(15, 40) * noise / noise.std()
    picture = np.repeat(np.clip(grey, 0, 255)[..., None], 3, axis=-1)
    height = int(side * rng.uniform(0.85, 1))
    box = [MARGIN, (room - height) // 2, MARGIN + side, (room + height) // 2]
    return cut_out(picture.astype("uint8"), box)


@expects(cut="H+ W+ 4", scale="2")
def changed(cut, rng, scale=SCALE, relit=True):
    """A cut-out of another size, turned, mirrored by chance, with other contrast and light.

    scale: the least and greatest factor, log-uniform; turned by any angle; relit: False leaves
    contrast and light. Returns another cut-out.
    """
    import cv2

    height, width = cut.shape[:2]
    factor = np.exp(rng.uniform(*np.log(scale)))
    side = int(np.ceil(np.hypot(height, width) * factor)) + 2
    middle, angle = (width / 2 - 0.5, height / 2 - 0.5), rng.uniform(0, 360)
    turned = cv2.getRotationMatrix2D(middle, angle, factor)
    turned[:, 2] = turned[:, 2] + (side - np.array([width, height])) / 2
    if rng.random() < 0.5:
        cut = np.ascontiguousarray(cut[:, ::-1])
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    cut = cv2.warpAffine(cut, turned, (side, side), flags=way)
    if relit:
        mean = np.average(cut[..., :3].mean(axis=-1), weights=cut[..., 3])
        cut[..., :3] = _relit(cut[..., :3], mean, rng)
    return cut


@expects(cut="H+ W+ 4")
def trimmed(cut):
    """A cut-out without what is outside of its box, the pixels that it covers by half or more."""
    import cv2

    x, y, width, height = cv2.boundingRect((cut[..., 3] > 0.5).astype("uint8"))
    return cut[y : y + height, x : x + width]


@expects(image="H+ W+ 3", cut="R+ C+ 4")
def paste(image, cut, x, y):
    """Lay a trimmed cut-out on an image uint8 (H, W, 3), in place, its upper left at (x, y)."""
    place = image[y : y + cut.shape[0], x : x + cut.shape[1]]
    place[:] = place + cut[..., 3:] * (cut[..., :3] - place)


def pasted(images, cuts, rng, count=(1, 3), change=changed, covered=COVERED, classes=None):
    """Scenes: cut-outs in random places on each image, and their boxes.

    images: uint8 (N, H, W, 3), left as they are; cuts: list of cut-outs to draw from; count: the
    fewest and the most in an image; change: a function of a cut-out and rng, or None; covered: the
    greatest share of a box that another one may cover; classes: the label of each cut-out, or None
    for 0. What finds no such place in TRIES tries, or is larger than the image, is left out.
    Returns images, float32 boxes (N, M, 4), xyxy in pixels, padded with zeros, and int64 labels
    (N, M), -1 for padding; M is the most of `count`.
    """
    images = images.copy()
    size = np.array(images.shape[2:0:-1])
    boxes = np.zeros((len(images), count[1], 4), "float32")
    labels = np.full((len(images), count[1]), -1)
    for i, image in enumerate(images):
        placed = 0
        for _ in range(rng.integers(*count, endpoint=True)):
            number = rng.integers(len(cuts))
            cut = trimmed(cuts[number] if change is None else change(cuts[number], rng))
            free = _free_place(cut.shape[1::-1], size, boxes[i, :placed], rng, covered)
            if free is not None:
                paste(image, cut, *free[:2])
                boxes[i, placed] = free
                labels[i, placed] = 0 if classes is None else classes[number]
                placed += 1
    return images, boxes, labels


@expects(picture="H+ W+ 3", boxes="N 4", labels="int N", n="int > 0", size="int > 0")
def cropped(picture, boxes, labels, n, size, rng, change=False):
    """Square pieces of a picture, and the boxes in them.

    picture: uint8 (H, W, 3), with boxes (N, 4) and labels (N,) of all that is drawn on it; n: how
    many; size: of a piece in pixels; change: False, pieces as they are; True, their size, contrast
    and light are changed as by `changed`, and they are mirrored by chance. A box counts if half of
    it lies in the piece, and is cut at its edge. Returns images, boxes and labels as `pasted` does.
    """
    boxes, labels = np.asarray(boxes), np.asarray(labels)
    height, width = picture.shape[:2]
    images = np.empty((n, size, size, 3), "uint8")
    out_boxes = np.zeros((n, max(len(boxes), 1), 4), "float32")
    out_labels = np.full(out_boxes.shape[:2], -1)
    for i in range(n):
        side = round(size / np.exp(rng.uniform(*np.log(SCALE)))) if change else size
        x, y = rng.integers(max(width - side, 0) + 1), rng.integers(max(height - side, 0) + 1)
        images[i], scale = letterbox(picture[y : y + side, x : x + side], size)
        whole = to_letterbox(boxes - [x, y, x, y], scale)
        inside = np.clip(whole, 0, size)
        if change:
            images[i] = _relit(images[i].astype("float32"), images[i].mean(), rng)
            if rng.random() < 0.5:
                images[i], inside = images[i, :, ::-1], inside[:, [2, 1, 0, 3]]
                inside[:, [0, 2]] = size - inside[:, [0, 2]]
        area, seen = ((b[:, 2:] - b[:, :2]).prod(axis=1) for b in (whole, inside))
        is_in = seen >= area / 2
        out_boxes[i, : is_in.sum()], out_labels[i, : is_in.sum()] = inside[is_in], labels[is_in]
    return images, out_boxes, out_labels


def drawn_scenes(pictures, n, factor, size, is_round, behind, rng):
    """Scenes of pictures with drawn boxes: half are crops, half have cut-outs pasted, all changed.

    pictures: as `coco.read_coco` returns them, which are made `factor` times as large; n: how many
    scenes; size: of a scene in pixels; is_round: as in `cut_out`; behind: a function that is given
    a number, rng and whether all pictures are grey, and returns so many backgrounds, uint8. What is
    less than LEAST px wide or high then is not pasted; if that is all, there are crops alone.
    Returns images, boxes and labels as `pasted` does.
    """
    parts, cuts, classes, is_grey = [], [], [], True
    for picture in pictures:
        image = read_image(picture["path"])
        is_grey = is_grey and (image == image[..., :1]).all()
        image, scale = letterbox(image, max(round(max(image.shape[:2]) * factor), 1))
        width, height = np.ceil(scale * [picture["width"], picture["height"]]).astype(int)
        image, boxes = image[:height, :width], to_letterbox(picture["boxes"], scale)
        each = -(-n // (2 * len(pictures)))  # crops of each picture, rounded up
        parts.append(cropped(image, boxes, picture["labels"], each, size, rng, change=True))
        is_large = (boxes[:, 2:] - boxes[:, :2] >= LEAST).all(axis=1)
        cuts += [cut_out(image, box, is_round) for box in boxes[is_large]]
        classes += picture["labels"][is_large].tolist()
    if cuts:
        parts.append(pasted(behind(n // 2, rng, is_grey), cuts, rng, classes=classes))
    images, all_boxes, labels = zip(*parts, strict=True)
    order = rng.permutation(sum(map(len, images)))[:n]
    boxes = padded([row for part in all_boxes for row in part])
    labels = padded([row for part in labels for row in part], -1)
    return np.concatenate(images)[order], boxes[order], labels[order]


def _relit(colors, mean, rng):
    """Colours (H, W, 3) with another contrast around their mean, and other light."""
    colors = mean + (colors - mean) * rng.uniform(*CONTRAST) + rng.uniform(*LIGHT)
    return np.clip(colors, 0, 255)


def _free_place(sides, size, placed, rng, covered):
    """A box of these sides (width, height) that covers no more of those placed, or None."""
    if (sides > size).any():
        return None
    for _ in range(TRIES):
        corner = rng.integers(size - sides + 1)
        box = np.concatenate([corner, corner + sides])
        shared = np.minimum(box[2:], placed[:, 2:]) - np.maximum(box[:2], placed[:, :2])
        areas = (placed[:, 2:] - placed[:, :2]).prod(axis=1)
        common = np.clip(shared, 0, None).prod(axis=1)
        if (common <= covered * np.minimum(areas, np.prod(sides))).all():
            return box
    return None
