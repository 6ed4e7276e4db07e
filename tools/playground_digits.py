"""Write the digits of the playground of anchors: boxes of the scenes of lessons 06 to 08.

The page has no kernel, so it holds the numbers: of the digits in 100 test scenes of MNIST, nine
numerals each: x1, y1, x2, y2 in pixels of the 96×96 picture, two numerals each, and the label.
"""

from pathlib import Path
import re
import sys

from course_utils import digits, scenes
from environments import ROOT
import numpy as np

from course import cli

PAGE = ROOT / "book" / "playgrounds" / "anchors.html"
SCENES, SEED, PER_LINE = 100, 7, 20


def main():
    data = digits.load_digits()
    if data.source != "mnist":
        raise SystemExit(f"no MNIST in {digits.data_dir()}: the page shows digits of MNIST")
    write(PAGE, as_text(data))
    return 0


def as_text(data):
    """The digits as lines of numerals, PER_LINE digits a line."""
    _, boxes, labels = scenes.scene_set(data, SCENES, "test", np.random.default_rng(SEED))
    real = labels >= 0
    rows = np.concatenate([boxes[real].astype(int), labels[real][:, None]], axis=1).tolist()
    words = ["{:02}{:02}{:02}{:02}{}".format(*row) for row in rows]
    return "\n".join("".join(words[i : i + PER_LINE]) for i in range(0, len(words), PER_LINE))


def write(path, text):
    page = Path(path).read_text(encoding="utf-8")
    page = re.sub(r"(?<=const DIGITS = `\n)[\d\n]*(?=\n`)", text, page)
    Path(path).write_text(page, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(cli.exit_status("playground_digits", main))
