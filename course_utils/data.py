"""The data of the lessons: generated pixels, and handwritten digits from disk."""

import functools
import hashlib
import os
from pathlib import Path
import subprocess
import sys
from typing import NamedTuple
import zipfile

from course_utils.heatmaps import CLUTTER_RANGE
import numpy as np

DATA_DIR = Path(__file__).resolve().parent.parent / "data"

# Of each array's bytes: the zip container around them differs between sources.
MNIST = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}
DOWNLOAD_SECONDS = 60


class Digits(NamedTuple):
    """Handwritten digits. x: uint8 (N, 28, 28), white on black; y: int64 (N,), 0 to 9."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str  # "mnist" or "sklearn"


def pixel_images(xy, size):
    """Black images with one white pixel each.

    xy: integers (N, 2), pixel (x, y) = (column, row), 0 <= x, y < size.
    Returns float32 (N, size, size, 1) with values 0 and 1.
    Raises TypeError when xy is not of integers, ValueError on another shape or place.
    """
    xy = _whole_pixels(xy, size)
    images = np.zeros((len(xy), size, size, 1), dtype="float32")
    images[np.arange(len(xy)), xy[:, 1], xy[:, 0]] = 1
    return images


@functools.lru_cache(maxsize=4)
def blurred_pixels(size):
    """The blurred white pixel at every place: what an image of `noisy_pixels` is without noise.

    Returns float32 (size * size, size, size) in grey levels, 0 to 255, read-only; the place
    (x, y) is number y * size + x. Blurred by OpenCV's 5×5 Gaussian (its own sigma, about 1.1),
    which mirrors the image at its edge, the edge pixel not repeated.
    """
    import cv2

    y, x = np.divmod(np.arange(size * size), size)
    white = 255 * pixel_images(np.stack([x, y], axis=1), size)
    blurred = np.stack([cv2.GaussianBlur(image, (5, 5), 0) for image in white])
    blurred.setflags(write=False)
    return blurred


def noisy_pixels(xy, size, rng, noise=10.0, clutter=0.02):
    """Images of one blurred white pixel under noise and clutter.

    xy: integers (N, 2), the true places; size: side in pixels, >= 3; rng: numpy Generator.
    To every pixel of `blurred_pixels`, each for itself: add Gaussian noise of standard deviation
    `noise`; with probability `clutter` add something uniform in CLUTTER_RANGE; clip to 0…255.
    All in grey levels; nothing is rounded. Returns float32 (N, size, size, 1) in [0, 1].
    Raises ValueError when noise < 0 or clutter is not in [0, 1], and as `pixel_images`.
    """
    if noise < 0 or not 0 <= clutter <= 1:
        raise ValueError(f"need noise >= 0 and 0 <= clutter <= 1, got {noise} and {clutter}")
    xy = _whole_pixels(xy, size)
    images = blurred_pixels(size)[xy[:, 1] * size + xy[:, 0]]
    images += np.float32(noise) * rng.standard_normal(images.shape, dtype="float32")
    hit = np.flatnonzero(rng.random(images.size, dtype="float32") < clutter)
    images.ravel()[hit] += rng.uniform(*CLUTTER_RANGE, size=len(hit)).astype("float32")
    return (np.clip(images, 0, 255) / 255)[..., None]


def load_digits():
    """MNIST if it can be had, else the digits bundled with scikit-learn, enlarged to 28×28.

    Looks for ``mnist.npz`` in the data folder: $COURSE_DATA if set, else ``data`` beside
    ``course_utils``. Absent: one download through Keras, given up after a minute. Returns
    `Digits`; its ``source`` says which ones they are. Raises ValueError when the file is there
    but is not MNIST: a damaged file is never replaced in silence.
    """
    path = data_dir() / "mnist.npz"
    if path.exists() or _download(path):
        return _read_mnist(path)
    return _bundled_digits()


def data_dir():
    """The folder that downloads go to, as a Path: $COURSE_DATA, or ``data`` of the project."""
    return Path(os.environ.get("COURSE_DATA") or DATA_DIR)


def _whole_pixels(xy, size):
    xy = np.asarray(xy)
    if not np.issubdtype(xy.dtype, np.integer):
        raise TypeError(f"xy must hold integers (whole pixels), got dtype {xy.dtype}")
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ValueError(f"xy must be (N, 2), got shape {xy.shape}")
    if size < 1 or (xy < 0).any() or (xy >= size).any():
        raise ValueError(f"xy must lie in [0, size) with size >= 1; size is {size}")
    return xy


def _read_mnist(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in MNIST}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read ({error}). {_REMEDY}") from None
    for name, sha256 in MNIST.items():
        if hashlib.sha256(arrays[name].tobytes()).hexdigest() != sha256:
            raise ValueError(f"{path}: the array {name} is not MNIST's. {_REMEDY}")
    return Digits(
        arrays["x_train"],
        arrays["y_train"].astype("int64"),
        arrays["x_test"],
        arrays["y_test"].astype("int64"),
        "mnist",
    )


_REMEDY = "Delete the file, and it is downloaded again; or put a good copy in its place."

# Run in a process of its own, which can be ended when a server answers with silence.
_FETCH = """
import os, socket, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
socket.setdefaulttimeout(5)
import keras
origin = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
keras.utils.get_file("mnist.npz", origin=origin, cache_dir=sys.argv[1], cache_subdir="",
    file_hash="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1")
"""


def _download(path):
    """Try once to put MNIST at `path`; True when it is there."""
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=path.parent) as folder:
            command = [sys.executable, "-c", _FETCH, folder]
            subprocess.run(command, check=True, capture_output=True, timeout=DOWNLOAD_SECONDS)
            (Path(folder) / "mnist.npz").replace(path)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _bundled_digits():
    """scikit-learn's 1,797 digits of 8×8: enlarged to 20×20 on a 28×28 canvas, as MNIST is.

    The last fifth is the test set: the file goes from writer to writer, so most writers of one
    part do not appear in the other.
    """
    import cv2
    from sklearn.datasets import load_digits as load_sklearn_digits

    bunch = load_sklearn_digits()
    small = (bunch.images * (255 / 16)).astype("float32")
    large = [cv2.resize(image, (20, 20), interpolation=cv2.INTER_CUBIC) for image in small]
    x = np.pad(np.clip(np.rint(large), 0, 255).astype("uint8"), ((0, 0), (4, 4), (4, 4)))
    y = bunch.target.astype("int64")
    split = len(x) * 4 // 5
    return Digits(x[:split], y[:split], x[split:], y[split:], "sklearn")
