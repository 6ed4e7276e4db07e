"""One look for all figures. Every function draws into the Axes it is given and returns it."""

import base64
import io
import itertools

from course_utils.checks import expects
from cycler import cycler
from IPython.display import display
import matplotlib
from matplotlib import patheffects
from matplotlib import pyplot as plt
import numpy as np
from PIL import Image

# Okabe & Ito's palette: distinct also without red-green vision; order = order of use.
BLUE, ORANGE, GREEN, PINK, SKY, RED, YELLOW = COLORS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
)
TRUE, PREDICTED = SKY, ORANGE


def use_style():
    """The style of the course, for every figure that follows."""
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(
        {
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": cycler(color=COLORS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "grid.color": "#dddddd",
            "image.cmap": "gray",
            "legend.frameon": False,
            "lines.linewidth": 1.8,
        }
    )


def show(fig, sentence):
    """Display a figure and close it. `sentence` says what is to be seen: its caption and alt text.

    An asterisk in the sentence would end the caption's italics: write × and ∗.
    """
    drawn, small = io.BytesIO(), io.BytesIO()
    fig.savefig(drawn, format="png", dpi=100)
    plt.close(fig)
    # 256 colours look the same and need a fifth of the bytes where there are photographs.
    Image.open(drawn).convert("RGB").quantize(256).save(small, "png", optimize=True)
    png = base64.b64encode(small.getvalue()).decode()
    display(
        {"image/png": png, "text/plain": sentence},
        metadata={"image/png": {"alt": sentence}},
        raw=True,
    )
    display({"text/markdown": f"*{sentence}*", "text/plain": sentence}, raw=True)


@expects(picture="H+ W+ | H+ W+ 1 | H+ W+ 3")
def image(ax, picture, title=""):
    """A grey (H, W), (H, W, 1) or colour (H, W, 3) image, pixel centres at whole numbers.

    Of uint8, 0 is black and 255 white; of other types, the least value and the greatest.
    """
    picture = np.asarray(picture)
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[..., 0]
    greys = {"vmin": 0, "vmax": 255} if picture.dtype == np.uint8 else {}
    ax.imshow(picture, interpolation="nearest", **greys)
    ax.set(title=title, xlabel="x (px)", ylabel="y (px)")
    ax.grid(False)
    return ax


@expects(pictures="N+ H+ W+ | N+ H+ W+ 1 | N+ H+ W+ 3", columns="int > 0")
def gallery(pictures, columns=5, width=11):
    """A figure of pictures in rows of `columns`, without ticks, and their Axes (N,)."""
    rows, side = -(-len(pictures) // columns), width / columns  # rows rounded up
    fig, axes = plt.subplots(rows, columns, figsize=(width, 1.06 * side * rows), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, picture in zip(axes.flat, pictures, strict=False):
        image(ax, picture)
        ax.autoscale(False)  # a box that reaches beyond the picture does not shrink it
    return fig, axes.flat[: len(pictures)]


@expects(true="2 | N 2", pred="2 | N 2")
def points(ax, true, pred=None):
    """True points (N, 2) as circles and predicted ones as crosses, in pixels (x, y)."""
    true = np.atleast_2d(true)
    ax.plot(true[:, 0], true[:, 1], "o", color=TRUE, mfc="none", ms=9, mew=1.8, label="true")
    if pred is not None:
        pred = np.atleast_2d(pred)
        ax.plot(pred[:, 0], pred[:, 1], "x", color=PREDICTED, ms=7, mew=1.8, label="predicted")
    return ax


@expects(boxes="4 | N 4")
def boxes(ax, boxes, color=TRUE, linestyle="-", label=None):
    """Boxes (N, 4) or (4,), xyxy in pixels, drawn along the outer edges of their pixels.

    A thin rim, black around light colours and white around dark ones, sets them off.
    """
    rim = "black" if sum(matplotlib.colors.to_rgb(color)) > 1.3 else "white"
    effects = [patheffects.Stroke(linewidth=2.8, foreground=rim), patheffects.Normal()]
    style = {"color": color, "linestyle": linestyle, "path_effects": effects}
    for i, (x1, y1, x2, y2) in enumerate(np.atleast_2d(boxes)):
        x, y = np.array([x1, x2, x2, x1, x1]) - 0.5, np.array([y1, y1, y2, y2, y1]) - 0.5
        ax.plot(x, y, label=label if i == 0 else None, **style)
    return ax


_draw_boxes = boxes  # an argument hides the name below


@expects(boxes="N 4 | 0", scores="N", labels="N")
def detections(ax, boxes, scores=None, labels=None, color=PREDICTED, linestyle="-"):
    """Boxes (N, 4), each with its label and its score in per cent where given: both (N,).

    The text stands above the box, or inside where the picture ends; near the right edge it ends
    with the box.
    """
    boxes = np.reshape(boxes, (-1, 4))
    _draw_boxes(ax, boxes, color, linestyle)
    to_axes = ax.transData + ax.transAxes.inverted()
    for i, (x1, y1, x2, _) in enumerate(boxes - 0.5):
        parts = [] if labels is None else [f"{labels[i]}"]
        parts += [] if scores is None else [f"{100 * scores[i]:.0f} %"]
        from_left, from_bottom = to_axes.transform((x1, y1))
        x, ha = (x1, "left") if from_left < 0.7 else (min(x2, max(ax.get_xlim())), "right")
        va = "bottom" if from_bottom < 0.92 else "top"
        of_box = {"boxstyle": "square,pad=0.15", "color": color}
        place = {"fontsize": 8, "ha": ha, "va": va, "clip_on": True, "bbox": of_box}
        ax.text(x, y1, "  ".join(parts), **place)
    return ax


def curves(ax, history, names, ylabel, log=False):
    """Training curves of a Keras History: one line for each name in `names`, by epoch."""
    if unknown := set(names) - set(history.history):
        raise ValueError(f"no curve {sorted(unknown)}; there are {', '.join(history.history)}")
    for name, style in zip(names, itertools.cycle(("-", "--", ":", "-.")), strict=False):
        values = history.history[name]
        ax.plot(np.arange(1, len(values) + 1), values, style, marker=".", label=name)
    ax.set(xlabel="epoch", ylabel=ylabel)
    ax.xaxis.get_major_locator().set_params(integer=True)
    if log:
        ax.set_yscale("log")
    ax.legend()
    return ax


@expects(errors="H+ W+")
def error_map(ax, errors, title, vmax=None, label="error (px)"):
    """An (H, W) map of errors, one cell a position, with its colour bar; light is large."""
    drawn = ax.imshow(errors, cmap="viridis", vmin=0, vmax=vmax)
    ax.set(title=title, xlabel="x of the pixel (px)", ylabel="y of the pixel (px)")
    ax.grid(False)
    ax.figure.colorbar(drawn, ax=ax, label=label, shrink=0.8, extend="max" if vmax else "neither")
    return ax


@expects(values="finite")
def histogram(ax, values, xlabel, bins=40, title=""):
    """How often each value occurs, with the mean as a dashed line. values: (...), at least one."""
    values = np.asarray(values)
    if not values.size:
        raise ValueError("values must hold at least one number, got none")
    ax.hist(values.ravel(), bins=bins, color=BLUE)
    mean = values.mean()
    ax.axvline(mean, color=ORANGE, linestyle="--", label=f"mean {mean:.3g}")
    ax.set(title=title, xlabel=xlabel, ylabel="count")
    ax.legend()
    return ax


def ap_by_iou(ax, found, title=""):
    """AP at each threshold of IoU, a line for each of `found`: {name: `metrics.coco_metrics`}."""
    thresholds = np.arange(50, 100, 5)
    styles = itertools.cycle(("o-", "s--", "^:", "d-.", "v-"))
    for (name, row), style in zip(found.items(), styles, strict=False):
        ax.plot(thresholds / 100, [row[f"ap{t}"] for t in thresholds], style, ms=4, label=name)
    ax.set(title=title, xlabel="IoU that is asked for", ylabel="AP", ylim=(0, 1))
    ax.legend()
    return ax


def seeds(ax, rows, xlabel):
    """A row for each name of `rows`, {name: values of some seeds}: circles, and their mean.

    The mean is drawn as a line and stands at the end of the row, behind it the difference from that
    of the first row.
    """
    first = np.mean(next(iter(rows.values())))
    for place, values in enumerate(rows.values()):
        mean = np.mean(values)
        ax.plot(values, [place] * len(values), "o", color=BLUE, mfc="none", ms=6)
        ax.plot([mean, mean], [place - 0.3, place + 0.3], color="black")
        text = f"{mean:.3f}" + (f"  ({mean - first:+.3f})" if place else "")
        ax.text(1.02, place, text, va="center", transform=ax.get_yaxis_transform())
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set(xlabel=xlabel, ylim=(len(rows) - 0.5, -0.5))
    return ax
