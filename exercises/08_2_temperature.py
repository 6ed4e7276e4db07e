"""Can a score be believed?

A network that was trained for long is too sure of itself. One number repairs much of it: divide
all logits by a **temperature** T before the softmax. Above 1 it makes the network less sure,
below 1 more; the greatest logit stays the greatest. Choose T > 0 so that the mean of −log
P(label) is least, on predictions that were held out from training.

Find it to 0.1 %, between 0.05 and 20. There is no formula, but there is only one valley.
Nothing may overflow.
"""

import numpy as np


def temperature(logits, labels):
    """The best T for logits (N, K) and labels (N,)."""

    # begin solution
    def loss(t):
        scaled = logits / t
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(scaled).sum(axis=1))
        return (log_sum - scaled[np.arange(len(labels)), labels]).mean()

    low, high = np.log(0.05), np.log(20)
    for _ in range(9):
        tries = np.linspace(low, high, 11)
        best = int(np.argmin([loss(np.exp(one)) for one in tries]))
        low, high = tries[max(best - 1, 0)], tries[min(best + 1, 10)]
    return np.exp((low + high) / 2)
    # end solution


HINTS = [
    "Write the loss first, as a function of T: −log of the softmax at the label is log Σ exp(z) − z[label], with z = logits / T.",
    "Subtract the greatest z of each row before the exponential: the loss stays the same, and nothing overflows.",
    "One valley: try a row of temperatures, take the neighbours of the best as the new ends, and again. Even steps of log T are fairer than even steps of T.",
]


def near(t, wanted):
    """`wanted`, if T is that to 0.1 %; else T as it is."""
    return wanted if np.shape(t) == () and abs(t / wanted - 1) < 0.001 else t


def coin(share, logit, n=20):
    """Predictions of two classes, all with the same logit for the first, right in a share of them."""
    labels = (np.arange(n) >= share * n).astype(int)
    return np.tile([float(logit), 0.0], (n, 1)), labels


def off(function):
    """By which share 1 / T is off, for what lesson 08's detector says of the proposals of 30 scenes."""
    from course_utils.exercises import stored

    told = stored("08_seeds")[0]["told"]
    labels = np.ravel(told["label"]).astype(int)
    z = np.reshape(told["logits"], (len(labels), -1))
    t = function(z, labels)
    p = np.exp((z - z.max(axis=1, keepdims=True)) / t)
    p /= p.sum(axis=1, keepdims=True)
    mean = (p * z).sum(axis=1)
    gap = z[np.arange(len(labels)), labels] - mean
    return round(float(t * gap.sum() / ((p * z**2).sum(axis=1) - mean**2).sum()), 2)


COIN = 2 / np.log(3)  # logit / T must be log(0.75 / 0.25)
CASES = [
    (
        "too sure",
        "near(temperature(*coin(0.75, 2)), COIN)",
        COIN,
        "It says 88 % and is right in 75 %: T = 2 / log 3.",
    ),
    (
        "not sure enough",
        "near(temperature(*coin(0.75, 0.5)), COIN / 4)",
        COIN / 4,
        "It says 62 %: T is below 1.",
    ),
    (
        "very sure",
        "near(temperature(*coin(0.9, 30)), 30 / np.log(9))",
        30 / np.log(9),
        "It must end at 90 %.",
    ),
    (
        "hardly sure",
        "near(temperature(*coin(0.9, 0.2)), 0.2 / np.log(9))",
        0.2 / np.log(9),
        "It must end at 90 %, too.",
    ),
    (
        "a constant more",
        "near(temperature(coin(0.75, 2)[0] + 5000 * (np.arange(20) % 2)[:, None], coin(0.75, 2)[1]), COIN)",
        COIN,
        "5000 on every other row: exp(5000) is infinite, and a softmax does not see the constant.",
    ),
    (
        "always right",
        "max(temperature(*coin(1.0, 0.5)), 0.06)",
        0.06,
        "The surer the better: the lower end of the range.",
    ),
    (
        "no better than chance",
        "min(temperature(*coin(0.4, 3)), 18)",
        18,
        "The less sure the better: the upper end.",
    ),
    (
        "three classes",
        "near(temperature(np.array([[2.0, 0, 0]] * 10), np.array([0] * 6 + [1] * 2 + [2] * 2)), COIN)",
        COIN,
        "The probabilities must be as 3 : 1 : 1.",
    ),
    (
        "never the second class",
        "near(temperature(np.array([[2.0, 1, 0]] * 7), np.array([0] * 5 + [2] * 2)), 1 / np.log(2))",
        1 / np.log(2),
        "No T fits; of −log P the least is where the probabilities are as 4 : 2 : 1.",
    ),
    (
        "a trained detector",
        "off(temperature)",
        0,
        "The loss is least where Σ z[label] over all rows is what the probabilities expect, Σ p · z.",
    ),
]
WRONG = {
    "no temperature is needed, 1 is given": (
        "    def loss(t):",
        "    return 1.0\n\n    def loss(t):",
    ),
    "logits are multiplied, not divided": ("logits / t", "logits * t"),
    "the search ends after its first row": ("range(9)", "range(1)"),
    "nothing is subtracted before exp, which overflows": (
        "scaled - scaled.max(axis=1, keepdims=True)",
        "scaled",
    ),
    "temperatures below 1 are not tried": ("np.log(0.05), np.log(20)", "np.log(1), np.log(20)"),
    "temperatures above 5 are not tried": ("np.log(0.05), np.log(20)", "np.log(0.05), np.log(5)"),
    "the greatest loss is sought": ("np.argmin([", "np.argmax(["),
    "the greatest of all rows is subtracted, not of each": (
        "scaled.max(axis=1, keepdims=True)",
        "scaled.max()",
    ),
    "the squared gaps of the probabilities are made least, not −log P": (
        "return (log_sum - scaled[np.arange(len(labels)), labels]).mean()",
        "gap = np.exp(scaled - log_sum[:, None]) - np.eye(logits.shape[1])[labels]\n"
        "        return (gap**2).sum(axis=1).mean()",
    ),
}
