"""The suite itself: faults that one makes in such code, each put in, and the test that sees it.

Every row changes one piece of text in a copy of `course_utils`, and runs some of the tests on the
copy: one of them must fail.
"""

import os
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT

# What goes wrong: module, text as it is, text as it would be wrong, tests that must see it.
MUTATIONS = {
    "x and y swapped in IoU": (
        "boxes",
        "np.maximum(boxes1[..., :2], boxes2[..., :2])",
        "np.maximum(boxes1[..., :2], boxes2[..., 1::-1])",
        "test_boxes.py::test_pairwise_equals_keras",
    ),
    "union that counts the intersection twice": (
        "boxes",
        "union = area1 + area2 - intersection",
        "union = area1 + area2",
        "test_boxes.py::test_known_iou",
    ),
    "last bright pixel left out of a tight box": (
        "boxes",
        "x2 = width - columns",
        "x2 = width - 1 - columns",
        "test_boxes.py::test_tight_box_finds_a_filled_rectangle",
    ),
    "wrong sign in GIoU": (
        "boxes",
        "+ _ratio(area_around - union, area_around)",
        "- _ratio(area_around - union, area_around)",
        "test_boxes.py::test_known_box_losses",
    ),
    "distance of DIoU in pixels, not in diagonals": (
        "boxes",
        "_ratio(ops.sum(apart**2, axis=-1), diagonal2)",
        "ops.sum(apart**2, axis=-1)",
        "test_boxes.py::test_known_box_losses",
    ),
    "gradient through CIoU's weight": (
        "boxes",
        "ops.stop_gradient(_ratio(aspect, iou_loss(true, pred) + aspect))",
        "_ratio(aspect, iou_loss(true, pred) + aspect)",
        "test_boxes.py::test_the_weight_of_ciou_passes_no_gradient",
    ),
    "suppression also at the threshold": (
        "boxes",
        "_ratio(intersection, union) > threshold",
        "_ratio(intersection, union) >= threshold",
        "test_boxes.py::test_nms_at_the_threshold_ties_and_padding",
    ),
    "a suppressed box that still suppresses": (
        "boxes",
        "stays * (1 - stays[:, i, None] * over[:, i])",
        "stays * (1 - over[:, i])",
        "test_boxes.py::test_nms_a_suppressed_box_suppresses_nothing",
    ),
    "classes that suppress each other": (
        "boxes",
        "nms(xyxy + apart, scores, threshold, most)",
        "nms(xyxy, scores, threshold, most)",
        "test_boxes.py::test_class_nms_by_hand",
    ),
    "anchors off by one cell": (
        "anchors",
        "np.stack([x.ravel(), y.ravel()], axis=1) + 0.5",
        "np.stack([x.ravel(), y.ravel()], axis=1) + 1.5",
        "test_anchors.py::test_anchors_stand_around_the_centers_of_the_cells",
    ),
    "anchors without the last, partial row": (
        "anchors",
        "cell_centers(-(-size // stride), -(-size // stride), stride)",
        "cell_centers(size // stride, size // stride, stride)",
        "test_anchors.py::test_anchors_of_a_size_that_the_stride_does_not_divide",
    ),
    "positive only above the bound": (
        "anchors",
        "most >= positive",
        "most > positive",
        "test_anchors.py::test_match_by_hand",
    ),
    "background also at the bound": (
        "anchors",
        "most < negative",
        "most <= negative",
        "test_anchors.py::test_match_by_hand",
    ),
    "deltas without their scales": (
        "anchors",
        "deltas = deltas * VARIANCES",
        "deltas = deltas * 1.0",
        "test_anchors.py::test_deltas_there_and_back",
    ),
    "half a pixel dropped in ROIAlign": (
        "layers",
        "* shares) / stride - 0.5",
        "* shares) / stride",
        "test_layers.py::test_roi_align_of_a_ramp_is_exact",
    ),
    "row and column swapped on reading a heatmap": (
        "heatmaps",
        "np.stack([flat % width, flat // width], axis=-1)",
        "np.stack([flat // width, flat % width], axis=-1)",
        "test_heatmaps.py::test_argmax_reads_x_before_y_and_ties_go_to_the_first",
    ),
    "quarter of a pixel away from the neighbour": (
        "heatmaps",
        "place + 0.25 * np.sign(after - before)",
        "place - 0.25 * np.sign(after - before)",
        "test_heatmaps.py::test_quarter_offset_goes_towards_the_higher_neighbour",
    ),
    "clutter forgotten in the posterior": (
        "heatmaps",
        "(1 - clutter) * plain + clutter * cluttered",
        "plain",
        "test_heatmaps.py::test_the_likelihood_adds_up_to_one",
    ),
    "white pixel at row x, column y": (
        "data",
        "images[np.arange(len(xy)), xy[:, 1], xy[:, 0]] = 1",
        "images[np.arange(len(xy)), xy[:, 0], xy[:, 1]] = 1",
        "test_data.py::test_pixel_is_at_column_x_and_row_y",
    ),
    "photographs of training that leak into the test": (
        "scenes",
        "[p[:, 400:] for p in pictures]",
        "[p[:, 200:] for p in pictures]",
        "test_scenes.py::test_training_and_testing_share_no_piece_of_a_photograph",
    ),
    "digits of training that leak into the test": (
        "digits",
        "x[split:], y[split:]",
        "x[split - 50 :], y[split - 50 :]",
        "test_digits.py::test_bundled_digits_when_there_is_no_mnist",
    ),
    "sizes by area, not by the longer side": (
        "metrics",
        '"area": max(width, height) ** 2',
        '"area": width * height',
        "test_metrics.py::test_coco_ignores_padding_and_bins_by_the_longer_side",
    ),
    "a detection that may be right twice": (
        "metrics",
        "kinds[i, j], missed[i, free.argmax()] = 0, False",
        "kinds[i, j] = 0",
        "test_metrics.py::test_error_kinds_by_hand",
    ),
    "a claim that fails at its bound": (
        "lesson",
        'value <= bound if sense == "at_most"',
        'value < bound if sense == "at_most"',
        "test_lesson.py",
    ),
    "a claim that fails and goes on": (
        "lesson",
        'if not passed and not _state["quick"]:',
        'if not passed and _state["quick"]:',
        "test_lesson.py",
    ),
}

RUN = """
import sys, course_utils, pytest
assert course_utils.__file__.startswith(sys.argv[1]), course_utils.__file__
sys.exit(pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-m", "not notebook", sys.argv[2]]))
"""


@pytest.mark.notebook
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_fault_in_the_package_is_seen(name, tmp_path):
    module, right, wrong, tests = MUTATIONS[name]
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "course_utils", tmp_path / "course_utils", ignore=ignored)
    path = tmp_path / "course_utils" / f"{module}.py"
    text = path.read_text(encoding="utf-8")
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-P", "-c", RUN, str(tmp_path), f"tests/{tests}"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "1 failed" in done.stdout
