"""The scenes of the final projects: seeds, boxes, digits that are kept apart."""

from course_utils import projects
from course_utils.digits import Digits, load_digits
import numpy as np
import pytest

BOTH = pytest.mark.parametrize("project", [1, 2])


def blocks(n, ink=255):
    """Digits (n, 28, 28) that are full rectangles of several sizes."""
    x = np.zeros((n, 28, 28), "uint8")
    for i, image in enumerate(x):
        image[4:24, 6 + i % 4 : 20 - i % 3] = ink
    return x


@BOTH
def test_a_seed_makes_the_same_scenes_and_another_seed_others(project):
    digits = load_digits()
    first, again, other = (
        projects.scenes(project, digits, 20, "train", np.random.default_rng(seed))
        for seed in (3, 3, 4)
    )
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, same)
    assert (first[0] != other[0]).any() and (first[1] != other[1]).any()


@BOTH
def test_shapes_types_and_ranges(project):
    digits, rng = load_digits(), np.random.default_rng(0)
    images, boxes, labels = projects.scenes(project, digits, 200, "train", rng)
    height, width = projects.PROJECTS[project].image_size
    assert (images.dtype, boxes.dtype, labels.dtype) == ("uint8", "float32", "int64")
    assert images.shape == (200, height, width, 1)
    assert boxes.min() >= 0 and (boxes <= [width, height, width, height]).all()
    sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    assert sides.min() >= 12 and sides.max() <= {1: 40, 2: 60}[project]
    assert set(labels) <= set(range(projects.PROJECTS[project].labels))
    assert len(set(labels)) > {1: 9, 2: 75}[project]
    nothing = projects.scenes(project, digits, 0, "train", rng)
    assert [len(part) for part in nothing] == [0, 0, 0]


@BOTH
def test_the_box_is_tight(project):
    """Along each of its edges ink stands against what is behind it; in no row or column beyond."""
    x, y, rng = blocks(12), np.arange(12) % 10, np.random.default_rng(1)
    for _ in range(100):
        image, box, _ = projects.MAKERS[project](x, y, rng)
        x1, y1, x2, y2 = box.astype(int)
        inside = image[y1:y2, x1:x2]
        before = image[y1:y2, x1 - 1] if x1 else None
        after = image[y1:y2, x2] if x2 < image.shape[1] else None
        above = image[y1 - 1, x1:x2] if y1 else None
        below = image[y2, x1:x2] if y2 < image.shape[0] else None
        edges = (inside[:, 0], inside[:, -1], inside[0], inside[-1])
        for edge, beyond in zip(edges, (before, after, above, below), strict=True):
            if beyond is not None:
                assert np.abs(edge - beyond).max() > 25  # the ramp alone: below 2
        if project == 1:
            assert np.ptp(inside) < 1e-9  # all of it is ink


@BOTH
def test_no_digit_is_in_two_parts(project):
    x, y = blocks(30), np.repeat([1, 2], [25, 5])
    digits = Digits(x, y, x, np.full(30, 3), "sklearn")
    for part, digit in (("train", 1), ("validation", 2), ("test", 3)):
        *_, labels = projects.scenes(project, digits, 50, part, np.random.default_rng(0))
        assert set(labels) == {digit if project == 1 else 11 * digit}, part


def test_what_lies_beside_a_number_is_clear_of_it():
    rng, placed = np.random.default_rng(0), [(10, 10, 40, 30)]
    found = [projects._clear_place((10, 12), (64, 96), placed, rng) for _ in range(200)]
    for x1, y1, x2, y2 in found:
        assert x2 <= 2 or x1 >= 48 or y2 <= 2 or y1 >= 38
        assert x1 >= 0 and x2 <= 96 and y1 >= 0 and y2 <= 64 and (x2 - x1, y2 - y1) == (12, 10)
    assert projects._clear_place((40, 80), (64, 96), placed, rng) is None


def test_grey_levels_of_a_checkerboard_scene_are_apart():
    x, y, rng = blocks(4), np.arange(4), np.random.default_rng(2)
    order = set()
    for _ in range(50):
        image, box, _ = projects.checkerboard_scene(x, y, rng)
        greys = np.unique(image.round(6))
        assert len(greys) == 3 and np.diff(greys).min() > projects.APART - 1e-3
        order.add(int(np.searchsorted(greys, image[int(box[1]), int(box[0])] - 1e-3)))
    assert order == {0, 1, 2}  # the digit is the darkest, in between, the lightest


@pytest.mark.parametrize(
    ("project", "part", "says"),
    [
        (3, "train", "project must be 1 or 2, got 3"),
        (True, "train", "project must be 1 or 2, got True"),
        (1, "all", "part must be one of train, validation, test, got 'all'"),
    ],
)
def test_another_project_or_part_is_refused(project, part, says):
    digits = Digits(blocks(12), np.arange(12) % 10, blocks(12), np.arange(12) % 10, "sklearn")
    with pytest.raises(ValueError, match=says):
        projects.scenes(project, digits, 1, part, np.random.default_rng(0))


def test_the_reader_reads_light_and_dark_digits_of_any_size():
    digits = load_digits()
    read = projects.mean_reader(digits.x_train[:1000], digits.y_train[:1000])
    pictures = [projects._ink(picture, 30) for picture in digits.x_test[:200]]
    said, how = zip(*map(read, pictures), strict=True)
    assert np.mean(np.equal(said, digits.y_test[:200])) > 0.6
    assert min(how) > 0 and max(how) <= 1
    dark = [read(255 - picture)[0] for picture in pictures]
    assert np.mean(np.equal(dark, said)) > 0.95
