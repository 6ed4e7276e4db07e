"""Handwritten digits from disk: MNIST, or the digits that scikit-learn bundles."""

import hashlib
import os
from pathlib import Path
import subprocess
import sys
from typing import NamedTuple
import zipfile

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
