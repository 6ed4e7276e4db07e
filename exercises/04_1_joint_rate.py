"""Right in both answers

Lesson 04 asks *what* and *where*. Say which share of the images has **both** answers right: the
label is the true one, and the IoU is at least a threshold. Two good rates say little about
this: with 90 % right labels and 90 % good boxes it may be 80 % or 90 %.
"""

import numpy as np


def joint_rate(logits, labels, ious, threshold):
    """Share of images, 0 to 1, with logits (N, K) greatest at their label (N,), and
    IoU (N,) >= threshold."""
    # begin solution
    is_read = logits.argmax(axis=1) == labels
    is_met = ious >= threshold
    return (is_read & is_met).mean()
    # end solution


HINTS = [
    "The answer of an image is the class with the greatest logit; no softmax is needed for that.",
    "Two arrays of True and False: read rightly, and met. `&` combines them image by image.",
    "The mean of an array of True and False is the share of True.",
]
L = "np.array([[0, 5, 1], [3, 1, 2], [0, 1, 9], [4, 0, 0]])"  # says 1, 0, 2, 0
CASES = [
    (
        "all right",
        f"joint_rate({L}, np.array([1, 0, 2, 0]), np.array([0.9, 0.8, 0.9, 0.8]), 0.5)",
        1,
        "4 of 4.",
    ),
    (
        "wrong labels",
        f"joint_rate({L}, np.array([1, 2, 1, 1]), np.array([0.9, 0.9, 0.9, 0.9]), 0.5)",
        0.25,
        "One label of four is right; all boxes are.",
    ),
    (
        "bad boxes",
        f"joint_rate({L}, np.array([1, 0, 2, 0]), np.array([0.9, 0.2, 0.1, 0.6]), 0.5)",
        0.5,
        "Two boxes of four are good; all labels are right.",
    ),
    (
        "not the same images",
        f"joint_rate({L}, np.array([1, 0, 1, 1]), np.array([0.1, 0.2, 0.9, 0.9]), 0.5)",
        0,
        "Half the labels and half the boxes are right, never of one image.",
    ),
    (
        "partly the same",
        f"joint_rate({L}, np.array([1, 0, 2, 1]), np.array([0.1, 0.9, 0.9, 0.9]), 0.5)",
        0.5,
        "0.75 · 0.75 would be 0.5625; here it is 2 of 4.",
    ),
    (
        "at the threshold",
        f"joint_rate({L}, np.array([1, 0, 2, 0]), np.array([0.75, 0.75, 0.5, 0.5]), 0.75)",
        0.5,
        "At least: 0.75 is enough.",
    ),
    (
        "logits below zero, and large ones",
        "joint_rate(np.array([[-1, -2], [-5, -3], [999, 2000]]), np.array([0, 1, 1]), np.ones(3), 0.5)",
        1,
        "The greatest, not the largest in size; and exp(2000) is infinite.",
    ),
]
WRONG = {
    "the two rates are multiplied": ("(is_read & is_met).mean()", "is_read.mean() * is_met.mean()"),
    "the smaller of the two rates is given": (
        "(is_read & is_met).mean()",
        "min(is_read.mean(), is_met.mean())",
    ),
    "one right answer is enough": ("is_read & is_met", "is_read | is_met"),
    "the label is not looked at": ("(is_read & is_met)", "is_met"),
    "the box is not looked at": ("(is_read & is_met)", "is_read"),
    "an IoU at the threshold does not count": ("ious >= threshold", "ious > threshold"),
    "the number is given, not the share": (".mean()", ".sum()"),
    "the least logit is taken": (".argmax(axis=1)", ".argmin(axis=1)"),
    "a softmax comes first, which overflows": (
        "logits.argmax",
        "(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).argmax",
    ),
    "only the images with a right label are counted": (
        "(is_read & is_met).mean()",
        "is_met[is_read].mean()",
    ),
    "the size of a logit counts, not its sign": ("logits.argmax", "np.abs(logits).argmax"),
}
