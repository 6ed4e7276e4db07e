import base64
import io

from course_utils import plots
import matplotlib
from matplotlib import pyplot as plt
import numpy as np
from PIL import Image
import pytest


@pytest.fixture
def ax():
    plots.use_style()
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)


def test_show_gives_one_picture_with_its_sentence_and_the_same_bytes(monkeypatch):
    shown = []
    monkeypatch.setattr(plots, "display", lambda bundle, **options: shown.append((bundle, options)))
    for _ in range(2):
        plots.use_style()
        fig, ax = plt.subplots()
        plots.histogram(ax, np.arange(10), "IoU")
        plots.show(fig, "A flat histogram.")
    (first, options), (caption, _), (second, _), _ = shown
    assert first == second
    assert caption["text/markdown"] == "*A flat histogram.*"
    assert first["text/plain"] == "A flat histogram."
    assert options["metadata"]["image/png"]["alt"] == "A flat histogram."
    png = base64.b64decode(first["image/png"])
    assert png.startswith(b"\x89PNG")
    assert Image.open(io.BytesIO(png)).size == (640, 480)  # 100 pixels an inch
    assert not plt.get_fignums()


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3)])
def test_image_has_axes_in_pixels(ax, shape):
    assert plots.image(ax, np.zeros(shape), title="black") is ax
    assert ax.get_xlabel() == "x (px)"
    assert ax.get_xlim() == (-0.5, 6.5)
    assert ax.get_ylim() == (4.5, -0.5)  # y down


def test_points_are_drawn_at_x_and_y(ax):
    plots.points(ax, [(3, 1)], [(4, 2)])
    true, predicted = ax.lines
    assert (true.get_xdata()[0], true.get_ydata()[0]) == (3, 1)
    assert (predicted.get_xdata()[0], predicted.get_ydata()[0]) == (4, 2)


def test_box_runs_along_the_outer_edges_of_its_pixels(ax):
    plots.boxes(ax, [[2, 1, 5, 3], [0, 0, 1, 1]], label="true")
    line = ax.lines[0]
    assert (min(line.get_xdata()), max(line.get_xdata())) == (1.5, 4.5)
    assert (min(line.get_ydata()), max(line.get_ydata())) == (0.5, 2.5)
    assert len(ax.get_legend_handles_labels()[1]) == 1  # one entry, however many boxes


def test_curves_and_error_map(ax):
    class History:
        history = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 2.5, 2.4]}

    plots.curves(ax, History, ["loss", "val_loss"], "loss (px²)", log=True)
    assert [line.get_label() for line in ax.lines] == ["loss", "val_loss"]
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [1, 2, 3])
    _, other = plt.subplots()
    plots.error_map(other, np.eye(3), "errors")
    assert other.get_title(loc="left") == "errors"


def test_neighbouring_colours_differ_in_lightness():
    """So that the first colours can be told apart in grey, too."""
    grey = [np.dot(matplotlib.colors.to_rgb(c), [0.299, 0.587, 0.114]) for c in plots.COLORS]
    assert all(abs(a - b) > 0.1 for a, b in zip(grey[:4], grey[1:4], strict=False))


def test_detections_say_label_and_score_at_the_corner_of_their_box(ax):
    ax.set(xlim=(-20, 90), ylim=(90, -20))
    xyxy = [[2, 1, 5, 3], [10, 20, 30, 40]]
    plots.detections(ax, xyxy, [0.9, 0.256], [3, 7])
    assert [text.get_text() for text in ax.texts] == ["3  90 %", "7  26 %"]
    assert [text.get_position() for text in ax.texts] == [(1.5, 0.5), (9.5, 19.5)]
    assert len(ax.lines) == 2
    plots.detections(ax, xyxy, labels=[4, 5])
    plots.detections(ax, xyxy, [1, 0.5])
    assert [text.get_text() for text in ax.texts[2:]] == ["4", "5", "100 %", "50 %"]
    plots.detections(ax, np.zeros((0, 4)))
    assert len(ax.texts) == 6


def test_the_label_of_a_detection_is_seen_whole_at_every_edge(ax):
    plots.image(ax, np.zeros((96, 96), "uint8"))
    xyxy = [[0, 0, 30, 30], [70, -3, 99, 40], [88, 2, 96, 20], [0, 80, 20, 100], [85, 85, 95, 95]]
    plots.detections(ax, xyxy, np.ones(5), np.arange(5))
    ax.figure.canvas.draw()
    for text in ax.texts:
        inside = ax.transAxes.inverted().transform_bbox(text.get_window_extent())
        assert inside.min.min() > -0.02 and inside.max.max() < 1.02, text


def test_bytes_are_shown_from_black_to_white_and_other_types_from_end_to_end(ax):
    plots.image(ax, np.full((3, 4), 100, "uint8"))
    assert ax.images[0].get_clim() == (0, 255)
    plots.image(ax, np.array([[0.25, 0.5]]))
    assert ax.images[1].get_clim() == (0.25, 0.5)


def test_histogram_marks_the_mean(ax):
    plots.histogram(ax, [1.0, 2, 6], "error (px)", bins=5)
    assert ax.lines[0].get_xdata()[0] == 3
    assert ax.lines[0].get_label() == "mean 3"
    assert sum(patch.get_height() for patch in ax.patches) == 3


def test_gallery_has_rows_of_pictures_and_leaves_the_rest_empty():
    plots.use_style()
    pictures = np.zeros((5, 6, 8), "uint8")
    fig, axes = plots.gallery(pictures, columns=3)
    assert len(axes) == 5
    assert [len(ax.images) for ax in fig.axes] == [1] * 5 + [0]
    assert {round(ax.get_position().y0, 3) for ax in axes[:3]} != {
        round(ax.get_position().y0, 3) for ax in axes[3:]
    }
    limits = axes[0].get_xlim()
    plots.boxes(axes[0], [-9, 0, 20, 5])
    assert axes[0].get_xlim() == limits
    plt.close(fig)


def test_ap_by_iou_has_a_line_for_each_name(ax):
    row = {f"ap{t}": 1 - t / 100 for t in range(50, 100, 5)}
    plots.ap_by_iou(ax, {"one": row, "other": row}, "AP")
    assert [line.get_label() for line in ax.lines] == ["one", "other"]
    np.testing.assert_allclose(ax.lines[1].get_ydata(), 1 - ax.lines[1].get_xdata())


def test_seeds_are_circles_with_their_mean_and_the_difference(ax):
    plots.seeds(ax, {"ours": [0.4, 0.6], "other": [0.4, 0.4]}, "AP")
    assert [text.get_text() for text in ax.texts] == ["0.500", "0.400  (-0.100)"]
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [0.4, 0.6])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["ours", "other"]
    assert ax.yaxis_inverted()
