"""References of exercises give what the course's own functions give, on random inputs."""

from course_utils import anchors, boxes, exercises, heatmaps, layers, losses, metrics, roi
from course_utils.examine import defined
import numpy as np
import pytest
from scipy.signal import correlate2d

from conftest import ROOT


def random_boxes(rng, n, size=60):
    corner = rng.uniform(0, size, (n, 2))
    return np.concatenate([corner, corner + rng.uniform(2, size / 2, (n, 2))], axis=1)


def argmax_xy(space, rng):
    maps = rng.integers(0, 5, (6, 4, 7))  # with ties
    yield space["argmax_xy"](maps), heatmaps.extract_coords_from_heatmap(maps)


def soft_argmax(space, rng):
    logits = rng.normal(0, 30, (5, 6, 9)).astype("float32")
    layer = np.array(layers.SoftArgmax()(logits[..., None]))[:, 0]
    yield space["soft_argmax"](logits), layer


def gaussian_heatmap(space, rng):
    given = 12, rng.uniform(0, 11, 2), rng.uniform(0.5, 4)
    yield space["gaussian_heatmap"](*given), heatmaps.gaussian_heatmap(*given)


def matched_scores(space, rng):
    image, template = rng.normal(size=(6, 6)), rng.normal(size=(3, 5))
    yield space["matched_scores"](image, template), correlate2d(image, template, mode="same")


def posterior(space, rng):
    templates = rng.uniform(20, 60, (8, 6, 6))
    image = templates[3] + rng.normal(0, 3, (6, 6))  # nothing falls below zero: no clipping
    log = heatmaps.log_posterior(image[None], templates, 3.0, 0.0)[0]
    yield space["posterior"](image, templates, 3.0), np.exp(log)


def iou(space, rng):
    for a, b in zip(random_boxes(rng, 20), random_boxes(rng, 20), strict=True):
        yield space["iou"](a, b), boxes.iou(a, b)


def mean_iou(space, rng):
    box, others = random_boxes(rng, 1), random_boxes(rng, 20)
    yield space["mean_iou"](box[0], others), boxes.pairwise_iou(box, others).mean()


def cell_shares(space, rng):
    for box in random_boxes(rng, 20, 30):
        yield space["cell_shares"](box, 6, 7, 8), anchors.cell_shares([box], 6, 7, 8).reshape(6, 7)


def giou(space, rng):
    a, b = random_boxes(rng, 30), random_boxes(rng, 30)
    yield space["giou"](a, b), 1 - np.array(losses.giou_loss(a, b))


def keep_best(space, rng):
    many, scores = random_boxes(rng, 40, 25), rng.permutation(np.arange(1, 41)) / 40
    found, left = (np.array(out)[0] for out in boxes.nms(many[None], scores[None], 0.3, 40))
    yield many[space["keep_best"](many, scores, 0.3)], found[left > 0]
    yield space["iou_with"](many[0], many), boxes.pairwise_iou(many[:1], many)[0]


def average_precision(space, rng):
    # One image: thirteen true boxes apart from each other, and detections that meet one or none.
    true = 40.0 * np.arange(13)[:, None] + [0, 0, 20, 20]
    target = rng.permutation(26)[:17]  # each once; from 13 on, none
    found = 40.0 * target[:, None] + [0, 0, 20, 20] + 1000 * (target[:, None] >= 13)
    scores = rng.permutation(17) / 17
    zeros = np.zeros((1, 17), int)
    ap = metrics.coco_metrics(true[None], zeros[:, :13], found[None], scores[None], zeros)["ap50"]
    yield space["average_precision"](scores, target < 13, 13), ap


def deltas(space, rng):
    some, of = random_boxes(rng, 20), random_boxes(rng, 20)
    encoded = space["encode"](some, of)
    yield encoded, np.array(anchors.encode(some, of)) * anchors.VARIANCES
    yield space["decode"](encoded, of), np.array(anchors.decode(encoded / anchors.VARIANCES, of))


def match_anchors(space, rng):
    some, of = random_boxes(rng, 5), random_boxes(rng, 50)
    some[3] = some[0]  # of equals, the first
    labels = np.array([0, -1, 0, 0, -1])
    wanted = np.array(anchors.match(some[None], labels[None], of))[0]
    yield space["match_anchors"](boxes.pairwise_iou(some, of), labels >= 0), wanted


def oracle(space, rng):
    a, b = random_boxes(rng, 9), random_boxes(rng, 7)
    yield space["iou_of_all"](a, b), boxes.pairwise_iou(a, b)


def roi_align(space, rng):
    values = rng.normal(size=(6, 9)).astype("float32")
    for box in random_boxes(rng, 10, 50):
        given = [values[None, ..., None]], box[None, None], np.zeros((1, 1), int), [8], 5
        yield space["roi_align"](values, box, 8, 5), np.array(roi.roi_align(*given))[0, 0, ..., 0]


def cramer_rao(space, rng):
    sigma, height = rng.uniform(0.1, 5, 2)
    yield space["cramer_rao"](sigma, height, 2.5, 61), sigma / height * np.sqrt(2 / np.pi)


AGREE = {
    "01.1": argmax_xy,
    "01.3": soft_argmax,
    "02.1": gaussian_heatmap,
    "03.1": iou,
    "03.3": mean_iou,
    "04.2": cell_shares,
    "05.3": giou,
    "06.2": keep_best,
    "06.3": average_precision,
    "07.1": deltas,
    "07.2": match_anchors,
    "08.1": oracle,
    "08.3": roi_align,
    "A.1": cramer_rao,
    "A.2": matched_scores,
    "A.3": posterior,
}


@pytest.mark.parametrize("name", AGREE)
def test_a_reference_does_what_the_course_does(name):
    (path,) = (ROOT / "exercises").glob(f"{name.replace('.', '_')}_*.py")
    space = defined(path.read_text(encoding="utf-8"))
    assert exercises.load(name).functions
    pairs = 0
    for seed in range(5):
        for ours, wanted in AGREE[name](space, np.random.default_rng(seed)):
            assert np.shape(ours) == np.shape(wanted)
            np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=1e-4)
            pairs += 1
    assert pairs >= 5
