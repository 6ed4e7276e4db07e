"""Much at once: 10,000 boxes through all functions of boxes and anchors."""

import json
import subprocess
import sys

from course_utils import anchors, boxes, losses
import pytest
from test_input import NAME

BOXES = 10_000
PAIR = 70  # bytes, as the docstring of `boxes` says

CALLS = """
import json, resource, sys
import keras
import numpy as np
from course_utils import anchors, boxes, losses

n = int(sys.argv[1])
rng = np.random.default_rng(0)
xy, sides = rng.uniform(0, 1000, (n, 2)), rng.uniform(1, 200, (n, 2))
one = np.concatenate([xy, xy + sides], axis=1).astype("float32")
two, score = one[::-1].copy(), rng.random(n, dtype="float32")
label, batch = np.zeros((1, n), int), {"boxes": one[None], "threshold": 0.5, "max_boxes": n}
calls = {
    "boxes.iou": lambda: boxes.iou(one, two),
    "boxes.tight_box": lambda: boxes.tight_box(np.eye(28, dtype="uint8")[None].repeat(n, 0)),
    "losses.mse_loss": lambda: losses.mse_loss(one, two),
    "losses.smooth_l1_loss": lambda: losses.smooth_l1_loss(one, two),
    "losses.iou_loss": lambda: losses.iou_loss(one, two),
    "losses.giou_loss": lambda: losses.giou_loss(one, two),
    "losses.diou_loss": lambda: losses.diou_loss(one, two),
    "losses.ciou_loss": lambda: losses.ciou_loss(one, two),
    "anchors.cell_centers": lambda: anchors.cell_centers(100, n // 100, 8),
    "anchors.anchor_grid": lambda: anchors.anchor_grid(800, (8,), ((32,),), (1,)),
    "anchors.encode": lambda: anchors.encode(one, two),
    "anchors.decode": lambda: anchors.decode(0 * one, two),
    "every box with every other": lambda: None,
    "anchors.cell_shares": lambda: anchors.cell_shares(one, 100, n // 100, 20),
    "boxes.pairwise_iou": lambda: boxes.pairwise_iou(one, two),
    "boxes.nms": lambda: boxes.nms(scores=score[None], **batch),
    "boxes.class_nms": lambda: boxes.class_nms(scores=score[None, :, None], **batch),
    "anchors.match": lambda: anchors.match(one[None], label, two),
    "anchors.rpn_loss": lambda: anchors.rpn_loss(
        one[None], label, score[None, :, None], 0 * one[None], two
    ),
    "anchors.propose": lambda: anchors.propose(
        score[None, :, None], 0 * one[None], two, 1000, n, n
    ),
}
keras.ops.sum(keras.ops.zeros(9))
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peaks = {}
for name, call in calls.items():
    call()
    peaks[name] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) * 1024
print(json.dumps(peaks))
"""


@pytest.mark.notebook
@pytest.mark.slow
def test_ten_thousand_boxes_within_the_memory_that_is_stated():
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", CALLS, str(BOXES)], capture_output=True, text=True, check=True
    )
    peaks = json.loads(done.stdout)  # so far, each with the ones before it
    pairs = list(peaks).index("every box with every other")
    names = set(peaks) - {"every box with every other"}
    assert names == {
        name
        for function, name in NAME.items()
        if function.__module__ in (boxes.__name__, losses.__name__, anchors.__name__)
    } - {"boxes.mser_boxes", "boxes.crops"}  # of pictures
    peaks = list(peaks.values())
    assert peaks[pairs] < 100e6
    assert max(peaks) < PAIR * BOXES**2
