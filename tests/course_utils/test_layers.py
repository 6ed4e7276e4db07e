from course_utils import anchors
from course_utils.layers import AddCoords, Propose, SoftArgmax, backbone, feature_pyramid, rpn_head
import keras
from keras import ops
import numpy as np
import pytest

from conftest import gradients


def test_coordinates_are_x_then_y():
    out = ops.convert_to_numpy(AddCoords()(np.full((2, 3, 5, 1), 7, "float32")))
    assert out.shape == (2, 3, 5, 3)
    assert (out[..., 0] == 7).all()
    np.testing.assert_allclose(out[1, 2, :, 1], [0, 0.25, 0.5, 0.75, 1])  # x along a row
    np.testing.assert_allclose(out[1, :, 4, 2], [0, 0.5, 1])  # y down a column


def test_softargmax_of_a_sharp_peak_is_its_place():
    logits = np.zeros((2, 4, 7, 3), "float32")
    places = [(6, 1), (0, 3), (2, 0)]  # (x, y) of each channel's peak, on a map that is not square
    for channel, (x, y) in enumerate(places):
        logits[:, y, x, channel] = 100
    out = ops.convert_to_numpy(SoftArgmax()(logits))
    np.testing.assert_allclose(out, [places, places], atol=1e-4)


def test_softargmax_is_the_mean_under_the_softmax():
    logits = np.random.default_rng(0).normal(size=(3, 5, 6, 2)).astype("float32")
    probability = np.exp(logits) / np.exp(logits).sum(axis=(1, 2), keepdims=True)
    x = (probability * np.arange(6)[None, None, :, None]).sum(axis=(1, 2))
    y = (probability * np.arange(5)[None, :, None, None]).sum(axis=(1, 2))
    out = ops.convert_to_numpy(SoftArgmax()(logits))
    np.testing.assert_allclose(out, np.stack([x, y], axis=-1), rtol=1e-4)


def test_softargmax_survives_huge_logits():
    out = SoftArgmax()(np.full((1, 3, 3, 1), 1e30, "float32"))
    np.testing.assert_allclose(ops.convert_to_numpy(out), [[[1, 1]]])


@pytest.mark.parametrize("layer", [AddCoords, SoftArgmax])
def test_layers_survive_saving(layer, tmp_path):
    model = keras.Sequential([keras.Input((4, 5, 2)), layer()])
    model.save(tmp_path / "model.keras")
    images = np.random.default_rng(0).normal(size=(2, 4, 5, 2)).astype("float32")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        model.predict(images, verbose=0), loaded.predict(images, verbose=0)
    )


def test_a_model_file_brings_no_code(tmp_path):
    path = tmp_path / "of a stranger.keras"
    run = keras.layers.Lambda(lambda x: x + 1)
    keras.Sequential([keras.Input((2,)), run]).save(path)
    with pytest.raises(ValueError, match="Lambda"):
        keras.saving.load_model(path)


@pytest.mark.parametrize("side", [24, 19, 17])
def test_feature_pyramid_shapes_at_any_size(side):
    image = keras.Input((side, side + 5, 3))
    maps = [image]
    for channels in (4, 6, 8):
        maps.append(keras.layers.Conv2D(channels, 3, 2, padding="same")(maps[-1]))
    pyramid = feature_pyramid(maps[1:], 5)
    assert [p.shape for p in pyramid] == [(*m.shape[:3], 5) for m in maps[1:]]
    out = keras.Model(image, pyramid).predict(np.zeros((2, side, side + 5, 3)), verbose=0)
    assert [o.shape[1:] for o in out] == [p.shape[1:] for p in pyramid]


def test_feature_pyramid_adds_the_coarser_map_to_the_finer():
    fine, coarse = keras.Input((3, 4, 1)), keras.Input((2, 2, 1))
    model = keras.Model([fine, coarse], feature_pyramid([fine, coarse], 1))
    kernels = [weights.shape[0] for weights in model.weights if len(weights.shape) == 4]
    assert sorted(kernels) == [1, 1, 3, 3]
    one, center = np.ones((1, 1, 1, 1)), np.zeros((3, 3, 1, 1))
    center[1, 1] = 1
    for weights in model.weights:  # laterals pass on, smoothing leaves as it is
        value = {1: np.zeros(1), 4: one if weights.shape[0] == 1 else center}[len(weights.shape)]
        weights.assign(value)
    x = np.arange(12.0).reshape(1, 3, 4, 1), np.array([[100.0, 200], [300, 400]])[None, ..., None]
    finer, coarser = model.predict(x, verbose=0)
    np.testing.assert_allclose(coarser, x[1])
    above = [[100, 100, 200, 200], [100, 100, 200, 200], [300, 300, 400, 400]]
    np.testing.assert_allclose(finer[0, ..., 0], x[0][0, ..., 0] + above)


def test_feature_pyramid_of_maps_that_do_not_halve():
    maps = [keras.Input((24, 24, 1)), keras.Input((6, 6, 1))]
    with pytest.raises(ValueError, match="half the size"):
        feature_pyramid(maps, 4)


@pytest.mark.parametrize("depth", [1, 2])
def test_backbone_halves_and_does_not_ask_which_side_of_an_edge_is_light(depth):
    image = keras.Input((19, 32, 3))
    model = keras.Model(image, backbone(image, depth))
    assert [m.shape for m in model.outputs] == [
        (None, 5, 8, 32),
        (None, 3, 4, 64),
        (None, 2, 2, 64),
    ]
    picture = np.random.default_rng(0).integers(256, size=(2, 19, 32, 3)).astype("float32")
    for of_one, of_other in zip(model(picture), model(256 - picture), strict=True):
        np.testing.assert_allclose(of_one, of_other, atol=1e-5)
        assert np.ptp(ops.convert_to_numpy(of_one)) > 0.01


def test_rpn_head_answers_in_the_order_of_the_anchors():
    """A change at one cell of a level changes the answers of the anchors around it alone."""
    pyramid = [keras.Input((6, 8, 5)), keras.Input((3, 4, 5))]
    model = keras.Model(pyramid, rpn_head(pyramid, anchors_per_cell=2))
    assert [m.shape for m in model.outputs] == [(None, 120, 1), (None, 120, 4)]
    for weight in model.weights:  # so that no change is lost in a ReLU
        weight.assign(ops.absolute(weight) if len(weight.shape) > 1 else weight)
    one = [np.zeros((1, 6, 8, 5), "float32"), np.zeros((1, 3, 4, 5), "float32")]
    other = [level.copy() for level in one]
    other[1][0, 2, 3] = 1  # the last cell of the coarser level
    grid = np.arange(12).reshape(3, 4)
    around = np.isin(np.repeat(grid, 2), grid[1:, 2:])
    before, after = ([np.array(a) for a in model(maps)] for maps in (one, other))
    changed = (before[0] != after[0])[0, :, 0]
    assert not changed[:96].any()
    np.testing.assert_array_equal(changed[96:], around)
    np.testing.assert_array_equal((before[1] != after[1]).any(axis=-1)[0], changed)
    np.testing.assert_allclose(before[0], np.log(0.01 / 0.99), rtol=1e-5)  # the prior


def test_rpn_head_is_one_for_all_levels_but_for_the_batch_norms():
    pyramid = [keras.Input((4, 4, 5)), keras.Input((2, 2, 5))]
    model = keras.Model(pyramid, rpn_head(pyramid, anchors_per_cell=3, classes=2))
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("Conv2D") == 3 and kinds.count("BatchNormalization") == 2
    for layer in model.layers:  # answers that say which channel of the convolution they are
        if isinstance(layer, keras.layers.Conv2D) and layer.filters > 5:
            layer.set_weights([0 * layer.kernel, np.arange(layer.filters)])
    logits, deltas = model([np.zeros((1, *level.shape[1:]), "float32") for level in pyramid])
    assert logits.shape == (1, 60, 2) and deltas.shape == (1, 60, 4)
    np.testing.assert_array_equal(logits[0], np.tile(np.arange(6).reshape(3, 2), (20, 1)))
    np.testing.assert_array_equal(deltas[0], np.tile(np.arange(12).reshape(3, 4), (20, 1)))


def test_rpn_head_says_as_many_numbers_of_a_box_as_it_is_told():
    pyramid = [keras.Input((4, 4, 5)), keras.Input((2, 2, 5))]
    logits, numbers = rpn_head(pyramid, anchors_per_cell=3, numbers=7)
    assert logits.shape == (None, 60, 1) and numbers.shape == (None, 60, 7)


def test_backbone_has_as_many_convolutions_and_channels_as_it_is_told():
    image = keras.Input((32, 32, 3))
    model = keras.Model(image, backbone(image, depth=3, width=4))
    convolutions = [x for x in model.layers if isinstance(x, keras.layers.Conv2D)]
    assert [x.filters for x in convolutions] == [8, 4, *[8] * 3, *[16] * 6]
    assert not convolutions[0].use_bias  # or an edge would count by its side
    assert {x.momentum for x in model.layers if hasattr(x, "momentum")} == {0.9}
    assert [m.shape[1:] for m in model.outputs] == [(8, 8, 8), (4, 4, 16), (2, 2, 16)]


def test_propose_is_the_function_with_its_own_anchors_and_passes_no_gradient():
    shapes = 32, (8, 16), ((8,), (16,)), (1.0, 1.2)  # the two of a cell suppress each other
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 20, 1)).astype("float32").repeat(2, axis=1)
    deltas = 0.1 * rng.normal(size=(2, 40, 4)).astype("float32")
    layer = Propose(*shapes, pre_nms_boxes=9, max_boxes=4)
    expected = anchors.propose(logits, deltas, anchors.anchor_grid(*shapes), 32, 9, 4)
    for ours, theirs in zip(layer(logits, deltas), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    few = anchors.propose(logits, deltas, anchors.anchor_grid(*shapes), 32, 4, 4)
    assert (np.array(few[1]) != np.array(expected[1])).any()  # both counts matter here

    def total(logits, deltas):
        boxes, scores = layer(logits, deltas)
        return ops.sum(boxes) + ops.sum(scores)

    assert not any(slope.any() for slope in gradients(total, logits, deltas))


def test_rpn_head_of_two_convolutions():
    pyramid = [keras.Input((4, 4, 5)), keras.Input((2, 2, 5))]
    model = keras.Model(pyramid, rpn_head(pyramid, anchors_per_cell=3, depth=2))
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("Conv2D") == 4 and kinds.count("BatchNormalization") == 4
    assert [m.shape for m in model.outputs] == [(None, 60, 1), (None, 60, 4)]
