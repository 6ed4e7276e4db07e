"""What trainings share: a line of progress, a learning-rate schedule, prediction in batches."""

import hashlib
import io
import json
import os
from pathlib import Path
import tempfile
import time

from course_utils import BUILD, KEPT, _tensorflow  # noqa: F401
from IPython.display import display
import keras
from keras import ops
import numpy as np


def warmup_cosine(steps, peak):
    """A learning rate that rises from a fiftieth to `peak` and falls on half a cosine to 0.

    It rises for a twentieth of the `steps`. After Goyal et al., arXiv:1706.02677 (warm-up), and
    Loshchilov and Hutter, arXiv:1608.03983. Returns a schedule for a Keras optimizer.
    """
    warmup = steps // 20
    return keras.optimizers.schedules.CosineDecay(
        peak / 50, steps - warmup, warmup_target=peak, warmup_steps=warmup
    )


def in_batches(function, *arrays, batch_size=100):
    """What a function of tensors returns, called with `batch_size` rows of the arrays at a time.

    function: returns a tuple or list of tensors; arrays: of equal length. Returns a list of NumPy
    arrays, each as long.
    """
    parts = [
        function(*(array[start : start + batch_size] for array in arrays))
        for start in range(0, len(arrays[0]), batch_size)
    ]
    return [
        np.concatenate([ops.convert_to_numpy(part) for part in outputs])
        for outputs in zip(*parts, strict=True)
    ]


def milliseconds(model, picture, rounds=30):
    """The median time in which a model answers for one picture (1, H, W, C), in ms."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        model.predict_on_batch(picture)
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times))


def epoch_by_epoch(name, model, epochs, run_epoch):
    """Train for hours, and go on after a pause: the trained model, and a row for each epoch.

    name: of what is kept; model: compiled; run_epoch: function of the model that trains it for one
    epoch and returns a row, a dict of numbers. After each epoch the rows are written into
    `benchmarks/unfinished` and the model into `build/unfinished`, from where the next call goes on;
    without the model it begins anew. `lesson.kept` clears both away. Each epoch has a seed of its
    own, so a pause changes nothing.
    """
    rows_path, models = KEPT.parent / "unfinished" / f"{name}.json", BUILD / "unfinished"
    rows_path.parent.mkdir(parents=True, exist_ok=True)
    models.mkdir(parents=True, exist_ok=True)
    rows = json.loads(rows_path.read_text(encoding="utf-8")) if rows_path.exists() else []
    last = models / f"{name}.{len(rows)}.keras"
    if last.exists():
        model = keras.models.load_model(last)
    else:
        rows = []
    while len(rows) < epochs:
        keras.utils.set_random_seed(len(rows))
        rows.append(run_epoch(model))
        model.save(models / f"{name}.{len(rows)}.keras")
        beside = rows_path.with_suffix(".part")
        beside.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8", newline="\n")
        beside.replace(rows_path)  # from here on the next call goes on behind this epoch
        (models / f"{name}.{len(rows) - 1}.keras").unlink(missing_ok=True)
    return model, rows


def save_model(model, name, temporary=False):
    """Save a trained Keras model for the lessons after, as ``build/models/NAME.keras``; its path.

    temporary: into a temporary folder instead, as where the project cannot be written.
    """
    folder = Path(__file__).resolve().parent.parent / "build" / "models"
    if temporary or not _can_write(folder):
        folder = Path(tempfile.mkdtemp(prefix="course-model-"))
    path, beside = folder / f"{name}.keras", folder / f"{name}.{os.getpid()}.part.keras"
    model.save(beside)
    beside.replace(path)  # there whole or not at all
    return path


def save_weights(model, name):
    """Keep a model's weights for other lessons, as `benchmarks/kept/NAME.npz`, in half precision.

    Beside it stands its SHA-256, as `sha256sum` writes it. Returns the path; the same weights give
    the same bytes. Raises ValueError where a weight is not finite in half precision.
    """
    with np.errstate(over="ignore"):
        weights = [weight.astype("float16") for weight in model.get_weights()]
    if not all(np.isfinite(weight).all() for weight in weights):
        raise ValueError("a weight is NaN, infinite, or too large for half precision")
    file, path = io.BytesIO(), KEPT / f"{name}.npz"
    np.savez_compressed(file, **{f"{i:03}": weight for i, weight in enumerate(weights)})
    KEPT.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.getvalue())
    line = f"{hashlib.sha256(file.getvalue()).hexdigest()}  {path.name}\n"
    path.with_suffix(".sha256").write_text(line, encoding="utf-8", newline="\n")
    return path


def load_weights(model, name):
    """Give a model of the same layers the weights that `save_weights` kept under that name.

    Raises ValueError when the file is not the one whose SHA-256 was kept, or the model's weights
    have other shapes; FileNotFoundError when there is none.
    """
    path = KEPT / f"{name}.npz"
    content = path.read_bytes()
    kept = path.with_suffix(".sha256").read_text(encoding="utf-8").split()[0]
    if hashlib.sha256(content).hexdigest() != kept:
        raise ValueError(f"{path.name} is damaged: its SHA-256 is not the one that was kept")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        model.set_weights([file[key].astype("float32") for key in sorted(file.files)])


def _can_write(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


class Progress(keras.callbacks.Callback):
    """One line that follows `fit`, and stays as its tidy end; use with ``verbose=0``.

    ``seconds`` is the time that `fit` took, the building of its graph included.
    """

    def on_train_begin(self, logs=None):
        optimizer = self.model.optimizer
        if not optimizer.built:  # else TensorFlow meets new variables, and builds the graph twice
            optimizer.build(self.model.trainable_variables)
        self.started = self.drawn = time.perf_counter()
        self.epoch, self.logs, self.seconds = 0, {}, 0.0
        self.line = display({"text/plain": "training…"}, raw=True, display_id=True)

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        if now - self.drawn > 0.5:
            self.drawn = now
            steps = self.params["steps"] or batch + 1
            done = (self.epoch + (batch + 1) / steps) / self.params["epochs"]
            bar = "█" * int(20 * done) + "░" * (20 - int(20 * done))
            left = (now - self.started) * (1 - done) / done
            self._draw(f"{bar} {self._state()} · about {left:.0f} s left")

    def on_epoch_end(self, epoch, logs=None):
        self.epoch, self.logs = epoch + 1, dict(logs or {})

    def on_train_end(self, logs=None):
        self.seconds = time.perf_counter() - self.started
        self._draw(self._state())

    def _state(self):
        values = [f"{name} {float(value):.4g}" for name, value in self.logs.items()]
        return " · ".join([f"epoch {self.epoch} of {self.params['epochs']}", *values])

    def _draw(self, text):
        if self.line is not None:  # there is none outside IPython
            self.line.update({"text/plain": text}, raw=True)
