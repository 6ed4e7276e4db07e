from types import SimpleNamespace

from course_utils import CLAIM, RECORD, SETUP, SUMMARY, anchors, boxes, layers, lesson
import keras
import numpy as np
import pytest


@pytest.fixture
def shown(monkeypatch):
    """The bundles that a cell would hold, in order; the lesson is set up with seed 0."""
    bundles = []
    monkeypatch.setattr(lesson, "display", lambda bundle, **options: bundles.append(bundle))
    lesson.setup(0)
    bundles.clear()
    return bundles


def test_setup_seeds_everything(shown):
    def draw(seed=3):
        lesson.setup(seed)
        return [*keras.random.normal((3,)), *np.random.rand(3)]  # noqa: NPY002

    assert draw() == draw() != draw(4)
    draw()
    assert shown[-1][SETUP]["seed"] == 3
    assert {"python", "keras", "numpy"} <= shown[-1][SETUP]["versions"].keys()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's own trouble")
def test_a_large_gradient_is_added_up_in_one_order(shown):
    """Three terms of 41 MB: without `_switch_off_memory_optimizer` in one of three orders."""
    import tensorflow

    x, weight = keras.random.normal((2, 64, 50, 50, 64), seed=0)
    norm = keras.layers.BatchNormalization()

    @tensorflow.function
    def gradient():
        with tensorflow.GradientTape() as tape:
            tape.watch(x)
            y = keras.ops.sum(norm(keras.ops.relu(x), training=True) * weight)
        return tape.gradient(y, x)

    norm.build(x.shape)
    assert len({gradient().numpy().tobytes() for _ in range(12)}) == 1


@pytest.mark.parametrize("seed", [-1, 1.5, "0", True, None])
def test_bad_seed(seed):
    with pytest.raises(ValueError, match="seed must be an integer >= 0"):
        lesson.setup(seed)


def test_record_keeps_plain_numbers(shown):
    lesson.record(mae_px=np.float32(0.5), params=np.int64(1234), fit_s=2.0)
    assert shown[0][RECORD] == {"mae_px": 0.5, "params": 1234, "fit_s": 2.0}
    # JupyterLab saves 2.0 as 2: a whole number is an int from the start.
    assert [type(value) for value in shown[0][RECORD].values()] == [float, int, int]
    assert shown[0]["text/plain"] == "mae_px = 0.5\nparams = 1,234\nfit_s = 2"


@pytest.mark.parametrize(
    ("value", "error"),
    [(float("nan"), ValueError), (np.inf, ValueError), ("1", TypeError), (True, TypeError)],
)
def test_a_result_is_a_finite_number(shown, value, error):
    with pytest.raises(error, match="mae"):
        lesson.record(mae=value)
    assert shown == []


def test_claim_that_holds(shown):
    lesson.claim("Error", np.float32(0.25), at_most=0.25, unit="px")
    lesson.claim("Accuracy", 1, at_least=0.9)
    assert shown[0]["text/plain"] == "✓ Error: 0.25 px (at most 0.25 px)"
    assert shown[0][CLAIM] == {
        "sentence": "Error",
        "value": 0.25,
        "bound": 0.25,
        "sense": "at_most",
        "unit": "px",
        "passed": True,
    }
    assert shown[1][CLAIM]["sense"] == "at_least"


def test_a_claim_is_shown_as_markdown_that_says_the_same(shown):
    lesson.claim("a_b at *10×10* <p> | [1] #2 ~3 $4", 1, at_most=2)
    marked = shown[0]["text/markdown"]
    assert marked == r"✓ a\_b at \*10×10\* \<p\> \| \[1\] \#2 \~3 \$4: 1 (at most 2)"


@pytest.mark.parametrize("bound", [{"at_most": 1}, {"at_least": 3}])
def test_claim_that_fails_stops_the_lesson(shown, bound):
    with pytest.raises(lesson.ClaimFailed, match="✗ Two: 2"):
        lesson.claim("Two", 2, **bound)
    assert shown[0][CLAIM]["passed"] is False


def test_claim_that_fails_in_a_quick_run(shown):
    lesson.setup(0, quick=True)
    lesson.claim("Two", 2, at_most=1)
    assert shown[-1][CLAIM]["passed"] is False


@pytest.mark.parametrize("bounds", [{}, {"at_most": 1, "at_least": 0}])
def test_claim_needs_one_bound(shown, bounds):
    with pytest.raises(ValueError, match="at_most or at_least"):
        lesson.claim("Two", 2, **bounds)


def test_claim_of_nothing_fails(shown):
    with pytest.raises(ValueError, match="finite"):
        lesson.claim("Two", float("nan"), at_most=1)


def test_bound_for_each_source_of_digits(shown, monkeypatch):
    monkeypatch.setitem(lesson._state, "digits", "sklearn")
    lesson.claim("Accuracy", 0.9, at_least={"mnist": 0.99, "sklearn": 0.8})
    assert shown[0][CLAIM]["bound"] == 0.8


def test_summary(shown):
    columns = {"baseline": "argmax", "recipe": "R", "ours": "O", "limit": "exact"}
    lesson.summary(columns, {"error (px)": [0, 15.83, 1e-6, None]})
    assert shown[0]["text/markdown"].splitlines()[2] == "| error (px) | 0 | 15.83 | 1.0e-06 | – |"
    assert shown[0][SUMMARY]["rows"] == [("error (px)", [0, 15.83, 1e-6, None])]
    with pytest.raises(ValueError, match="4 values"):
        lesson.summary(columns, {"error (px)": [0]})


def test_kept_numbers_are_measured_once(shown, monkeypatch, tmp_path):
    monkeypatch.setattr(lesson, "KEPT", tmp_path / "kept")
    with pytest.raises(FileNotFoundError, match="losses.json"):
        lesson.kept("losses", lambda: {"a": 1})
    assert lesson.kept("losses", lambda: {"a": [0.1, 2]}, anew=True) == {"a": [0.1, 2]}
    assert lesson.kept("losses", lambda: pytest.fail("measured again")) == {"a": [0.1, 2]}


def test_what_is_kept_clears_away_what_was_unfinished(shown, monkeypatch, tmp_path):
    monkeypatch.setattr(lesson, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(lesson, "BUILD", tmp_path / "build")
    for folder in (tmp_path, tmp_path / "build"):
        (folder / "unfinished").mkdir(parents=True)
        for name in ("recipe.json", "recipe.3.keras", "other.json"):
            (folder / "unfinished" / name).touch()
    lesson.kept("recipe", lambda: 1, anew=True)
    left = [path.name for path in tmp_path.glob("**/unfinished/*")]
    assert left == ["other.json", "other.json"]


def test_a_quick_run_keeps_nothing(shown, monkeypatch, tmp_path):
    monkeypatch.setattr(lesson, "KEPT", tmp_path)
    lesson.setup(0, quick=True)
    with pytest.raises(ValueError, match="quick run"):
        lesson.kept("losses", lambda: {"a": 1}, anew=True)
    assert not any(tmp_path.iterdir())


def test_show_source_is_the_code_that_runs(shown):
    lesson.show_source(boxes.pairwise_iou)
    assert "def pairwise_iou(boxes1, boxes2):" in shown[0]["text/plain"]
    assert shown[0]["text/markdown"].startswith("```python\ndef pairwise_iou(boxes1,")
    assert shown[0]["text/markdown"].endswith("\n```")


def test_what_the_lesson_says_holds_its_numbers(shown):
    lesson.record(recipe_px=np.float32(15.5))
    lesson.record(ours_px=0.25)
    lesson.say("{recipe_px:.1f} px, **{ratio:.0f} times** {ours_px} px", ratio=15.5 / 0.25)
    assert shown[-1]["text/markdown"] == "15.5 px, **62 times** 0.25 px"
    assert shown[-1]["text/plain"] == shown[-1]["text/markdown"]
    with pytest.raises(KeyError, match="their_px"):
        lesson.say("{their_px:.1f} px")
    with pytest.raises(ValueError, match="ratio is nan"):
        lesson.say("{ratio}", ratio=float("nan"))
    lesson.setup(0)
    with pytest.raises(KeyError, match="ours_px"):  # of another run
        lesson.say("{ours_px}")


def test_the_source_is_shown_without_decorators(shown):
    lesson.show_source(layers.AddCoords)
    lines = shown[0]["text/plain"].splitlines()
    assert lines[0] == "class AddCoords(keras.layers.Layer):"
    assert "    def call(self, images):" in lines and "@" not in shown[0]["text/plain"]
    lesson.show_source(anchors.propose)  # its decorator has several lines
    assert shown[1]["text/plain"].startswith("def propose(\n    logits, deltas,")


def test_finish_records_the_time_since_setup(shown, monkeypatch):
    now = lesson.time.perf_counter()
    monkeypatch.setattr(lesson, "time", SimpleNamespace(perf_counter=lambda: now + 60))
    lesson.finish()
    assert shown[0][RECORD]["total_s"] == pytest.approx(60, abs=5)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345, "12,345"),
        (1234.56, "1235"),
        (999.96, "1000"),
        (0.123456, "0.1235"),
        (0.0001, "0.0001"),
        (0.00001234, "1.2e-05"),
        (0.0, "0"),
        (-2.5, "-2.5"),
    ],
)
def test_numbers_are_shown_in_four_digits(shown, value, text):
    lesson.record(one=value)
    assert shown[0]["text/plain"] == f"one = {text}"


def test_a_bound_for_other_digits_is_none(shown, monkeypatch):
    monkeypatch.setitem(lesson._state, "digits", "mnist")
    with pytest.raises(ValueError, match=r"no bound for digits mnist, only for \['sklearn'\]"):
        lesson.claim("Accuracy", 0.9, at_least={"sklearn": 0.8})
    lesson.setup(0)  # of another run, where no digits were loaded
    with pytest.raises(ValueError, match="no bound for digits None"):
        lesson.claim("Accuracy", 0.9, at_least={"mnist": 0.8})


def test_at_its_bound_a_claim_holds_in_both_senses(shown):
    lesson.claim("Error", 2, at_most=2)
    lesson.claim("Accuracy", 2, at_least=2)
    assert [bundle[CLAIM]["passed"] for bundle in shown] == [True, True]
    assert shown[1]["text/plain"] == "✓ Accuracy: 2 (at least 2)"
