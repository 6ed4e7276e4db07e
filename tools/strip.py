"""Draw docs/strip.png, the way from one pixel to a detector: the picture of README and book.

A panel a lesson, made with what the lesson uses. Six of them need no training; what the detector of
lesson 08 proposes and finds, in the last two, stands in docs/strip.json. `--anew` trains it once
more, which takes as long as the lesson.
"""

import argparse
import io
import json
import sys

from course_utils import (
    boxes,
    canvases,
    digits,
    heatmaps,
    lesson,
    losses,
    metrics,
    pixels,
    plots,
    scenes,
)
from environments import ROOT
from matplotlib import patheffects
from matplotlib import pyplot as plt
import numpy as np
from PIL import Image

from course import cli

PICTURE, FOUND = ROOT / "docs" / "strip.png", ROOT / "docs" / "strip.json"
SIZE = 50  # of the pictures of lessons 01 and 02, px
STRIDES = (4, 8, 16)  # of the pyramid of lessons 06 to 08, px
BRIGHT = 0.3  # drawn as white in the noise: the blurred pixel has 0.14
PROPOSALS, SURE = 32, 0.5  # how many are drawn; least score of a detection
CASING = [patheffects.withStroke(linewidth=4.5, foreground="black")]
TITLES = [
    *("one pixel", "… in noise", "what and where", "anywhere"),
    *("a loss that pulls", "near and far", "proposals", "found and read"),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--anew", action="store_true", help="train the detector of lesson 08 again")
    anew = parser.parse_args().anew
    data = digits.load_digits()
    if data.source != "mnist":
        raise SystemExit(f"no MNIST in {digits.data_dir()}: the strip shows digits of MNIST")
    if anew:
        text = json.dumps(detector_answers(), indent=1) + "\n"
        FOUND.write_text(text, encoding="utf-8", newline="\n")
    PICTURE.write_bytes(draw(data, json.loads(FOUND.read_text(encoding="utf-8"))))
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB")
    return 0


def scene(data, found):
    """The scene of the last three panels: image (96, 96, 3), boxes (n, 4), labels (n,)."""
    rng = np.random.default_rng(found["seed"])
    images, xyxy, labels = scenes.scene_set(data, found["scenes"], "test", rng)
    real = labels[found["scene"]] >= 0
    return images[found["scene"]], xyxy[found["scene"]][real], labels[found["scene"]][real]


def draw(data, found):
    """The strip as the bytes of a PNG of 1200 px by about 640. found: as in docs/strip.json."""
    plots.use_style()
    fig, axes = plt.subplots(2, 4, figsize=(12, 6.5))
    fig.get_layout_engine().set(w_pad=0.06, h_pad=0.08, wspace=0, hspace=0.02)
    for number, (ax, title) in enumerate(zip(axes.flat, TITLES, strict=True), start=1):
        ax.set_title(f"{number}  {title}", fontsize=17, weight="bold", pad=7)
    _one_pixel(axes[0, 0])
    _in_noise(axes[0, 1])
    _what_and_where(axes[0, 2], data)
    _anywhere(axes[0, 3], data)
    _pull(axes[1, 0], data)
    image, true, labels = scene(data, found)
    _near_and_far(axes[1, 1], image, true)
    _picture(axes[1, 2], image)
    _boxes(axes[1, 2], np.array(found["proposals"]), width=1.6)
    _picture(axes[1, 3], image)
    _boxes(axes[1, 3], np.array(found["boxes"]), labels=found["labels"])
    drawn, small = io.BytesIO(), io.BytesIO()
    fig.savefig(drawn, format="png")
    plt.close(fig)
    Image.open(drawn).convert("RGB").quantize(256).save(small, "png", optimize=True)
    return small.getvalue()


def _picture(ax, image):
    title = ax.get_title(loc="left")
    plots.image(ax, image)
    ax.set_title(title, loc="left", fontsize=17, weight="bold", pad=7)
    ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
    ax.spines[:].set_visible(False)
    height, width = image.shape[:2]
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))


def _boxes(ax, xyxy, color=plots.PREDICTED, width=2.6, labels=()):
    for x1, y1, x2, y2 in np.reshape(xyxy, (-1, 4)):
        x, y = np.array([x1, x2, x2, x1, x1]) - 0.5, np.array([y1, y1, y2, y2, y1]) - 0.5
        ax.plot(x, y, color=color, linewidth=width, path_effects=CASING, clip_on=True)
    for (x1, y1, _, _), label in zip(np.reshape(xyxy, (-1, 4)), labels, strict=False):
        frame = {"boxstyle": "square,pad=0.2", "facecolor": color, "edgecolor": "black"}
        words = {"fontsize": 16, "weight": "bold", "ha": "left"}
        inside = y1 < ax.get_ylim()[0] / 8  # no room above
        ax.text(x1, y1 + inside, str(label), va="top" if inside else "bottom", bbox=frame, **words)


def _one_pixel(ax):
    x, y = place = np.array([33, 17])
    _picture(ax, pixels.pixel_images(place[None], SIZE)[0])
    ax.plot([x, x], [y + 2, SIZE], ":", [-1, x - 2], [y, y], ":", color=plots.PREDICTED, lw=2.4)
    words = {"color": "white", "fontsize": 17}
    ax.text(x + 1.5, SIZE - 3, f"x = {x}", **words)
    ax.text(1, y - 2, f"y = {y}", **words)


def _in_noise(ax):
    """An image whose brightest pixel is far from the place that the exact posterior finds."""
    rng = np.random.default_rng(1)
    true = rng.integers(5, SIZE - 5, size=(60, 2))
    images = pixels.noisy_pixels(true, SIZE, rng)[..., 0]
    logs = heatmaps.log_posterior(255 * images, pixels.blurred_pixels(SIZE), 10, 0.02)
    best, brightest = (
        np.stack(np.divmod(of.argmax(axis=1), SIZE)[::-1], axis=1)
        for of in (logs, images.reshape(len(images), -1))
    )
    misled = (best == true).all(axis=1) & (np.hypot(*(brightest - true).T) > 15)
    i = np.flatnonzero(misled)[0]
    _picture(ax, np.clip(images[i], 0, BRIGHT))
    marks = {"mfc": "none", "path_effects": CASING}
    ax.plot(*brightest[i], "x", color=plots.TRUE, ms=13, mew=2.6, **marks)
    ax.plot(*best[i], "o", color=plots.PREDICTED, ms=22, mew=2.6, **marks)


def _what_and_where(ax, data):
    i = np.flatnonzero(data.y_test == 7)[0]
    _picture(ax, data.x_test[i])
    _boxes(ax, boxes.tight_box(data.x_test[i][None]), labels=[data.y_test[i]])


def _anywhere(ax, data):
    rng = np.random.default_rng(5)
    images, xyxy, labels = canvases.canvases(data.x_test, data.y_test, 1, rng)
    _picture(ax, images[0, ..., 0])
    _boxes(ax, xyxy[0], labels=labels)


def _pull(ax, data):
    """A true box, a predicted one, and for each edge where the gradient of GIoU's loss takes it."""
    rng = np.random.default_rng(7)
    options = {"image_size": 64, "count": (1, 1), "sides": (24, 34)}
    images, xyxy, _ = scenes.scene_set(data, 1, "test", rng, **options)
    true = xyxy[0, 0]
    predicted = true + np.array([12, -16, 18, -8], "float32")
    _picture(ax, images[0])
    _boxes(ax, true, plots.TRUE)
    _boxes(ax, predicted)
    step = np.eye(4, dtype="float32") / 8
    ahead, behind = (
        np.array(losses.giou_loss(np.tile(true, (4, 1)), predicted + sign * step))
        for sign in (1, -1)
    )
    pull = -(ahead - behind) / np.abs(ahead - behind).max()
    (x1, y1, x2, y2), (x, y) = predicted - 0.5, (predicted[:2] + predicted[2:]) / 2 - 0.5
    for (start, along), force in zip(
        [((x1, y), (1, 0)), ((x, y1), (0, 1)), ((x2, y), (1, 0)), ((x, y2), (0, 1))],
        pull,
        strict=True,
    ):
        end = np.array(start) + 11 * force * np.array(along)
        arrow = {"arrowstyle": "-|>,head_width=.5,head_length=.8", "color": plots.YELLOW}
        arrow |= {"linewidth": 3, "path_effects": CASING, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", end, start, arrowprops=arrow)


def _near_and_far(ax, image, true):
    """Each digit with the cells, inside its box, of the pyramid's level for digits of its size."""
    _picture(ax, image)
    for x1, y1, x2, y2 in true:
        side = max(x2 - x1, y2 - y1)
        level = int(side >= metrics.SMALL) + int(side >= metrics.LARGE)
        color, stride = (plots.YELLOW, plots.SKY, plots.PINK)[level], STRIDES[level]
        for x in np.arange(np.ceil(x1 / stride) * stride, x2, stride) - 0.5:
            ax.plot([x, x], [y1 - 0.5, y2 - 0.5], color=color, linewidth=1.2)
        for y in np.arange(np.ceil(y1 / stride) * stride, y2, stride) - 0.5:
            ax.plot([x1 - 0.5, x2 - 0.5], [y, y], color=color, linewidth=1.2)
        _boxes(ax, [x1, y1, x2, y2], color)


def detector_answers(number=14):
    """What docs/strip.json holds: lesson 08's detector, seed 0, on one of its test scenes."""
    from benchmarks.lesson_code import lesson_code

    lesson.setup(0)  # or the training is not that of the lesson
    of = lesson_code("08", "fit_s", also=("images", "SEED", "detector"))
    image = of["images"][number][None]
    first = of["parts"].model.predict([image, np.zeros((1, 0, 4), "float32")], verbose=0)
    detector = of["detector"](of["parts"])
    found, scores, labels = (part[0] for part in detector.predict(image, verbose=0))
    sure = scores >= SURE
    return {
        "seed": 0,  # of the test scenes
        "scenes": len(of["images"]),
        "scene": number,
        "proposals": np.round(first["rois"][0][:PROPOSALS], 2).tolist(),
        "boxes": np.round(found[sure], 2).tolist(),
        "labels": labels[sure].tolist(),
    }


if __name__ == "__main__":
    sys.exit(cli.exit_status("strip", main))
