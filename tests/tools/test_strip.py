"""The strip is what its tool draws, and shows what it says."""

import io
import json

from course_utils import boxes, digits
import matplotlib
import numpy as np
from PIL import Image
import pytest
import strip

FOUND = json.loads(strip.FOUND.read_text(encoding="utf-8"))
needs_mnist = pytest.mark.skipif(
    not (digits.data_dir() / "mnist.npz").exists(), reason="the strip shows MNIST: it is not here"
)


@needs_mnist
@pytest.mark.skipif(
    matplotlib.__version_info__ < (3, 11), reason="older Matplotlib sets the letters elsewhere"
)
def test_the_strip_is_what_its_tool_draws():
    """But for a few pixels: other versions of Matplotlib smooth letters otherwise."""
    drawn = Image.open(io.BytesIO(strip.draw(digits.load_digits(), FOUND))).convert("RGB")
    committed = Image.open(strip.PICTURE).convert("RGB")
    assert committed.size == drawn.size
    difference = np.abs(np.asarray(committed, "int16") - np.asarray(drawn, "int16"))
    assert difference.mean() < 2
    assert strip.PICTURE.stat().st_size < 150_000


@needs_mnist
def test_the_scene_of_the_strip_is_found_and_read_whole():
    _, true, labels = strip.scene(digits.load_digits(), FOUND)
    overlap = np.array(boxes.pairwise_iou(true, np.array(FOUND["boxes"], "float32")))
    assert len(FOUND["boxes"]) == len(true)
    assert (overlap.max(axis=1) > 0.5).all()
    assert [FOUND["labels"][i] for i in overlap.argmax(axis=1)] == labels.tolist()
    assert len(FOUND["proposals"]) == strip.PROPOSALS
    reached = np.array(boxes.pairwise_iou(true, np.array(FOUND["proposals"], "float32")))
    assert (reached.max(axis=1) > 0.5).all()


def test_the_bundled_digits_are_no_substitute(monkeypatch):
    bundled = digits.Digits(*[None] * 4, source="sklearn")
    monkeypatch.setattr(digits, "load_digits", lambda: bundled)
    monkeypatch.setattr("sys.argv", ["strip"])
    with pytest.raises(SystemExit, match="no MNIST in"):
        strip.main()
