from course_utils import tiles
from course_utils.boxes import pairwise_iou
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from conftest import some_boxes

SIDES = st.integers(1, 300)


@st.composite
def cuts(draw):
    """Height and width of a picture, side of a tile, overlap."""
    tile_size = draw(st.integers(1, 100))
    return draw(SIDES), draw(SIDES), tile_size, draw(st.integers(0, tile_size - 1))


@given(cuts())
def test_tiles_cover_every_pixel_and_lie_in_the_picture(cut):
    height, width, tile_size, overlap = cut
    seen = np.zeros((height, width), bool)
    corners = tiles.corners(*cut)
    assert corners.dtype == np.int64 and len(np.unique(corners, axis=0)) == len(corners)
    for x, y in corners:
        assert 0 <= x <= max(0, width - tile_size) and 0 <= y <= max(0, height - tile_size)
        seen[y : y + tile_size, x : x + tile_size] = True
    assert seen.all()


@given(cuts(), st.data())
def test_what_is_no_larger_than_the_overlap_lies_whole_in_a_tile(cut, data):
    height, width, tile_size, overlap = cut
    spans = []
    for side in (width, height):
        length = data.draw(st.integers(0, min(side, overlap)))
        start = data.draw(st.integers(0, side - length))
        spans.append((start, start + length))
    start, end = np.transpose(spans)
    corners = tiles.corners(*cut)
    assert ((corners <= start) & (end <= corners + tile_size)).all(axis=1).any()


def test_corners_by_hand():
    np.testing.assert_array_equal(
        tiles.corners(10, 25, 10, 2), [[0, 0], [8, 0], [15, 0]]
    )  # the last ends at 25
    np.testing.assert_array_equal(tiles.corners(9, 5, 10, 2), [[0, 0]])
    np.testing.assert_array_equal(tiles.corners(18, 10, 10, 2), [[0, 0], [0, 8]])
    with pytest.raises(ValueError, match="overlap must be below tile_size, 10, got 10"):
        tiles.corners(9, 5, 10, 10)


def test_whole_is_what_reaches_no_inner_edge():
    boxes = [[0, 0, 4, 4], [2, 2, 8, 8], [2, 2, 9, 4], [2, 1, 4, 4], [3, 3, 4, 10]]
    at_left, in_the_middle, alone = (0, 0), (8, 8), (0, 0)
    whole = tiles.is_whole([boxes, boxes], [at_left, in_the_middle], 10, 30, 30)
    np.testing.assert_array_equal(whole, [[1, 1, 0, 1, 0], [0, 1, 0, 0, 0]])
    assert tiles.is_whole([boxes], [alone], 10, 10, 10).all()
    assert tiles.is_whole([boxes], [(20, 20)], 10, 30, 30).tolist() == [[0, 1, 1, 0, 1]]


def test_merge_by_hand():
    boxes = [[0, 0, 10, 10], [0, 0, 10, 9], [0, 0, 10, 9], [0, 0, 10, 5], [50, 0, 60, 10]]
    labels = [1, 1, 2, 1, 1]
    scores = [0.8, 0.9, 0.7, 0.9, 0.1]
    assert tiles.merge(boxes, scores, labels).tolist() == [1, 2, 4]  # 3 has an IoU of 5 / 9
    assert tiles.merge(boxes, scores, labels, 0.6).tolist() == [1, 3, 2, 4]
    assert tiles.merge(boxes[:2], [0.5, 0.5], [3, 3]).tolist() == [0]  # of equal scores the first
    assert tiles.merge(np.zeros((0, 4)), [], np.zeros(0, int)).tolist() == []


@given(some_boxes(most=12), st.data())
def test_merge_keeps_the_best_of_each_group(boxes, data):
    n = len(boxes)
    scores = data.draw(st.lists(st.floats(0, 1, width=32), min_size=n, max_size=n))
    labels = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    scores, labels = np.array(scores), np.array(labels)
    best = tiles.merge(boxes, scores, labels, 0.5)
    assert (np.diff(scores[best]) <= 0).all() and len(set(best)) == len(best)
    hit = (pairwise_iou(boxes, boxes) > 0.5) & (labels[:, None] == labels)
    assert hit[np.ix_(best, best)].sum() == len(best)  # no two of them; each meets itself
    for i in set(range(n)) - set(best):
        assert (hit[i, best] & (scores[best] >= scores[i])).any()


def test_merge_left_of_zero():
    assert tiles.merge([[-6, -6, 0, 0]] * 2, [0.5, 0.5], [0, 1]).tolist() == [0, 1]


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_merge_refuses_what_is_not_finite(wrong):
    with pytest.raises(ValueError, match="boxes and scores must be finite"):
        tiles.merge([[0, 0, wrong, 4]], [0.5], [1])
    with pytest.raises(ValueError, match="boxes and scores must be finite"):
        tiles.merge([[0, 0, 4, 4]], [wrong], [1])
