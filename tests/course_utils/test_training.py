import shutil
from types import SimpleNamespace

from course_utils import training
import keras
import numpy as np
import pytest


def test_progress_leaves_one_line_without_times(monkeypatch):
    lines = []

    class Handle:
        def update(self, bundle, **options):
            lines.append(bundle["text/plain"])

    monkeypatch.setattr(training, "display", lambda bundle, **options: Handle())
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    progress = training.Progress()
    x = np.ones((8, 2), "float32")
    model.fit(x, x[:, :1], epochs=3, batch_size=4, verbose=0, callbacks=[progress])
    assert lines[-1].startswith("epoch 3 of 3 · loss ")
    assert "s left" not in lines[-1]
    assert progress.seconds > 0


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX traces in another way")
def test_progress_spares_a_second_tracing():
    class Counting(keras.Model):
        traced = 0

        def compute_loss(self, *of, **named):
            Counting.traced += 1
            return super().compute_loss(*of, **named)

    def traced(callbacks):
        image = keras.Input((2,))
        model = Counting(image, keras.layers.Dense(1)(image))
        model.compile("adam", "mse", steps_per_execution=2)
        x, before = np.ones((8, 2), "float32"), Counting.traced
        model.fit(x, x[:, :1], batch_size=2, verbose=0, callbacks=callbacks)
        return Counting.traced - before

    assert traced([training.Progress()]) == traced([]) - 1


def test_progress_draws_a_bar_twice_a_second(monkeypatch):
    lines, now = [], iter(range(1000))  # a second passes from each look at the clock to the next

    class Handle:
        def update(self, bundle, **options):
            lines.append(bundle["text/plain"])

    monkeypatch.setattr(training, "display", lambda bundle, **options: Handle())
    monkeypatch.setattr(training, "time", SimpleNamespace(perf_counter=lambda: next(now)))
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, progress = np.ones((8, 2), "float32"), training.Progress()
    model.fit(x, x[:, :1], epochs=2, batch_size=4, verbose=0, callbacks=[progress])
    assert len(lines) == 5  # four batches, and the end
    assert lines[0] == "█" * 5 + "░" * 15 + " epoch 0 of 2 · about 3 s left"
    assert lines[2].startswith("█" * 15 + "░" * 5 + " epoch 1 of 2 · loss ")
    assert lines[2].endswith("about 1 s left")
    assert progress.seconds == 5


def test_the_learning_rate_warms_up_for_a_twentieth_and_falls_on_half_a_cosine():
    rate = training.warmup_cosine(steps=100, peak=1.0)
    assert float(rate(0)) == pytest.approx(1 / 50)
    assert float(rate(1)) == pytest.approx(1 / 50 + 49 / 50 / 5)
    assert float(rate(5)) == pytest.approx(1)
    assert float(rate(5 + 19)) == pytest.approx((1 + np.cos(np.pi / 5)) / 2, rel=1e-5)
    assert float(rate(100)) == pytest.approx(0, abs=1e-6)


def test_in_batches_calls_with_a_hundred_rows_and_puts_the_parts_together():
    lengths = []

    def function(x, y):
        lengths.append((len(x), len(y)))
        return keras.ops.convert_to_tensor(x) + 1, x * y

    x, y = np.arange(250.0), np.arange(250.0)[::-1]
    both = training.in_batches(function, x, y)
    assert lengths == [(100, 100), (100, 100), (50, 50)]
    np.testing.assert_array_equal(both[0], x + 1)
    np.testing.assert_array_equal(both[1], x * y)
    assert len(training.in_batches(function, x, y, batch_size=250)[1]) == 250
    assert lengths[3:] == [(250, 250)]


@pytest.mark.parametrize("reason", ["asked", "no place to write"])
def test_a_model_is_saved_whole_in_a_temporary_folder(reason, monkeypatch):
    if reason == "no place to write":
        monkeypatch.setattr(training, "_can_write", lambda folder: False)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    path = training.save_model(model, "a model", temporary=reason == "asked")
    assert [file.name for file in path.parent.iterdir()] == ["a model.keras"]
    again = keras.saving.load_model(path)
    np.testing.assert_array_equal(again.layers[-1].kernel, model.layers[-1].kernel)
    shutil.rmtree(path.parent)


# Kept runs are TensorFlow's; on JAX a loaded model draws from NumPy's generator before it shuffles.
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX shuffles otherwise")
def test_training_epoch_by_epoch_goes_on_after_a_pause(monkeypatch, tmp_path):
    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")

    def run_epoch(model):
        history = model.fit(x, x[:, :1] ** 2, batch_size=8, verbose=0).history
        return {"loss": history["loss"][0]}

    def new_model():
        keras.utils.set_random_seed(7)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        return model

    def keep_in(folder):
        monkeypatch.setattr(training, "KEPT", folder / "kept")
        monkeypatch.setattr(training, "BUILD", folder / "build")

    keep_in(tmp_path / "whole")
    whole, rows = training.epoch_by_epoch("R", new_model(), 3, run_epoch)
    assert len(rows) == 3
    keep_in(tmp_path / "paused")
    count = iter(range(2))

    def stops(model):
        return run_epoch(model) if next(count, None) is not None else 1 / 0

    with pytest.raises(ZeroDivisionError):
        training.epoch_by_epoch("R", new_model(), 3, stops)
    left = {path.name for path in (tmp_path / "paused").rglob("*.*")}
    assert left == {"R.json", "R.2.keras"}
    paused, again = training.epoch_by_epoch("R", new_model(), 3, run_epoch)
    assert again == rows
    for one, other in zip(whole.get_weights(), paused.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    (tmp_path / "paused" / "build" / "unfinished" / "R.3.keras").unlink()
    assert training.epoch_by_epoch("R", new_model(), 1, run_epoch)[1] == rows[:1]  # anew


def small_model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="hidden")])
    return keras.Sequential([model, keras.layers.BatchNormalization()])


def test_weights_are_kept_in_half_precision_and_come_back(monkeypatch, tmp_path):
    monkeypatch.setattr(training, "KEPT", tmp_path / "kept")
    model, other = small_model(), small_model()
    path = training.save_weights(model, "some")
    first = path.read_bytes()
    training.load_weights(other, "some")
    for weight, given in zip(other.get_weights(), model.get_weights(), strict=True):
        assert weight.dtype == "float32"
        np.testing.assert_array_equal(weight, given.astype("float16").astype("float32"))
    assert training.save_weights(model, "some").read_bytes() == first
    with pytest.raises(ValueError, match="weights"):
        training.load_weights(keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]), "some")
    path.write_bytes(first[:-1] + b"!")
    with pytest.raises(ValueError, match=r"some\.npz is damaged"):
        training.load_weights(other, "some")


def test_weights_that_half_precision_cannot_hold_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(training, "KEPT", tmp_path)
    model = small_model()
    model.set_weights([weight + 1e6 for weight in model.get_weights()])
    with pytest.raises(ValueError, match="too large for half precision"):
        training.save_weights(model, "some")
    assert not list(tmp_path.iterdir())


def test_milliseconds_is_the_median(monkeypatch):
    now = iter([0, 1, 1, 3, 3, 9])
    monkeypatch.setattr(training, "time", SimpleNamespace(perf_counter=lambda: next(now)))
    model = SimpleNamespace(predict_on_batch=lambda picture: None)
    assert training.milliseconds(model, np.zeros((1, 2, 2, 3)), rounds=3) == 2000
