from course_utils import anchors
import numpy as np


def test_cell_centers_go_row_by_row_and_lie_in_the_middle():
    centers = anchors.cell_centers(2, 3, stride=8)
    assert centers.dtype == np.float32
    np.testing.assert_array_equal(centers, [[4, 4], [12, 4], [20, 4], [4, 12], [12, 12], [20, 12]])
