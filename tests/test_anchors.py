from course_utils import anchors
import numpy as np


def test_cell_centers_go_row_by_row_and_lie_in_the_middle():
    centers = anchors.cell_centers(2, 3, stride=8)
    assert centers.dtype == np.float32
    np.testing.assert_array_equal(centers, [[4, 4], [12, 4], [20, 4], [4, 12], [12, 12], [20, 12]])


def test_cell_shares_are_those_of_bilinear_interpolation():
    xyxy = np.array([[3, 3, 5, 5], [6, 2, 10, 6], [4, 8, 10, 12], [0, 0, 1, 1]], "float32")
    shares = anchors.cell_shares(xyxy, 2, 3, stride=8)
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares[0], [1, 0, 0, 0, 0, 0])  # on the centre of a cell
    np.testing.assert_allclose(shares[1], [0.5, 0.5, 0, 0, 0, 0])  # half way between two
    np.testing.assert_allclose(shares[2], np.array([10, 6, 0, 30, 18, 0]) / 64, rtol=1e-6)
    np.testing.assert_allclose(shares[3], [1, 0, 0, 0, 0, 0])  # in the corner: still sums to 1
    centers = anchors.cell_centers(2, 3, stride=8)
    np.testing.assert_allclose(shares[:3] @ centers, (xyxy[:3, :2] + xyxy[:3, 2:]) / 2)
