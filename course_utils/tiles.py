"""Large pictures for a small model: cut into tiles, and the boxes of the tiles put together."""

from course_utils.checks import expects
import numpy as np


@expects(height="int > 0", width="int > 0", tile_size="int > 0", overlap="int >= 0")
def corners(height, width, tile_size, overlap):
    """Where the tiles of a picture begin, row by row: int64 (N, 2), the (x, y) of each corner.

    height, width: of the picture in pixels; tile_size: a tile's side in pixels; overlap: how many
    pixels neighbours share at least, so that what is no larger lies whole in a tile. The last tile
    of a row or column ends where the picture does. A side shorter than a tile has one, at 0, which
    reaches beyond. Raises ValueError when `overlap` is not below `tile_size`.
    """
    if overlap >= tile_size:
        raise ValueError(f"overlap must be below tile_size, {tile_size}, got {overlap}")
    rows, columns = (
        [*range(0, length - tile_size, tile_size - overlap), max(0, length - tile_size)]
        for length in (height, width)
    )
    return np.array([(x, y) for y in rows for x in columns])


@expects(boxes="N M 4", corners="int N 2", tile_size="int > 0", height="int > 0", width="int > 0")
def is_whole(boxes, corners, tile_size, height, width):
    """Which boxes of tiles show a whole thing: bool (N, M).

    boxes: (N, M, 4), xyxy in pixels of the tile that begins at its row of `corners` (N, 2), in a
    picture of `height` × `width` px. A box that comes within a pixel of its tile's edge may be cut
    there, and a neighbour sees the whole; but not at the picture's own edges, which cut nothing.
    """
    boxes, corners = np.asarray(boxes), np.asarray(corners, "int64")
    is_inner = np.concatenate([corners > 0, corners + tile_size < [width, height]], axis=1)
    is_reached = np.concatenate([boxes[..., :2] <= 1, boxes[..., 2:] >= tile_size - 1], axis=-1)
    return ~(is_inner[:, None] & is_reached).any(axis=-1)


@expects(boxes="N 4", scores="N", labels="int N", threshold="0 to 1")
def merge(boxes, scores, labels, threshold=0.5):
    """Which boxes of a whole picture stay where several tiles saw one thing: int64 (K,), by score.

    boxes: (N, 4), xyxy in the picture's pixels; scores: (N,), at least 0; labels: (N,). Of boxes
    with one label and an IoU above `threshold` the best stays, of equal scores the first
    (`boxes.class_nms`, for any number of boxes). Raises ValueError for NaN and infinity.
    """
    import cv2

    boxes, scores = np.asarray(boxes, "float64"), np.asarray(scores, "float64")
    if not (np.isfinite(boxes).all() and np.isfinite(scores).all()):
        raise ValueError("boxes and scores must be finite")
    corners = boxes[:, :2] - boxes.min(initial=0)  # OpenCV mixes up the labels left of 0
    xywh = np.concatenate([corners, boxes[:, 2:] - boxes[:, :2]], axis=1)
    given = xywh.tolist(), scores.tolist(), np.asarray(labels).tolist()
    return np.array(cv2.dnn.NMSBoxesBatched(*given, -1, threshold), "int64")
