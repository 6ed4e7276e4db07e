"""Arguments of the wrong kind: refused by name, or with the result that the docstring states."""

import copy
import inspect
import re

from course_utils import (
    anchors,
    boxes,
    canvases,
    heatmaps,
    layers,
    losses,
    metrics,
    pixels,
    plots,
    roi,
    scenes,
    tiles,
)
from course_utils.checks import RANGES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
import keras
from matplotlib import pyplot as plt
import numpy as np
import pytest

BOXES = np.array([[0, 0, 8, 8], [4, 4, 12, 12], [1, 2, 5, 9]], "float32")
BATCH = np.stack([BOXES, BOXES + 3])  # (2, 3, 4)
LABELS = np.array([[1, 0, -1], [2, 1, 1]])
SCORES = np.array([[0.9, 0.5, 0.2], [0.8, 0.7, 0.1]], "float32")
ANCHORS = np.concatenate([BOXES, BOXES + 2])  # (6, 4)
LOGITS = np.linspace(-2, 2, 2 * 6 * 3, dtype="float32").reshape(2, 6, 3)
DELTAS = np.linspace(-1, 1, 2 * 6 * 4, dtype="float32").reshape(2, 6, 4)
HEATMAP = np.outer([1, 3, 2.0], [1, 2, 5, 4.0])[None] + 0.5
DIGITS = np.zeros((3, 28, 28), "uint8")
DIGITS[:, 6:20, 9:18] = 255
MAPS = [np.ones((2, 8, 8, 3), "float32"), np.ones((2, 4, 4, 3), "float32")]
PAIR = {"true_boxes": BATCH, "pred_boxes": BATCH + 1}
REGIONS = {"maps": MAPS, "boxes": BATCH, "level": LABELS.clip(0, 1), "strides": (4, 8)}
REGIONS |= {"output_size": 2}
DETECTIONS = {"true_boxes": BATCH, "true_labels": LABELS, "boxes": BATCH[:, :2]}
DETECTIONS |= {"scores": SCORES[:, :2], "labels": LABELS[:, :2].clip(0)}
PLACES = {"xy": np.array([[1, 2]]), "image_size": 5}
FROM_DIGITS = {"x": DIGITS, "y": np.arange(3), "n": 2, "rng": None}

# A good call of each function, by its arguments. Those that are left out have a default.
GOOD = {
    boxes.iou: {"boxes1": BOXES, "boxes2": BOXES + 1},
    boxes.pairwise_iou: {"boxes1": BOXES, "boxes2": BOXES[:2]},
    boxes.tight_box: {"images": DIGITS, "threshold": 9.0},
    boxes.mser_boxes: {
        "image": np.repeat(DIGITS[0, ..., None], 3, -1),
        "max_boxes": 4,
        "sides": (5, 20),
    },
    boxes.nms: {"boxes": BATCH, "scores": SCORES, "threshold": 0.5, "max_boxes": 3},
    boxes.class_nms: {
        "boxes": BATCH,
        "scores": np.stack([SCORES, SCORES[:, ::-1]], axis=2),
        "threshold": 0.5,
        "max_boxes": 4,
    },
    boxes.crops: {"pictures": DIGITS, "regions": BOXES[:1].repeat(3, 0), "side": 7},
    losses.mse_loss: PAIR,
    losses.smooth_l1_loss: PAIR | {"beta": 0.5},
    losses.iou_loss: PAIR,
    losses.giou_loss: PAIR,
    losses.diou_loss: PAIR,
    losses.ciou_loss: PAIR,
    anchors.cell_centers: {"rows": 2, "columns": 3, "stride": 8.0},
    anchors.cell_shares: {"boxes": BOXES, "rows": 2, "columns": 3, "stride": 8.0},
    anchors.anchor_grid: {
        "image_size": 16,
        "strides": (4, 8),
        "sides": ((4, 6), (9, 12)),
        "ratios": (1, 2.0),
    },
    anchors.match: {
        "true_boxes": BATCH,
        "labels": LABELS,
        "anchors": ANCHORS,
        "positive": 0.6,
        "negative": 0.3,
    },
    anchors.encode: {"boxes": BATCH, "anchors": BATCH + [[0, 0, 1, 1]]},
    anchors.decode: {"deltas": DELTAS, "anchors": ANCHORS},
    anchors.rpn_loss: {
        "true_boxes": BATCH,
        "labels": LABELS,
        "logits": LOGITS,
        "deltas": DELTAS,
        "anchors": ANCHORS,
    },
    anchors.propose: {
        "logits": LOGITS[..., :1],
        "deltas": DELTAS,
        "anchors": ANCHORS,
        "image_size": 16.0,
        "pre_nms_boxes": 5,
        "max_boxes": 2,
        "threshold": 0.6,
        "min_side": 1.0,
    },
    heatmaps.gaussian_heatmap: {"size": 8, "center": np.array([[2.5, 3]]), "sigma": 1.5},
    heatmaps.extract_coords_from_heatmap: {"hm": HEATMAP},
    heatmaps.log_posterior: {
        "images": np.full((2, 4, 4), 9.0),
        "templates": pixels.blurred_pixels(4),
        "noise": 5.0,
        "clutter": 0.1,
    },
    heatmaps.log_likelihood: {"value": 3.0, "level": 2.0, "noise": 5.0, "clutter": 0.1},
    pixels.pixel_images: PLACES,
    pixels.blurred_pixels: {"image_size": 5},
    pixels.noisy_pixels: PLACES | {"rng": None, "noise": 5.0, "clutter": 0.1},
    canvases.canvases: FROM_DIGITS
    | {"image_size": 60, "sides": (10, 20), "contrast": (0.5, 1), "noise": 3.0},
    canvases.scramble: {"x": DIGITS, "rng": None},
    canvases.labelled_digits: {"x": DIGITS, "y": np.arange(3)},
    scenes.scenes: FROM_DIGITS
    | {"pictures": [np.repeat(DIGITS[0, ..., None], 3, -1)], "image_size": 60, "count": (1, 2)}
    | {"sides": (12, 30), "clutter": (1, 2), "opacity": 0.5},
    metrics.compute_metrics: {"true": BOXES[:, :2], "pred": BOXES[:, 2:]},
    metrics.coco_metrics: DETECTIONS,
    metrics.is_found: {
        "boxes": BATCH,
        "scores": SCORES,
        "true_boxes": BATCH[:, :2],
        "threshold": 0.6,
        "max_boxes": 2,
    },
    metrics.error_kinds: DETECTIONS | {"threshold": 0.4},
    metrics.reliability: {"said": SCORES[0], "is_right": SCORES[0] > 0.5},
    roi.roi_align: REGIONS | {"samples": 2},
    roi.roi_pool: REGIONS,
    roi.roi_level: {"boxes": BATCH, "levels": 3, "finest": 30.0},
    layers.backbone: {"image": keras.Input((32, 32, 3)), "depth": 2, "width": 4},
    layers.feature_pyramid: {"maps": MAPS, "channels": 4},
    layers.rpn_head: {
        "pyramid": MAPS,
        "anchors_per_cell": 2,
        "classes": 2,
        "numbers": 3,
        "depth": 2,
    },
    tiles.corners: {"height": 30, "width": 20, "tile_size": 12, "overlap": 4},
    tiles.is_whole: {
        "boxes": BATCH,
        "corners": np.array([[0, 0], [8, 8]]),
        "tile_size": 12,
        "height": 30,
        "width": 20,
    },
    tiles.merge: {"boxes": BOXES, "scores": SCORES[0], "labels": LABELS[0], "threshold": 0.5},
    plots.image: {"picture": DIGITS[0], "title": "A"},
    plots.points: {"true": BOXES[:, :2], "pred": BOXES[:, 2:]},
    plots.boxes: {"boxes": BOXES},
    plots.detections: {"boxes": BOXES, "scores": SCORES[0], "labels": LABELS[0]},
    plots.error_map: {"errors": HEATMAP[0], "title": "A"},
    plots.histogram: {"values": HEATMAP, "xlabel": "a"},
}
NOT_CHECKED = {"pictures", "title", "xlabel", "image", "maps", "pyramid", "rng"}
NOT_CHECKED |= {"anchors.anchor_grid sides"}  # lists of any length
MAKES_LAYERS = {layers.backbone, layers.feature_pyramid, layers.rpn_head}
NAME = {function: f"{function.__module__.split('.')[1]}.{function.__name__}" for function in GOOD}


def call(function, arguments):
    """What a function returns for arguments, the parts as arrays."""
    if "rng" in arguments:
        arguments = arguments | {"rng": np.random.default_rng(0)}
    if function.__module__ == plots.__name__:
        with np.errstate(all="ignore"):
            function(plt.figure().gca(), **arguments)
        plt.close("all")
        return []
    with np.errstate(all="ignore"):
        out = function(**arguments)
    if isinstance(out, dict):
        return [np.array(list(out.values()))]
    parts = out if isinstance(out, tuple | list) else [out]
    return [p if isinstance(p, keras.KerasTensor) else np.array(p) for p in parts]


def wrong_ones(value):
    """Values of a wrong type, shape or range in the place of a good one, and their names."""
    ragged = {"ragged": [[1], [1, 2]]}
    if np.ndim(value) == 0:
        wrong = {"text": "a", "NaN": float("nan"), "infinity": float("inf"), "negative": -1}
        whole = {"a fraction": 1.5, "a truth": True} if isinstance(value, int) else {}
        return ragged | wrong | whole
    value = np.asarray(value)
    types = {"texts": value.astype(str), "complex": value.astype(complex)}
    return ragged | types | {"wide": np.repeat(value, 2, axis=-1)}


# What is allowed: an axis of any length, numbers below 0, a list for each level.
FINE = {
    "heatmaps.extract_coords_from_heatmap hm wide",
    "heatmaps.log_likelihood value negative",
    "heatmaps.log_likelihood level negative",
    "boxes.tight_box images wide",
    "boxes.class_nms scores wide",
    "anchors.rpn_loss logits wide",
    "anchors.anchor_grid ratios wide",
    "plots.image picture wide",
    "plots.error_map errors wide",
    "plots.histogram values wide",
}


def parts(value):
    return value if isinstance(value, list) else [value]


def test_all_functions_are_here():
    modules = (
        boxes,
        losses,
        anchors,
        heatmaps,
        pixels,
        canvases,
        scenes,
        metrics,
        layers,
        roi,
        tiles,
    )
    public = {
        f"{module.__name__.split('.')[1]}.{name}"
        for module in (*modules, plots)
        for name, one in vars(module).items()
        if inspect.isroutine(one) and one.__module__ == module.__name__ and name[0] != "_"
    }
    # Tried elsewhere: without arguments, of tensors alone, a figure, the History of a training.
    others = {"plots.use_style", "plots.show", "plots.curves", "plots.gallery"}
    others |= {"plots.ap_by_iou", "plots.seeds"}
    others |= {"scenes.photographs"}
    others |= {
        "canvases.plan_canvases",
        "canvases.draw_canvas",
    }  # all that they check is of `canvases`
    others |= {"scenes.scene_set", "boxes.suppress", "boxes.overlap", "boxes.ratio"}
    others |= {"boxes.padded"}  # of arrays of any length
    assert public - others - {"boxes.as_tensors"} == set(NAME.values())


@pytest.mark.parametrize("function", GOOD, ids=NAME.get)
def test_good_arguments_pass_and_stay_as_they_are(function):
    good = {k: v for k, v in GOOD[function].items() if not isinstance(v, keras.KerasTensor)}
    before = copy.deepcopy(good)
    assert call(function, GOOD[function]) is not None
    for name, value in before.items():
        for now, then in zip(parts(good[name]), parts(value), strict=True):
            np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("function", [f for f in GOOD if f not in MAKES_LAYERS], ids=NAME.get)
def test_lists_do_as_well(function):
    good, lists = GOOD[function], {}
    for name, value in good.items():
        is_list = isinstance(value, np.ndarray) and value.dtype != np.uint8 and name != "level"
        lists[name] = value.tolist() if is_list else value
    for of_lists, of_arrays in zip(call(function, lists), call(function, good), strict=True):
        np.testing.assert_allclose(of_lists, of_arrays, rtol=1e-6)


BYTES = {"boxes", "true_boxes", "pred_boxes", "boxes1", "boxes2", "anchors", "value", "level", "hm"}
BYTES |= {"true", "pred", "center", "templates"}


@pytest.mark.parametrize("function", [f for f in GOOD if GOOD[f].keys() & BYTES], ids=NAME.get)
def test_bytes_do_not_wrap_around(function):
    """Boxes far from the origin, as uint8: sums above 255 and differences below 0."""
    if function in (roi.roi_align, roi.roi_pool):
        names = {"boxes"}
    else:
        names = GOOD[function].keys() & BYTES
    far, stretched = 200, {"rows": 40, "columns": 40, "size": 250}
    floats = GOOD[function] | {k: v for k, v in stretched.items() if k in GOOD[function]}
    for name in names:
        shift = far if name in ("boxes", "true_boxes", "pred_boxes", "center", "value") else 0
        floats[name] = np.floor(np.float64(floats[name])) + shift
    as_bytes = floats | {name: np.uint8(floats[name]) for name in names}
    for of_bytes, of_floats in zip(call(function, as_bytes), call(function, floats), strict=True):
        np.testing.assert_array_equal(of_bytes, of_floats)


@pytest.mark.parametrize("function", GOOD, ids=NAME.get)
def test_wrong_arguments_are_refused_by_name(function):
    good = GOOD[function]
    checked = {n for n in good if not {n, f"{NAME[function]} {n}"} & NOT_CHECKED}
    for name in sorted(checked):
        for kind, wrong in wrong_ones(good[name]).items():
            case = f"{NAME[function]} {name} {kind}"
            if case in FINE:
                call(function, good | {name: wrong})
                continue
            try:
                call(function, good | {name: wrong})
            except (TypeError, ValueError) as refused:
                assert re.search(rf"\b({'|'.join(good)})\b", str(refused)), (case, str(refused))
            else:
                pytest.fail(f"{case} passes")


def expected(function):
    """What `expects` was told about a function's arguments."""
    wanted = []
    while hasattr(function, "__wrapped__"):
        if inspect.isfunction(function):  # a cache is none
            wanted += inspect.getclosurevars(function).nonlocals["wanted"].items()
        function = function.__wrapped__
    return wanted


LOSSES = (
    losses.mse_loss,
    losses.smooth_l1_loss,
    losses.iou_loss,
    losses.giou_loss,
    losses.diou_loss,
    losses.ciou_loss,
)

NAN_BOX = np.array([[0, np.nan, 8, 8]], "float32")


def numpy_of(*tensors):
    return [keras.ops.convert_to_numpy(tensor) for tensor in tensors]


def test_losses_of_nan_infinity_and_edges_out_of_order():
    box = np.array([[0, 0, 8, 8]], "float32")
    infinite, backwards = np.array([[0, 0, np.inf, 8]], "float32"), box[:, [2, 1, 0, 3]]
    for loss in LOSSES:
        assert np.isnan(numpy_of(loss(box, NAN_BOX))[0]).all()
        got = numpy_of(loss(box, infinite))[0]
        assert not np.isfinite(got).any() or got == 1
    assert numpy_of(losses.iou_loss(box, backwards))[0] == 1
    assert numpy_of(losses.iou_loss(backwards, backwards))[0] == 1


def test_nms_of_nan():
    same = np.repeat(BOXES[:1], 3, axis=0)[None]
    scores = np.array([[np.nan, 0.4, -1]], "float32")
    xyxy, left = numpy_of(*boxes.nms(same, scores, 0.5, 3))
    np.testing.assert_array_equal(left, np.float32([[0.4, 0, 0]]))
    broken = same.copy()
    broken[0, 1, 2] = np.nan
    _, left = numpy_of(*boxes.nms(broken, np.float32([[0.9, 0.8, 0.7]]), 0.5, 3))
    np.testing.assert_array_equal(left, np.float32([[0.9, 0.8, 0]]))
    _, left, _ = numpy_of(*boxes.class_nms(broken, np.float32([[[0.9], [0.8], [0.7]]]), 0.5, 3))
    np.testing.assert_array_equal(left, np.float32([[0.9, 0.8, 0]]))


def test_more_than_there_are():
    with pytest.raises(ValueError, match="max_boxes must be at most 3"):
        boxes.nms(BATCH, SCORES, 0.5, 4)
    with pytest.raises(ValueError, match="max_boxes must be at most 3"):
        boxes.class_nms(BATCH, SCORES[..., None], 0.5, 4)
    good = GOOD[anchors.propose]
    with pytest.raises(ValueError, match="max_boxes must be at most pre_nms_boxes, 5"):
        anchors.propose(**good | {"max_boxes": 6})
    with pytest.raises(ValueError, match="max_boxes must be at most 6"):
        anchors.propose(**good | {"pre_nms_boxes": 7})


def test_match_ignores_the_anchors_of_an_image_with_nan():
    broken = BATCH.copy()
    broken[0, 0] = NAN_BOX
    owner, clean = numpy_of(
        anchors.match(broken, LABELS, ANCHORS), anchors.match(BATCH, LABELS, ANCHORS)
    )
    assert (owner[0] == -2).all()
    np.testing.assert_array_equal(owner[1], clean[1])


def test_labels_beyond_the_classes_count_but_teach_no_class():
    good = GOOD[anchors.rpn_loss]
    _, positive = anchors.rpn_loss(**good)
    loss, positive_too = anchors.rpn_loss(**good | {"labels": np.where(LABELS < 0, -1, 7)})
    assert positive == positive_too
    assert np.isfinite(loss)


def test_encode_without_area_and_decode_of_nan():
    line = np.array([[2, 2, 2, 9]], "float32")
    assert np.isinf(numpy_of(anchors.encode(line, BOXES[:1]))).any()
    assert not np.isfinite(numpy_of(anchors.encode(BOXES[:1], line))).all()
    assert np.isnan(numpy_of(anchors.decode(np.full((1, 4), np.nan, "float32"), BOXES[:1]))).all()


def test_propose_counts_nan_for_nothing():
    good = GOOD[anchors.propose]
    logits, deltas = good["logits"].copy(), good["deltas"].copy()
    logits[0], deltas[1] = np.nan, np.nan
    _, scores = anchors.propose(**good | {"logits": logits, "deltas": deltas})
    assert not numpy_of(scores)[0].any()


def test_roi_layers_of_nan_infinity_and_levels_beyond():
    maps = [np.arange(64.0).reshape(1, 8, 8, 1), 100 + np.arange(16.0).reshape(1, 4, 4, 1)]
    maps = [m.astype("float32") for m in maps]
    box = np.array([[[8, 0, 24, 16]]], "float32")
    odd = np.array([[[8, np.nan, np.inf, 16]]], "float32")
    for pool in (roi.roi_align, roi.roi_pool):
        got = [
            numpy_of(pool(maps, box, np.array([[level]]), (4, 8), 2))[0] for level in (-3, 0, 1, 9)
        ]
        np.testing.assert_array_equal(got[0], got[1])
        np.testing.assert_array_equal(got[2], got[3])
        wide = np.array([[[8, 0, 1e6, 16]]], "float32")
        pair = [pool(maps, of, np.array([[1]]), (4, 8), 2) for of in (odd, wide)]
        np.testing.assert_array_equal(*numpy_of(*pair))
    no_area = np.array([NAN_BOX[0], [3, 3, 3, 3], [5, 5, 1, 9]], "float32")
    assert not numpy_of(roi.roi_level(no_area, 3))[0].any()
    infinite = np.array([0, 0, np.inf, 9], "float32")
    assert numpy_of(roi.roi_level(infinite, 3))[0] == 2


def test_what_belongs_together_is_said():
    with pytest.raises(
        ValueError, match=r"labels must be \(B, M\) where B = 2, M = 3, got shape \(3,"
    ):
        anchors.match(BATCH, LABELS.T, ANCHORS)
    with pytest.raises(
        ValueError, match=r"anchors must be \(A\+, 4\) or \(B, A\+, 4\) where B = 2"
    ):
        anchors.match(BATCH, LABELS, np.stack([ANCHORS] * 3))
    with pytest.raises(ValueError, match="strides must be 2, one for each of maps"):
        roi.roi_align(**REGIONS | {"strides": (4, 8, 16)})
    for maps in ([MAPS[0], MAPS[1][..., :2]], [MAPS[0], MAPS[1][:1]], [m[:1] for m in MAPS]):
        with pytest.raises(ValueError, match="maps must be of the images of boxes, with equal"):
            roi.roi_align(**REGIONS | {"maps": maps})
    with pytest.raises(ValueError, match="sides must be given for 2 levels, got 1"):
        anchors.anchor_grid(16, (4, 8), ((4,),), (1,))
    with pytest.raises(ValueError, match=r"sides must be above 0"):
        anchors.anchor_grid(16, (4, 8), ((4,), (0,)), (1,))
    with pytest.raises(ValueError, match="centre beside the map"):
        anchors.cell_shares(BOXES + 100, 2, 3, 8)


# These refuse NaN and infinity; the functions of tensors, which may be unknown yet, let them pass.
ALWAYS_FINITE = {boxes.iou, boxes.pairwise_iou, boxes.tight_box, metrics.compute_metrics}
ALWAYS_FINITE |= {f for f in GOOD if f.__module__ == heatmaps.__name__}
ALWAYS_FINITE |= {anchors.cell_centers, anchors.cell_shares, anchors.anchor_grid}


@st.composite
def odd_calls(draw):
    """A function and arguments whose shapes belong together, of any lengths, with odd values."""
    function = draw(st.sampled_from([f for f in GOOD if f not in MAKES_LAYERS]))
    lengths = draw(st.fixed_dictionaries(dict.fromkeys("ABCHKLMNPRW_", st.integers(0, 3))))
    values = st.floats(-30, 30, width=32) | st.sampled_from([np.nan, np.inf, -np.inf, 1e30, 0.0])
    arguments = dict(GOOD[function])
    for name, want in expected(function):
        is_whole, want = want.startswith("int "), want.removeprefix("int ")
        if name in NOT_CHECKED:
            continue
        if want not in RANGES:
            axes = [axis for axis in want.split(" | ")[-1].split() if axis != "..."]
            shape = [int(axis) if axis.isdigit() else lengths[axis[0]] for axis in axes]
            of = (st.integers(-2, 5), "int64") if is_whole else (values, "float32")
            arguments[name] = draw(arrays.arrays(of[1], shape, elements=of[0]))
        elif np.ndim(arguments.get(name, 0)) == 0:
            arguments[name] = draw(st.integers(-1, 6) if is_whole else values)
    if "maps" in arguments:
        arguments["maps"] = [m[:1].repeat(lengths["B"], axis=0) for m in MAPS]
    return function, arguments


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(odd_calls())
def test_odd_arguments_are_refused_by_name_or_give_a_result(odd):
    function, arguments = odd
    try:
        out = call(function, arguments)
    except (TypeError, ValueError) as refused:
        assert re.search(rf"\b({'|'.join(arguments)}|boxes[12]|fewest)\b", str(refused)), refused
    else:
        assert function not in ALWAYS_FINITE or all(np.isfinite(part).all() for part in out)
