"""What if every box were exact?

Which part of a detector errs? Put in the truth for one part and measure again. Here for the
*places*: each detection whose best IoU with a true box of its image is at least 0.5 gets
exactly that box's edges. All other detections stay as they are, so nothing is found that was
not found before. Rows with label −1 are padding, in both, and stay what they are; a padded true
box is no box. Of true boxes with equal IoU the first is taken.
"""

import numpy as np


def iou_of_all(a, b):
    """IoU (N, M) of boxes (N, 4) with boxes (M, 4); 0 for a box without area."""
    shared = np.minimum(a[:, None, 2:], b[:, 2:]) - np.maximum(a[:, None, :2], b[:, :2])
    shared = np.clip(shared, 0, None).prod(axis=-1)
    areas = (a[:, 2:] - a[:, :2]).prod(axis=1)[:, None]
    union = areas + (b[:, 2:] - b[:, :2]).prod(axis=1) - shared
    return np.where(shared > 0, shared / np.where(union > 0, union, 1), 0.0)


def oracle_places(boxes, labels, true_boxes, true_labels):
    """Boxes (N, 4) of one image, put right; labels (N,), true_boxes (M, 4),
    true_labels (M,), M >= 1."""
    # begin solution
    iou = iou_of_all(boxes, true_boxes)
    iou = np.where(true_labels >= 0, iou, 0.0)
    is_met = (iou.max(axis=1) >= 0.5) & (labels >= 0)
    return np.where(is_met[:, None], true_boxes[iou.argmax(axis=1)], boxes)
    # end solution


HINTS = [
    "Detections in rows, true boxes in columns: the best true box of each detection is the argmax of its row.",
    "`true_boxes[numbers]` picks a true box for each detection; `np.where` takes it, or the box as it was.",
    "Padding: a true box with label −1 must not win, and a detection with label −1 must not change.",
]
T = "np.array([[0.0, 0, 10, 10], [8, 0, 18, 10]])"


def detector_after(function):
    """Of what lesson 08's detector says of 30 scenes: how many boxes are met and not exact after it,
    and whether any was changed."""
    from course_utils.exercises import stored

    told = {name: np.array(value) for name, value in stored("08_seeds")[0]["told"].items()}
    met_not_exact, is_changed = 0, False
    for scene in range(len(told["boxes"])):
        given = [told[name][scene] for name in ("boxes", "labels", "true_boxes", "true_labels")]
        boxes, labels, true_boxes, true_labels = given
        after = function(*given)
        iou = iou_of_all(after[labels >= 0], true_boxes[true_labels >= 0]).max(axis=1, initial=0)
        met_not_exact += ((iou >= 0.5) & (iou < 1 - 1e-9)).sum()
        is_changed |= bool((after != boxes).any())
    return met_not_exact, is_changed


CASES = [
    (
        "met",
        f"oracle_places(np.array([[1.0, 0, 10, 10]]), np.array([0]), {T}, np.array([0, 4]))",
        [[0, 0, 10, 10]],
        "IoU 0.9: it gets the true edges.",
    ),
    (
        "not met",
        f"oracle_places(np.array([[5.5, 5, 15, 15]]), np.array([0]), {T}, np.array([0, 4]))",
        [[5.5, 5, 15, 15]],
        "No IoU of 0.5: it stays, to the fraction.",
    ),
    (
        "at the bound",
        f"oracle_places(np.array([[0.0, 0, 10, 5]]), np.array([0]), {T}, np.array([0, 4]))",
        [[0, 0, 10, 10]],
        "Exactly 0.5 is enough.",
    ),
    (
        "the nearer one",
        f"oracle_places(np.array([[7.0, 0, 17, 10], [1, 0, 11, 10]]), np.array([0, 0]), {T}, np.array([0, 4]))",
        [[8, 0, 18, 10], [0, 0, 10, 10]],
        "Each takes its own best.",
    ),
    (
        "two are met",
        "oracle_places(np.array([[0.0, 0, 10, 10]]), np.array([0]), np.array([[0.0, 0, 10, 6], [0, 0, 10, 9]]), np.array([0, 4]))",
        [[0, 0, 10, 9]],
        "IoU 0.6 and 0.9: the better one.",
    ),
    (
        "two are met equally",
        "oracle_places(np.array([[0.0, 0, 10, 10]]), np.array([0]), np.array([[-2.0, 0, 8, 10], [2, 0, 12, 10]]), np.array([0, 4]))",
        [[-2, 0, 8, 10]],
        "The first.",
    ),
    (
        "another label",
        f"oracle_places(np.array([[1.0, 0, 10, 10]]), np.array([7]), {T}, np.array([0, 4]))",
        [[0, 0, 10, 10]],
        "Only places are put right here: the label is not asked.",
    ),
    (
        "twice",
        f"oracle_places(np.array([[1.0, 0, 10, 10], [0, 0, 10, 8]]), np.array([0, 0]), {T}, np.array([0, 4]))",
        [[0, 0, 10, 10], [0, 0, 10, 10]],
        "Duplicates stay duplicates.",
    ),
    (
        "padded truth",
        f"oracle_places(np.array([[7.0, 0, 17, 10]]), np.array([0]), {T}, np.array([0, -1]))",
        [[7, 0, 17, 10]],
        "The second true box is none.",
    ),
    (
        "padded truth is nearer",
        "oracle_places(np.array([[0.0, 0, 10, 10]]), np.array([0]), np.array([[0.0, 0, 10, 9], [0, 0, 10, 8]]), np.array([-1, 1]))",
        [[0, 0, 10, 8]],
        "The first true box is none: the second is the best, with IoU 0.8.",
    ),
    (
        "a padded detection",
        f"oracle_places(np.array([[1.0, 0, 10, 10], [0, 0, 0, 0]]), np.array([-1, 0]), {T}, np.array([0, 4]))",
        [[1, 0, 10, 10], [0, 0, 0, 0]],
        "Nothing is said there: nothing is put right.",
    ),
    (
        "a trained detector",
        "detector_after(oracle_places)",
        [0, True],
        "Each box is a true one then, or below an IoU of 0.5 with all of them; and some are changed.",
    ),
]
WRONG = {
    "every detection gets its nearest true box, met or not": (
        "(iou.max(axis=1) >= 0.5) & (labels >= 0)",
        "(iou.max(axis=1) >= 0) & (labels >= 0)",
    ),
    "a padded true box takes part": ("np.where(true_labels >= 0, iou, 0.0)", "1.0 * iou"),
    "a padded detection is changed": (" & (labels >= 0)", ""),
    "an IoU of exactly 0.5 is not enough": (">= 0.5)", "> 0.5)"),
    "the labels must agree": (
        "np.where(true_labels >= 0, iou, 0.0)",
        "np.where((true_labels >= 0) & (true_labels == labels[:, None]), iou, 0.0)",
    ),
    "the first true box that is met is taken, not the best": (
        "iou.argmax(axis=1)]",
        "(iou >= 0.5).argmax(axis=1)]",
    ),
    "the mean of all true boxes that are met is taken": (
        "    return np.where(is_met[:, None], true_boxes[iou.argmax(axis=1)], boxes)",
        "    met = iou >= 0.5\n    mean = met @ true_boxes / np.maximum(met.sum(axis=1), 1)[:, None]\n"
        "    return np.where(is_met[:, None], mean, boxes)",
    ),
    "of true boxes with equal IoU the last is taken": (
        "true_boxes[iou.argmax(axis=1)]",
        "true_boxes[iou.shape[1] - 1 - iou[:, ::-1].argmax(axis=1)]",
    ),
    "padded true boxes are left out after the best was chosen, not before": (
        "np.where(true_labels >= 0, iou, 0.0)",
        "np.where((true_labels >= 0)[iou.argmax(axis=1)][:, None], iou, 0.0)",
    ),
    "a detection with label 0 is taken for padding": ("labels >= 0)\n", "labels > 0)\n"),
    "a true box with label 0 is taken for padding": ("true_labels >= 0", "true_labels > 0"),
    "edges become whole numbers": (
        "true_boxes[iou.argmax(axis=1)], boxes)",
        "true_boxes[iou.argmax(axis=1)], boxes).astype(int)",
    ),
    "a true box is given away only once": (
        "    return np.where(is_met",
        "    owner = iou.argmax(axis=1)\n    for n in range(len(boxes)):\n        is_met[n] &= owner[n] not in owner[:n][is_met[:n]]\n    return np.where(is_met",
    ),
    "what is not met is dropped": (
        "true_boxes[iou.argmax(axis=1)], boxes)",
        "true_boxes[iou.argmax(axis=1)], 0 * boxes)",
    ),
    "nothing is put right": ("is_met[:, None], true_boxes", "False, true_boxes"),
}
