"""The suite itself: faults that one makes in such code, each put in, and the test that sees it.

Every row changes one piece of text in a copy of the package, and runs one test on the copy: it
must fail. All rows run in one process beside this one, where Keras is imported only once.
"""

from concurrent.futures import ProcessPoolExecutor
import contextlib
import importlib
import io
import multiprocessing
from pathlib import Path
import shutil
import sys

import pytest

from conftest import ROOT

# What goes wrong: module, text as it is, text as it would be wrong, the test that must see it.
MUTATIONS = {
    # boxes
    "x and y swapped in IoU": (
        "boxes",
        "np.maximum(boxes1[..., :2], boxes2[..., :2])",
        "np.maximum(boxes1[..., :2], boxes2[..., 1::-1])",
        "test_boxes.py::test_known_iou",
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
        "test_boxes.py::test_tight_box_threshold_and_errors",
    ),
    "suppression also at the threshold": (
        "boxes",
        "> threshold\n    return boxes, suppress(scores, too_close)",
        ">= threshold\n    return boxes, suppress(scores, too_close)",
        "test_boxes.py::test_nms_at_the_threshold_ties_and_padding",
    ),
    "a suppressed box that still suppresses": (
        "boxes",
        "stays * (1 - stays[:, i, None] * hits[:, i])",
        "stays * (1 - hits[:, i])",
        "test_boxes.py::test_nms_a_suppressed_box_suppresses_nothing",
    ),
    "classes that suppress each other": (
        "boxes",
        "too_close & (labels[:, :, None] == labels[:, None])",
        "too_close",
        "test_boxes.py::test_class_nms_by_hand",
    ),
    "the class taken for the box": (
        "boxes",
        "boxes = ops.take_along_axis(boxes, (pair // classes)[..., None], axis=1)",
        "boxes = ops.take_along_axis(boxes, (pair % classes)[..., None], axis=1)",
        "test_boxes.py::test_class_nms_by_hand",
    ),
    "a label left where a box was suppressed": (
        "boxes",
        "ops.where(scores > 0, labels, -1)",
        "labels",
        "test_boxes.py::test_class_nms_by_hand",
    ),
    "boxes of the first regions, not of the largest": (
        "boxes",
        "sorted(of_size, reverse=True)",
        "sorted(of_size)",
        "test_boxes.py::test_mser_boxes_are_the_largest_first_of_the_sides_that_are_asked_for",
    ),
    "width and height for the far corner": (
        "boxes",
        "(len(region), x, y, x + w, y + h)",
        "(len(region), x, y, w, h)",
        "test_boxes.py::test_mser_boxes_are_the_largest_first_of_the_sides_that_are_asked_for",
    ),
    "a shared area of boxes that are apart": (
        "boxes",
        "_product(ops.maximum(shared, 0))",
        "_product(shared)",
        "test_losses.py::test_known_box_losses",
    ),
    # losses
    "wrong sign in GIoU": (
        "losses",
        "+ ratio(area_around - union, area_around)",
        "- ratio(area_around - union, area_around)",
        "test_losses.py::test_known_box_losses",
    ),
    "distance of DIoU in pixels, not in diagonals": (
        "losses",
        "ratio(ops.sum(apart**2, axis=-1), diagonal2)",
        "ops.sum(apart**2, axis=-1)",
        "test_losses.py::test_known_box_losses",
    ),
    "gradient through CIoU's weight": (
        "losses",
        "ops.stop_gradient(ratio(aspect, iou_loss(true_boxes, pred_boxes) + aspect))",
        "ratio(aspect, iou_loss(true_boxes, pred_boxes) + aspect)",
        "test_losses.py::test_the_weight_of_ciou_passes_no_gradient",
    ),
    "a sum over the edges": (
        "losses",
        "ops.mean((true_boxes - pred_boxes) ** 2, axis=-1)",
        "ops.sum((true_boxes - pred_boxes) ** 2, axis=-1)",
        "test_losses.py::test_losses_by_edges_by_hand",
    ),
    "another beta by default": (
        "losses",
        "beta=1.0",
        "beta=0.5",
        "test_losses.py::test_losses_by_edges_by_hand",
    ),
    "smooth L1 that jumps at beta": (
        "losses",
        "error - 0.5 * beta",
        "error - beta",
        "test_losses.py::test_smooth_l1_changes_from_squared_to_linear_at_beta",
    ),
    "thin boxes without a bound": (
        "losses",
        "least = 0.001 *",
        "least = 0.1 *",
        "test_losses.py::test_ciou_counts_a_line_as_a_thousandth_of_the_diagonal",
    ),
    # anchors
    "anchors off by one cell": (
        "anchors",
        "np.stack([x.ravel(), y.ravel()], axis=1) + 0.5",
        "np.stack([x.ravel(), y.ravel()], axis=1) + 1.5",
        "test_anchors.py::test_anchors_stand_around_the_centers_of_the_cells",
    ),
    "anchors without the last, partial row": (
        "anchors",
        "math.ceil(image_size / stride)",
        "image_size // stride",
        "test_anchors.py::test_anchors_of_a_size_that_the_stride_does_not_divide",
    ),
    "a ratio of width to height": (
        "anchors",
        "[side / root, side * root]",
        "[side * root, side / root]",
        "test_anchors.py::test_anchors_stand_around_the_centers_of_the_cells",
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
    "another bound for positive anchors": (
        "anchors",
        "positive=0.5",
        "positive=0.7",
        "test_anchors.py::test_match_has_the_bounds_of_retinanet",
    ),
    "another bound for the background": (
        "anchors",
        "negative=0.4",
        "negative=0.3",
        "test_anchors.py::test_match_has_the_bounds_of_retinanet",
    ),
    "padding that matches an anchor": (
        "anchors",
        "ops.convert_to_tensor(labels)[..., None] >= 0, iou, -1.0",
        "ops.convert_to_tensor(labels)[..., None] >= -1, iou, -1.0",
        "test_anchors.py::test_padding_that_lies_on_an_anchor_takes_it_from_no_box",
    ),
    "a box without its best anchor": (
        "anchors",
        "ops.where(ops.max(best, axis=1) > 0, ops.argmax(best, axis=1), owner)",
        "owner",
        "test_anchors.py::test_the_best_anchor_of_a_box_answers_whatever_its_iou",
    ),
    "deltas without their scales": (
        "anchors",
        "deltas = deltas * VARIANCES",
        "deltas = deltas * 1.0",
        "test_anchors.py::test_deltas_by_hand",
    ),
    "other scales of deltas": (
        "anchors",
        "np.array([0.1, 0.1, 0.2, 0.2]",
        "np.array([0.1, 0.1, 0.1, 0.1]",
        "test_anchors.py::test_deltas_by_hand",
    ),
    "a loss divided by the images": (
        "anchors",
        "total = ops.maximum(ops.sum(positive), 1)",
        "total = ops.maximum(ops.mean(ops.sum(positive, axis=1)), 1)",
        "test_anchors.py::test_rpn_loss_is_divided_by_the_positive_anchors_of_the_batch",
    ),
    "ignored anchors that count": (
        "anchors",
        'ops.cast(owner != -2, "float32")',
        'ops.cast(owner != -3, "float32")',
        "test_anchors.py::test_rpn_loss_by_hand",
    ),
    "every anchor asked for the first box": (
        "anchors",
        "ops.take_along_axis(true_boxes, ops.maximum(owner, 0)[..., None], axis=1)",
        "ops.take_along_axis(true_boxes, ops.minimum(owner, 0)[..., None] * 0, axis=1)",
        "test_anchors.py::test_rpn_loss_asks_each_anchor_for_its_own_box",
    ),
    "every anchor asked for the first label": (
        "anchors",
        'ops.cast(labels, "int32"), ops.maximum(owner, 0)',
        'ops.cast(labels, "int32"), ops.maximum(owner, 0) * 0',
        "test_anchors.py::test_rpn_loss_asks_each_anchor_for_its_own_box",
    ),
    "deltas of the background that count": (
        "anchors",
        "moved = positive * smooth",
        "moved = smooth",
        "test_anchors.py::test_rpn_loss_by_hand",
    ),
    "another beta for the deltas": (
        "anchors",
        "deltas, beta=0.5)",
        "deltas, beta=0.6)",
        "test_anchors.py::test_rpn_loss_is_divided_by_the_positive_anchors_of_the_batch",
    ),
    "the sum of the positive anchors, not an image's": (
        "anchors",
        "ops.mean(ops.sum(positive, axis=1))",
        "ops.sum(positive)",
        "test_anchors.py::test_rpn_loss_is_divided_by_the_positive_anchors_of_the_batch",
    ),
    "proposals not clipped": (
        "anchors",
        "ops.clip(decode(deltas, anchors), 0, image_size)",
        "decode(deltas, anchors)",
        "test_anchors.py::test_propose_by_hand",
    ),
    "another threshold for proposals": (
        "anchors",
        "threshold=0.7, min_side=4",
        "threshold=0.5, min_side=4",
        "test_anchors.py::test_propose_suppresses_above_07_and_drops_sides_below_four_pixels",
    ),
    "smaller proposals": (
        "anchors",
        "threshold=0.7, min_side=4",
        "threshold=0.7, min_side=2",
        "test_anchors.py::test_propose_suppresses_above_07_and_drops_sides_below_four_pixels",
    ),
    "boxes of proposals not in the order of the scores": (
        "anchors",
        "return ops.take_along_axis(boxes, order[..., None], axis=1), scores",
        "return boxes[:, :max_boxes], scores",
        "test_anchors.py::test_propose_by_hand",
    ),
    # layers
    "coordinates y, then x": (
        "layers",
        "np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))",
        "np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))[::-1]",
        "test_layers.py::test_coordinates_are_x_then_y",
    ),
    "a softmax over the channels": (
        "layers",
        "ops.softmax(logits, axis=1)",
        "ops.softmax(logits, axis=2)",
        "test_layers.py::test_softargmax_is_the_mean_under_the_softmax",
    ),
    "a pyramid that is not smoothed": (
        "layers",
        'layers.Conv2D(channels, kernel, padding="same")(m) for m in pyramid',
        "m for m in pyramid",
        "test_layers.py::test_feature_pyramid_adds_the_coarser_map_to_the_finer",
    ),
    "an edge that counts by its side": (
        "layers",
        "x = ops.abs(",
        "x = ops.relu(",
        "test_layers.py::test_backbone_halves_and_does_not_ask_which_side_of_an_edge_is_light",
    ),
    "a convolution too few": (
        "layers",
        "[2] + [1] * (depth - 1)",
        "[2] + [1] * (depth - 2)",
        "test_layers.py::test_backbone_has_as_many_convolutions_and_channels_as_it_is_told",
    ),
    "a pyramid with the coarsest map first": (
        "layers",
        "pyramid.insert(0, merged)",
        "pyramid.append(merged)",
        "test_layers.py::test_feature_pyramid_adds_the_coarser_map_to_the_finer",
    ),
    "anchors of a cell that are mixed up": (
        "layers",
        "layers.Reshape((-1, classes))(to_logits(x))",
        "ops.flip(layers.Reshape((-1, classes))(to_logits(x)), axis=1)",
        "test_layers.py::test_rpn_head_is_one_for_all_levels_but_for_the_batch_norms",
    ),
    "a prior of one half": (
        "layers",
        "np.log(0.01 / 0.99)",
        "np.log(0.5 / 0.5)",
        "test_layers.py::test_rpn_head_answers_in_the_order_of_the_anchors",
    ),
    "a gradient through the proposals": (
        "layers",
        "return ops.stop_gradient(boxes), ops.stop_gradient(scores)",
        "return boxes, scores",
        "test_layers.py::test_propose_is_the_function_with_its_own_anchors_and_passes_no_gradient",
    ),
    "one count of proposals for both": (
        "layers",
        "counts = self.pre_nms_boxes, self.max_boxes",
        "counts = self.max_boxes, self.max_boxes",
        "test_layers.py::test_propose_is_the_function_with_its_own_anchors_and_passes_no_gradient",
    ),
    # roi
    "half a pixel dropped in ROIAlign": (
        "roi",
        "* shares) / stride - 0.5",
        "* shares) / stride",
        "test_roi.py::test_roi_align_of_a_ramp_is_exact",
    ),
    "rows weighted as columns": (
        "roi",
        "share_y[..., None] * share_x[..., None, :]",
        "share_x[..., None] * share_y[..., None, :]",
        "test_roi.py::test_roi_align_of_a_ramp_is_exact",
    ),
    "the first sample, not the mean": (
        "roi",
        "ops.mean(total, axis=(3, 5))",
        "total[:, :, :, 0, :, 0]",
        "test_roi.py::test_roi_align_takes_the_mean_of_its_samples",
    ),
    "bins of ROI pooling that share no cell": (
        "roi",
        "((number + 1) * cells + output_size - 1) // output_size - 1",
        "((number + 1) * cells) // output_size - 1",
        "test_roi.py::test_roi_pool_by_hand",
    ),
    "edges of ROI pooling not rounded": (
        "roi",
        "ops.floor(edge[..., None] / stride + 0.5)",
        "ops.floor(edge[..., None] / stride)",
        "test_roi.py::test_roi_pool_by_hand",
    ),
    "every box read from the finest map": (
        "roi",
        "level = roi_level(boxes, len(maps), self.finest)",
        "level = 0 * roi_level(boxes, len(maps), self.finest)",
        "test_roi.py::test_each_box_is_read_from_the_map_of_its_size",
    ),
    "levels that begin at another size": (
        "roi",
        "ops.sqrt(area) / finest",
        "ops.sqrt(area) / (finest - 8)",
        "test_roi.py::test_roi_level_doubles_at_twice_the_size",
    ),
    "the level by the longer side": (
        "roi",
        "area = sides[..., 0] * sides[..., 1]",
        "area = ops.max(sides, axis=-1) ** 2",
        "test_roi.py::test_roi_level_doubles_at_twice_the_size",
    ),
    "the background first": (
        "roi",
        "probability[..., :-1]",
        "probability[..., 1:]",
        "test_roi.py::test_detect_by_hand",
    ),
    "detections where there is no proposal": (
        "roi",
        "ops.where(proposal_scores > 0,",
        "ops.where(proposal_scores >= 0,",
        "test_roi.py::test_detect_by_hand",
    ),
    "a score without the IoU": (
        "roi",
        "ops.sqrt(iou)",
        "ops.ones_like(iou)",
        "test_roi.py::test_detect_by_hand",
    ),
    "moved beyond the image": (
        "roi",
        "ops.clip(decode(deltas, boxes), 0, self.image_size)",
        "decode(deltas, boxes)",
        "test_roi.py::test_move_by_hand",
    ),
    "a gradient through the moved boxes": (
        "roi",
        "ops.stop_gradient(ops.clip(decode(deltas, boxes), 0, self.image_size))",
        "ops.clip(decode(deltas, boxes), 0, self.image_size)",
        "test_roi.py::test_move_passes_no_gradient",
    ),
    "a threshold that is not the layer's own": (
        "roi",
        "class_nms(boxes, scores, self.threshold, self.max_boxes)",
        "class_nms(boxes, scores, 0.5, self.max_boxes)",
        "test_roi.py::test_detect_suppresses_at_its_threshold",
    ),
    # tiles, photos
    "boxes that a tile cuts": (
        "tiles",
        "return ~(is_inner[:, None] & is_reached).any(axis=-1)",
        "return ~(is_inner[:, None] & is_reached).all(axis=-1)",
        "test_tiles.py::test_whole_is_what_reaches_no_inner_edge",
    ),
    "the picture's own edge taken for a tile's": (
        "tiles",
        "corners + tile_size < [width, height]",
        "corners + tile_size <= [width, height]",
        "test_tiles.py::test_whole_is_what_reaches_no_inner_edge",
    ),
    "labels that suppress each other between tiles": (
        "tiles",
        "np.asarray(labels).tolist()",
        "[0] * len(labels)",
        "test_tiles.py::test_merge_by_hand",
    ),
    "boxes left in the pixels of their tile": (
        "photos",
        "boxes + np.tile(batch, 2)[:, None]",
        "boxes",
        "test_photos.py::test_a_narrow_picture_is_read_in_tiles",
    ),
    # heatmaps
    "row and column swapped on reading a heatmap": (
        "heatmaps",
        "np.stack([flat % width, flat // width], axis=-1)",
        "np.stack([flat // width, flat % width], axis=-1)",
        "test_heatmaps.py::test_argmax_reads_x_before_y_and_ties_go_to_the_first",
    ),
    "a bump twice as narrow": (
        "heatmaps",
        "/ (2 * sigma**2))\n    return (along",
        "/ sigma**2)\n    return (along",
        "test_heatmaps.py::test_gaussian_heatmap_off_centre_by_hand",
    ),
    "clutter forgotten in the posterior": (
        "heatmaps",
        "(1 - clutter) * plain + clutter * cluttered",
        "plain",
        "test_heatmaps.py::test_the_likelihood_adds_up_to_one",
    ),
    # pixels
    "white pixel at row x, column y": (
        "pixels",
        "images[np.arange(len(xy)), xy[:, 1], xy[:, 0]] = 1",
        "images[np.arange(len(xy)), xy[:, 0], xy[:, 1]] = 1",
        "test_pixels.py::test_pixel_is_at_column_x_and_row_y",
    ),
    "noise of another strength by default": (
        "pixels",
        "rng, noise=10.0, clutter=0.02",
        "rng, noise=12.0, clutter=0.02",
        "test_pixels.py::test_noisy_pixels_by_default_has_noise_of_ten_and_clutter_of_two_in_a_hundred",
    ),
    "noise that is never dark": (
        "pixels",
        'rng.standard_normal(images.shape, dtype="float32")',
        'abs(rng.standard_normal(images.shape, dtype="float32"))',
        "test_pixels.py::test_noisy_pixels_has_the_noise_and_the_clutter_it_says",
    ),
    # canvases
    "tiles that are never transposed": (
        "canvases",
        "rng.random((n, 16, 1, 1)) < 0.5",
        "rng.random((n, 16, 1, 1)) < 0.0",
        "test_canvases.py::test_scramble_moves_every_tile_and_transposes_one_in_two",
    ),
    "always two distractors": (
        "canvases",
        "enumerate(rng.integers(2, 4, size=n))",
        "enumerate(rng.integers(2, 3, size=n))",
        "test_canvases.py::test_two_or_three_distractors_of_the_sizes_of_the_digits",
    ),
    "distractors that hide the most": (
        "canvases",
        ".argmin(axis=2)",
        ".argmax(axis=2)",
        "test_canvases.py::test_distractors_hide_little_of_the_digit",
    ),
    "a digit as bright as its distractor": (
        "canvases",
        "[:, [3, 0, 1, 2]]",
        "[:, [1, 1, 0, 2]]",
        "test_canvases.py::test_inks_have_contrasts_of_their_own",
    ),
    "digits in one half": (
        "canvases",
        "x1y1 = rng.integers(0, image_size - width_height + 1)",
        "x1y1 = rng.integers(0, (image_size - width_height) // 2 + 1)",
        "test_canvases.py::test_digits_lie_anywhere_in_x_and_in_y",
    ),
    "canvases that are never dark": (
        "canvases",
        "rng.uniform(0, 100, size=n)",
        "rng.uniform(50, 100, size=n)",
        "test_canvases.py::test_canvases_are_of_all_greys_up_to_100",
    ),
    "ink as bright on light canvases as on dark ones": (
        "canvases",
        "ink * (1 - plan.level / 255)",
        "ink",
        "test_canvases.py::test_ink_is_brighter_than_its_canvas_by_its_share_of_the_contrast",
    ),
    # scenes
    "photographs of training that leak into the test": (
        "scenes",
        "[data.coffee(), data.chelsea()]",
        "[data.coffee(), data.rocket()]",
        "test_scenes.py::test_photographs_of_the_test_are_none_of_the_training",
    ),
    "digits turned to one side": (
        "scenes",
        "rng.uniform(-15, 15,",
        "rng.uniform(0, 15,",
        "test_scenes.py::test_digits_are_turned_to_both_sides",
    ),
    "pieces never mirrored": (
        "scenes",
        "piece[:, ::-1] if rng.random() < 0.5 else piece",
        "piece[:, ::-1] if rng.random() < 0.0 else piece",
        "test_scenes.py::test_backgrounds_are_pieces_of_photographs_and_mirror_images_of_pieces",
    ),
    "no textures": (
        "scenes",
        "rng.random() < 0.7",
        "rng.random() < 1",
        "test_scenes.py::test_backgrounds_are_pieces_of_photographs_and_mirror_images_of_pieces",
    ),
    "always the largest piece": (
        "scenes",
        "largest * rng.uniform(0.25, 1)",
        "largest * rng.uniform(1, 1)",
        "test_scenes.py::test_backgrounds_are_pieces_of_photographs_and_mirror_images_of_pieces",
    ),
    "grey textures": (
        "scenes",
        "mean, spread = rng.uniform(40, 215, size=3)",
        "mean, spread = rng.uniform(40, 215, size=1)",
        "test_scenes.py::test_a_texture_is_coloured_and_soft",
    ),
    "always three distractors": (
        "scenes",
        "behind = rng.integers(*clutter, size=n, endpoint=True)",
        "behind = rng.integers(clutter[1], clutter[1] + 1, size=n)",
        "test_scenes.py::test_two_or_three_distractors_lie_behind_the_digit",
    ),
    "places on the diagonal": (
        "scenes",
        "int(x * (room[1] - w + 1)), int(y * (room[0] - h + 1))",
        "int(x * (room[1] - w + 1)), int(x * (room[0] - h + 1))",
        "test_scenes.py::test_places_reach_over_the_whole_scene_in_x_and_in_y",
    ),
    "grey ink": (
        "scenes",
        "rng.integers(256, size=(n, things, 8, 3))",
        "rng.integers(256, size=(n, things, 8, 1)).repeat(3, axis=3)",
        "test_scenes.py::test_ink_has_all_colors",
    ),
    "the last color with enough contrast": (
        "scenes",
        "colors[different.argmax()]",
        "colors[different.nonzero()[0][-1]]",
        "test_scenes.py::test_the_first_color_with_enough_contrast_is_taken_else_black_or_white",
    ),
    "a label of another digit": (
        "scenes",
        "= box, y[picks[i, j]]",
        "= box, y[picks[i, 0] - 1]",
        "test_scenes.py::test_all_digits_are_drawn_each_with_its_label",
    ),
    "scenes of training with digits of the test": (
        "scenes",
        '"train": (digits.x_train[:kept], digits.y_train[:kept])',
        '"train": (digits.x_test, digits.y_test)',
        "test_scenes.py::test_parts_share_no_digits_and_no_photographs_that_they_should_not",
    ),
    "choices made on digits of the training": (
        "scenes",
        "(digits.x_train[:kept], digits.y_train[:kept])",
        "(digits.x_train, digits.y_train)",
        "test_scenes.py::test_parts_share_no_digits_and_no_photographs_that_they_should_not",
    ),
    "choices made on photographs of the test": (
        "scenes",
        '"validation": ("validation", "train")',
        '"validation": ("validation", "test")',
        "test_scenes.py::test_parts_share_no_digits_and_no_photographs_that_they_should_not",
    ),
    "resized digits with edges that fade": (
        "scenes",
        "return _visible(cv2.resize(cut, size, interpolation=shrink))",
        "return cv2.resize(cut, size, interpolation=shrink)",
        "test_scenes.py::test_a_resized_digit_has_visible_ink_in_all_four_edges",
    ),
    "ink that hides everything": (
        "scenes",
        "ink * np.float32(opacity / 255)",
        "ink * np.float32(1 / 255)",
        "test_scenes.py::test_ink_hides_as_much_of_what_lies_behind_as_is_asked_for",
    ),
    "a harder part that is no harder": (
        "scenes",
        'HARDER if part == "harder" else {}',
        "{}",
        "test_scenes.py::test_the_harder_part_has_more_digits_more_clutter_and_less_contrast",
    ),
    "digits drawn with too little contrast": (
        "scenes",
        "CONTRAST = 100",
        "CONTRAST = 90",
        "test_scenes.py::test_the_first_color_with_enough_contrast_is_taken_else_black_or_white",
    ),
    "digits that cover each other": (
        "scenes",
        "COVERED = 0.1 ",
        "COVERED = 0.3 ",
        "test_scenes.py::test_a_place_is_free_where_a_tenth_is_covered",
    ),
    "turned digits without their corners": (
        "scenes",
        "turn[:, 2] += 6",
        "turn[:, 2] += 0",
        "test_scenes.py::test_the_faint_rim_of_a_digit_is_cut_off_and_its_corners_are_not",
    ),
    "one photograph of all": (
        "scenes",
        "pictures[rng.integers(len(pictures))]",
        "pictures[0]",
        "test_scenes.py::test_all_pictures_are_used",
    ),
    "a single try for a place": (
        "scenes",
        "rng.random((n, things, 8, 2))",
        "rng.random((n, things, 1, 2))",
        "test_scenes.py::test_a_digit_has_eight_tries_to_find_a_place",
    ),
    # digits
    "digits of training that leak into the test": (
        "digits",
        "x[split:], y[split:]",
        "x[split - 50 :], y[split - 50 :]",
        "test_digits.py::test_bundled_digits_when_there_is_no_mnist",
    ),
    # metrics
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
    "ap75 at another threshold": (
        "metrics",
        "thresholds = range(50, 100, 5)",
        "thresholds = range(55, 105, 5)",
        "test_metrics.py::test_coco_ap75_and_the_mean_over_thresholds_and_classes",
    ),
    "recall of another count of boxes": (
        "metrics",
        "maxDets = [1, 10, 100]",
        "maxDets = [1, 20, 100]",
        "test_metrics.py::test_coco_recall_asks_for_one_ten_and_a_hundred_boxes",
    ),
    "the percentile 95 for 90": (
        "metrics",
        "[50, 90, 99]",
        "[50, 95, 99]",
        "test_metrics.py::test_percentiles_of_the_distance",
    ),
    "small up to another side": (
        "metrics",
        "SMALL, LARGE = 20, 36",
        "SMALL, LARGE = 19, 36",
        "test_metrics.py::test_coco_ignores_padding_and_bins_by_the_longer_side",
    ),
    "found only above the threshold": (
        "metrics",
        "boxes[:, None]) >= threshold",
        "boxes[:, None]) > threshold",
        "test_metrics.py::test_is_found_by_hand",
    ),
    "found by a box that is none": (
        "metrics",
        "(good & is_box[:, None]).any(axis=2)",
        "good.any(axis=2)",
        "test_metrics.py::test_is_found_by_hand",
    ),
    "found by the worst boxes": (
        "metrics",
        'np.argsort(-np.asarray(scores), axis=1, kind="stable")[:, :max_boxes]',
        'np.argsort(np.asarray(scores), axis=1, kind="stable")[:, :max_boxes]',
        "test_metrics.py::test_is_found_by_hand",
    ),
    "a place from another IoU on": (
        "metrics",
        "(of_box >= 0.1).any()",
        "(of_box >= 0.2).any()",
        "test_metrics.py::test_error_kinds_by_default_at_iou_a_half_and_a_tenth",
    ),
    # training
    "no warm-up": (
        "training",
        "warmup = steps // 20",
        "warmup = steps // 10",
        "test_training.py::test_the_learning_rate_warms_up_for_a_twentieth_and_falls_on_half_a_cosine",
    ),
    "a rate that does not reach zero": (
        "training",
        "peak / 50, steps - warmup,",
        "peak / 50, steps,",
        "test_training.py::test_the_learning_rate_warms_up_for_a_twentieth_and_falls_on_half_a_cosine",
    ),
    "the last batch left out": (
        "training",
        "range(0, len(arrays[0]), batch_size)",
        "range(0, len(arrays[0]) - batch_size + 1, batch_size)",
        "test_training.py::test_in_batches_calls_with_a_hundred_rows_and_puts_the_parts_together",
    ),
    "a model file that is left beside": (
        "training",
        "beside.replace(path)",
        "model.save(path)",
        "test_training.py::test_a_model_is_saved_whole_in_a_temporary_folder",
    ),
    "time left that is time gone": (
        "training",
        "(now - self.started) * (1 - done) / done",
        "now - self.started",
        "test_training.py::test_progress_draws_a_bar_twice_a_second",
    ),
    # checks
    "NaN in every range": (
        "checks",
        "(np.isfinite(value) & RANGES[want](value)).all()",
        "(RANGES[want](value) | ~np.isfinite(value)).all()",
        "test_checks.py::test_what_is_wrong_is_said",
    ),
    "a letter that may be two lengths": (
        "checks",
        "learned.setdefault(letter, length)",
        "length",
        "test_checks.py::test_what_is_wrong_is_said",
    ),
    "fractions for whole numbers": (
        "checks",
        'if want.startswith("int ") and "int" not in dtype:',
        'if want.startswith("int ") and "complex" in dtype:',
        "test_checks.py::test_what_is_wrong_is_said",
    ),
    "None for what must be given": (
        "checks",
        "optional = signature.parameters[name].default is None",
        "optional = True",
        "test_checks.py::test_what_is_wrong_is_said",
    ),
    "axes in front that do not fit": (
        "checks",
        'np.broadcast_shapes(front, learned.get("...", ()))',
        "front",
        "test_checks.py::test_axes_in_front_broadcast_and_one_of_two_shapes_will_do",
    ),
    # lesson
    "a claim that fails at its bound": (
        "lesson",
        'value <= bound if sense == "at_most"',
        'value < bound if sense == "at_most"',
        "test_lesson.py::test_at_its_bound_a_claim_holds_in_both_senses",
    ),
    "a claim that fails and goes on": (
        "lesson",
        'if not passed and not _state["quick"]:',
        'if not passed and _state["quick"]:',
        "test_lesson.py::test_claim_that_fails_stops_the_lesson",
    ),
    "the same seed in every run": (
        "lesson",
        "keras.utils.set_random_seed(seed)",
        "keras.utils.set_random_seed(0)",
        "test_lesson.py::test_setup_seeds_everything",
    ),
    "numbers of the run before": (
        "lesson",
        "started=time.perf_counter(), recorded={}",
        "started=time.perf_counter()",
        "test_lesson.py::test_what_the_lesson_says_holds_its_numbers",
    ),
    "only the numbers recorded last": (
        "lesson",
        '_state["recorded"] |= values',
        '_state["recorded"] = values',
        "test_lesson.py::test_what_the_lesson_says_holds_its_numbers",
    ),
    "a decorator shown": (
        "lesson",
        "range(decorator.lineno, decorator.end_lineno + 1)",
        "range(decorator.lineno, decorator.end_lineno)",
        "test_lesson.py::test_the_source_is_shown_without_decorators",
    ),
    "measured in every run": (
        "lesson",
        "    if anew:\n",
        "    if True:\n",
        "test_lesson.py::test_kept_numbers_are_measured_once",
    ),
    # exercises
    "an answer of another shape passes": (
        "examine",
        "a[1].shape == b[1].shape and ",
        "",
        "test_exercises.py::test_another_shape_is_said",
    ),
    "an answer may change what it is given": (
        "examine",
        "if _frozen([given, named]) != before:",
        "if _frozen([given, named]) is before:",
        "test_exercises.py::test_an_answer_that_goes_wrong_is_one_line",
    ),
    "a later failure takes back what was passed": (
        "exercises",
        'states().get(exercise.name) == "passed"',
        'states().get(exercise.name) == "failed"',
        "test_exercises.py::test_what_is_passed_stays_so_until_the_cases_change",
    ),
    "other cases, and still passed": (
        "exercises",
        "if at == _cases_hash(load(name))",
        "if at",
        "test_exercises.py::test_what_is_passed_stays_so_until_the_cases_change",
    ),
    # plots
    "half a pixel dropped from boxes": (
        "plots",
        "np.array([x1, x2, x2, x1, x1]) - 0.5",
        "np.array([x1, x2, x2, x1, x1])",
        "test_plots.py::test_box_runs_along_the_outer_edges_of_its_pixels",
    ),
    "scores for labels": (
        "plots",
        'f"{labels[i]}"',
        'f"{scores[i]}"',
        "test_plots.py::test_detections_say_label_and_score_at_the_corner_of_their_box",
    ),
    # coco
    "width and height taken for a corner": (
        "coco",
        "[x, y, x + w, y + h]",
        "[x, y, w, h]",
        "test_coco.py::test_boxes_and_labels_are_read_as_they_were_drawn",
    ),
    "labels in the file's order and not in that of ids": (
        "coco",
        "for number in sorted(categories)}",
        "for number in categories}",
        "test_coco.py::test_boxes_and_labels_are_read_as_they_were_drawn",
    ),
    "a box over the edge that is let through": (
        "coco",
        "abs(inside - box).max() > 1",
        "abs(inside - box).max() > 100",
        "test_coco.py::test_each_fault_is_one_line",
    ),
    "a link out of the folder that is followed": (
        "coco",
        "if not path.resolve().is_relative_to(folder.resolve()):",
        "if not path.is_relative_to(folder):",
        "test_coco.py::test_a_link_that_leaves_the_folder",
    ),
    "drawn boxes that are replaced by predicted ones": (
        "coco",
        'return all("score" in entry for entry in entries)',
        "return True",
        "test_coco.py::test_predictions_may_be_written_again_and_what_was_drawn_never_goes",
    ),
    "a picture on both sides of a split": (
        "coco",
        "if i not in test]",
        "if i >= 0]",
        "test_coco.py::test_no_picture_is_on_both_sides_of_a_split",
    ),
    # projects
    "test digits in training scenes": (
        "projects",
        '"train": (digits.x_train[:-sixth], digits.y_train[:-sixth])',
        '"train": (digits.x_train, digits.y_train)',
        "test_projects.py::test_no_digit_is_in_two_parts",
    ),
    "a box that stands where its digit is not": (
        "projects",
        "np.array([left, top, left, top]",
        "np.array([left, top, left, left]",
        "test_projects.py::test_the_box_is_tight",
    ),
    "a lone digit that touches the number": (
        "projects",
        "y1 - box[3], box[1] - y2) >= CLEAR",
        "y1 - box[3], box[1] - y2) >= 0",
        "test_projects.py::test_what_lies_beside_a_number_is_clear_of_it",
    ),
    "one of three numbers is enough for a step": (
        "rubric",
        "passed.all(axis=1)",
        "passed.any(axis=1)",
        "test_rubric.py::test_each_step_needs_all_its_numbers",
    ),
    "a right label alone counts as right": (
        "rubric",
        "(is_read & (ious >= LEAST_IOU)).mean()",
        "is_read.mean()",
        "test_rubric.py::test_kinds_of_errors_and_the_first_scenes_are_said",
    ),
    "answers to other scenes are judged": (
        "rubric",
        "if content[key] != head[key]:",
        "if key not in content:",
        "test_rubric.py::test_the_seed_of_another_file_cannot_be_written_into_it",
    ),
    "true is taken for a number": (
        "rubric",
        "type(value) in (int, float)",
        "isinstance(value, int | float)",
        "test_rubric.py::test_a_file_that_is_not_as_it_should_be_is_one_line",
    ),
}


def run(folder, *tests):
    """Run tests on the package in `folder`; pytest's exit code, and what it printed."""
    sys.dont_write_bytecode = True  # within a second, a change would not be seen
    packages = ("course_utils", "course")
    for name in [*sys.modules]:
        if name.split(".")[0] in packages or name.startswith("test_") or name == "conftest":
            del sys.modules[name]
    sys.path[:] = [str(folder), *(entry for entry in sys.path if entry != str(folder))]
    importlib.invalidate_caches()
    assert importlib.import_module("course_utils").__file__.startswith(str(folder))
    options = ["-q", "-x", "-p", "no:cacheprovider", "-o", "timeout=60", f"--rootdir={ROOT}"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = pytest.main([*options, *tests])
    return int(code), printed.getvalue()


def path_of(test):
    """The test's path: names of test files are unique."""
    name, _, function = test.partition("::")
    (path,) = (ROOT / "tests").rglob(name)
    return f"{path}::{function}"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of the package to change."""
    folder = tmp_path_factory.mktemp("a copy")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "course_utils", folder / "course_utils", ignore=ignored)
    return folder


@pytest.fixture(scope="module")
def worker():
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.mark.slow
def test_without_a_fault_all_of_them_pass(package, worker):
    tests = sorted({path_of(test) for *_, test in MUTATIONS.values()})
    code, printed = worker.submit(run, package, *tests).result()
    assert code == pytest.ExitCode.OK, printed


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_fault_in_the_package_is_seen(name, package, worker):
    module, right, wrong, test = MUTATIONS[name]
    path: Path = package / "course_utils" / f"{module}.py"
    text = path.read_text(encoding="utf-8")
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    try:
        code, printed = worker.submit(run, package, path_of(test)).result()
    finally:
        path.write_text(text, encoding="utf-8")
    assert code == pytest.ExitCode.TESTS_FAILED and "1 failed" in printed, printed
