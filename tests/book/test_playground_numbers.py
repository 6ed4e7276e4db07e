"""The numbers of the playgrounds are those of Python: values to 1e-9, slopes to 1e-6."""

import json
import re
import shutil
import subprocess

from course_utils import anchors, boxes, losses, metrics
import keras
import numpy as np
import pytest

from conftest import ROOT, gradients

FOLDER = ROOT / "book" / "playgrounds"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(not NODE, reason="Node.js is not here: it runs the pages' formulas")
LOSSES = {
    "MSE": losses.mse_loss,
    "smooth L1": losses.smooth_l1_loss,
    "IoU": losses.iou_loss,
    "GIoU": losses.giou_loss,
    "DIoU": losses.diou_loss,
    "CIoU": losses.ciou_loss,
}


@pytest.fixture
def float64(monkeypatch):
    """Boxes and losses in the precision of JavaScript."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("JAX computes in float32: too coarse to compare nine digits")

    def as_tensors(*arrays):
        return [keras.ops.convert_to_tensor(array, "float64") for array in arrays]

    monkeypatch.setattr(boxes, "as_tensors", as_tensors)
    monkeypatch.setattr(losses, "as_tensors", as_tensors)


def in_node(name, expression, cases):
    """What `expression` gives for each case `c`, by the formulas of a page: its first script."""
    page = (FOLDER / f"{name}.html").read_text(encoding="utf-8")
    formulas = re.search(r"<script>\n(.*?)</script>", page, re.DOTALL)[1]
    script = f"{formulas}\nconst P = {name}Play, cases = {json.dumps(cases)};\n"
    script += f"console.log(JSON.stringify(cases.map((c) => {expression})));"
    run = [NODE, "-"]
    done = subprocess.run(run, input=script, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def random_boxes(rng, n, size=100.0):
    corner = rng.uniform(0, 0.7 * size, (n, 2))
    return np.concatenate([corner, corner + rng.uniform(2, 0.6 * size, (n, 2))], axis=1)


@needs_node
def test_six_losses_and_their_slopes(float64):
    rng = np.random.default_rng(0)
    true, pred = random_boxes(rng, 80), random_boxes(rng, 80)
    pred[:20] = true[:20] + rng.uniform(-3, 3, (20, 4))  # close
    true[20:30], pred[20:30] = true[20:30] + 200, pred[20:30] * 0.3  # far apart
    cases = np.stack([true, pred], axis=1).tolist()
    for name, loss in LOSSES.items():
        answers = in_node(
            "boxes", f"[P.loss('{name}', ...c), ...P.gradient('{name}', ...c)]", cases
        )
        value, *slopes = np.array(answers).T
        expected = keras.ops.convert_to_numpy(loss(true, pred))
        np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-9)
        slope = gradients(loss, true, pred)[1]
        np.testing.assert_allclose(np.transpose(slopes), slope, rtol=1e-6, atol=1e-9)


@needs_node
def test_descent_follows_the_slope_and_arrives():
    apart = [[24, 20, 64, 60], [84, 56, 124, 88]]
    path = in_node("boxes", "P.descend(c, [24, 20, 64, 60], [84, 56, 124, 88], 300, 1)", [*LOSSES])
    end = {
        name: boxes.iou(apart[0], of_loss[-1]) for name, of_loss in zip(LOSSES, path, strict=True)
    }
    assert end.pop("IoU") == 0
    assert min(end.values()) > 0.99
    (slope,) = in_node("boxes", "P.gradient('GIoU', ...c)", [apart])
    step = np.subtract(path[3][1], path[3][0])
    np.testing.assert_allclose(step, -200 * np.array(slope), rtol=1e-9)


@needs_node
def test_suppression_precision_and_recall(float64):
    rng = np.random.default_rng(1)
    cases, expected = [], []
    for _ in range(80):
        n, m = rng.integers(1, 13), rng.integers(1, 5)
        truth, found = random_boxes(rng, m), random_boxes(rng, n)
        near = rng.integers(m, size=n)
        close = truth[near] + rng.uniform(-8, 8, (n, 4))
        found = np.where(rng.random((n, 1)) < 0.7, close, found)
        found[:, 2:] = np.maximum(found[:, 2:], found[:, :2] + 1)
        scores = rng.integers(1, 40, n) / 40  # some are equal
        threshold, least = rng.random(), rng.integers(0, 20) / 40
        cases.append([truth.tolist(), found.tolist(), scores.tolist(), threshold, least])
        expected.append(suppressed(truth, found, scores, threshold, least))
    answers = in_node("nms", "P.evaluate(...c)", cases)
    assert any(answer["precision"] not in (None, 0, 1) for answer in answers)
    for answer, (stay, precision, recall) in zip(answers, expected, strict=True):
        assert answer["stay"] == stay
        assert answer["recall"] == pytest.approx(recall, abs=1e-9)
        assert (answer["precision"] or 0) == pytest.approx(precision, abs=1e-9)


def suppressed(truth, found, scores, threshold, least):
    """Which boxes stay, precision and recall, by course_utils."""
    asked = np.where(scores >= least, scores, 0)
    order = np.argsort(-asked, kind="stable")
    ranked, left = boxes.nms(found[None], asked[None], threshold, len(found))
    ranked, left = (keras.ops.convert_to_numpy(part) for part in (ranked, left))
    stay = np.zeros(len(found), bool)
    stay[order] = left[0] > 0
    label = np.where(left > 0, 0, -1)
    kinds, missed = metrics.error_kinds(
        truth[None], np.zeros((1, len(truth)), int), ranked, left, label
    )
    right = (kinds == 0).sum()
    return stay.tolist(), right / max(stay.sum(), 1), 1 - missed.mean()


def random_anchors(rng):
    return [
        {"side": rng.uniform(6, 70), "ratio": rng.uniform(0.3, 3), "stride": int(2**power)}
        for power in rng.integers(2, 6, rng.integers(1, 5))
    ]


def grid_of(entries):
    grids = [
        anchors.anchor_grid(96, (e["stride"],), ((e["side"],),), (e["ratio"],)) for e in entries
    ]
    return np.concatenate(grids)


@needs_node
def test_the_best_anchor_of_each_digit():
    rng = np.random.default_rng(2)
    (digits,) = in_node("anchors", "P.DIGITS", [0])
    digits = np.array(digits)[:, :4]
    cases = [[random_anchors(rng), rng.uniform(0.3, 0.8), 0] for _ in range(60)]
    for case in cases:
        case[2] = digits[rng.choice(len(digits), 30, replace=False)].tolist()
    answers = in_node("anchors", "[P.count(c[0]), P.evaluate(...c)]", cases)
    missed = 0
    for (entries, threshold, some), (count, found) in zip(cases, answers, strict=True):
        grid = grid_of(entries)
        assert count == len(grid)
        best = boxes.pairwise_iou(some, grid).max(axis=1)
        np.testing.assert_allclose([one["iou"] for one in found], best, atol=1e-9)
        said = np.array([one["box"] for one in found])
        np.testing.assert_allclose(boxes.iou(some, said), best, atol=1e-9)
        assert [one["why"] == "" for one in found] == (best >= threshold).tolist()
        missed += (best < threshold).sum()
    assert 0 < missed < 60 * 30


@needs_node
def test_why_a_digit_is_missed():
    rng = np.random.default_rng(3)
    cases = []
    for _ in range(100):
        digit = [0, 0, *rng.uniform(4, 60, 2)]
        cases.append([digit, random_anchors(rng), rng.uniform(0.4, 0.8)])
    scales = np.geomspace(0.02, 50, 4000)
    seen = in_node("anchors", "P.why(...c)", cases)
    assert set(seen) == {"stride", "size", "shape"}
    for (digit, entries, threshold), why in zip(cases, seen, strict=True):
        root = np.sqrt([e["ratio"] for e in entries])
        sides = np.stack([1 / root, root], axis=1) * [[e["side"]] for e in entries]
        as_it_is = centred_iou(digit[2:], sides).max()
        at_best = centred_iou(digit[2:], sides * scales[:, None, None]).max()
        expected = "stride" if as_it_is >= threshold else "size"
        assert why == (expected if at_best >= threshold else "shape")


def centred_iou(shape, sides):
    """IoU of boxes of these widths and heights (..., 2) around one centre."""
    half = np.asarray(sides) / 2
    shape = np.asarray(shape) / 2
    return boxes.iou(np.concatenate([-shape, shape]), np.concatenate([-half, half], axis=-1))


@needs_node
def test_average_precision():
    rng = np.random.default_rng(7)
    cases = []
    for _ in range(80):
        m, n = rng.integers(1, 8), rng.integers(1, 13)
        truth = np.rint(random_boxes(rng, m))
        close = truth[rng.integers(m, size=n)] + rng.integers(-5, 6, (n, 4))
        other = np.rint(random_boxes(rng, n))
        ranked = np.where(rng.random((n, 1)) < 0.7, close, other)
        ranked[:, 2:] = np.maximum(ranked[:, 2:], ranked[:, :2] + 1)
        cases.append([truth.tolist(), ranked.tolist()])
    answers = in_node(
        "precision",
        "[P.evaluate(...c, 0.5).ap, P.evaluate(...c, P.THRESHOLDS[5]).ap, P.meanAP(...c)]",
        cases,
    )
    for (truth, ranked), answer in zip(cases, answers, strict=True):
        none, scores = np.zeros((1, len(ranked)), int), np.linspace(0.9, 0.1, len(ranked))
        result = metrics.coco_metrics(
            [truth], np.zeros((1, len(truth)), int), [ranked], scores[None], none
        )
        assert answer == pytest.approx([result[key] for key in ("ap50", "ap75", "ap")], abs=1e-9)
    assert 0.1 < np.mean(answers) < 0.9
