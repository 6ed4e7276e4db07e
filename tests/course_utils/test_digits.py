import contextlib
import os
import socket
import subprocess
import sys
from threading import Thread
import time

from course_utils import digits
import numpy as np
import pytest

from conftest import bound_by_permissions


def write_mnist(path, **changes):
    """A file with MNIST's four names and small arrays of zeros, or what `changes` says."""
    arrays = {name: np.zeros(3, "uint8") for name in digits.MNIST} | changes
    np.savez(path, **arrays)


@pytest.fixture
def no_download(monkeypatch):
    """Refuse the download at once, as a machine without a network does."""

    def refuse(command, **options):
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(subprocess, "run", refuse)


def test_bundled_digits_when_there_is_no_mnist(tmp_path, monkeypatch, no_download):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "not made yet"))
    loaded = digits.load_digits()
    assert loaded.source == "sklearn"
    assert loaded.x_train.shape[1:] == loaded.x_test.shape[1:] == (28, 28)
    assert loaded.x_train.dtype == np.uint8
    assert len(loaded.x_train) + len(loaded.x_test) == 1797
    assert set(loaded.y_train) == set(loaded.y_test) == set(range(10))
    assert loaded.x_train.max() == 255
    assert not loaded.x_train[:, :4].any()  # a margin, as MNIST has
    assert list(tmp_path.rglob("*")) == [tmp_path / "not made yet"]


def test_real_mnist():
    if not (digits.data_dir() / "mnist.npz").exists():
        pytest.skip("no mnist.npz in the data folder")
    loaded = digits.load_digits()
    assert loaded.source == "mnist"
    assert loaded.x_train.shape == (60_000, 28, 28)
    assert loaded.x_train.mean() == pytest.approx(33.318421449829934)
    assert loaded.y_test[0] == 7


def damage_nothing_but_sums(path):
    write_mnist(path)


def damage_one_array_missing(path):
    np.savez(path, x_train=np.zeros(3, "uint8"))


def damage_truncated(path):
    write_mnist(path)
    path.write_bytes(path.read_bytes()[:100])


def damage_not_a_zip(path):
    path.write_text("<html>Please log in to the network</html>")


def damage_empty(path):
    path.touch()


def damage_pickle_inside(path):
    write_mnist(path, x_train=np.array([{"a": 1}], dtype=object))


def damage_a_folder(path):
    path.mkdir()


@pytest.mark.parametrize(
    "damage", [value for name, value in globals().items() if name.startswith("damage_")]
)
def test_damaged_mnist_is_an_error_with_file_and_remedy(tmp_path, monkeypatch, damage):
    path = tmp_path / "mnist.npz"
    damage(path)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    with pytest.raises(ValueError, match=r"mnist\.npz.*(Delete the file|good copy)"):
        digits.load_digits()


def test_refused_download_leaves_nothing(tmp_path, monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    started = time.perf_counter()
    assert not digits._download(tmp_path / "mnist.npz")
    assert time.perf_counter() - started < 40
    assert list(tmp_path.iterdir()) == []


def test_silent_server_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(digits, "_FETCH", "import time; time.sleep(60)")
    monkeypatch.setattr(digits, "DOWNLOAD_SECONDS", 1)
    started = time.perf_counter()
    assert not digits._download(tmp_path / "mnist.npz")
    assert time.perf_counter() - started < 20
    assert list(tmp_path.iterdir()) == []


def page(body, length=None):
    """An HTTP answer that says it is `length` bytes long."""
    return f"HTTP/1.1 200 OK\r\nContent-Length: {length or len(body)}\r\n\r\n{body}".encode()


ANSWERS = {
    "silence": None,
    "a page of HTML": page("<html>Please log in to the network</html>"),
    "a file that ends early": page("PK", length=11_490_434),
    "another file": page("PK" * 1000),
    "an error": b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
}


@contextlib.contextmanager
def server(answer):
    """A server on loopback that gives one answer to all, or, of None, takes calls in silence."""
    held = []  # a socket that is forgotten is closed
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    held.append(connection)
                    if answer is not None:
                        connection.recv(4096)
                        connection.sendall(answer)
                        connection.close()

        Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        for connection in held:
            connection.close()


@pytest.mark.notebook
@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("of", ["origin", "proxy"])
def test_a_download_that_goes_wrong_leaves_nothing(tmp_path, monkeypatch, answer, of):
    path = tmp_path / "a data folder" / "mnist.npz"
    with server(ANSWERS[answer]) as address:
        if of == "proxy":
            monkeypatch.setenv("https_proxy", address)
        else:
            before, origin = digits._FETCH, "https://storage.googleapis.com"
            monkeypatch.setattr(digits, "_FETCH", before.replace(origin, address))
            assert before != digits._FETCH
            monkeypatch.setenv("no_proxy", "127.0.0.1")
        started = time.perf_counter()
        assert not digits._download(path)
        assert time.perf_counter() - started < digits.DOWNLOAD_SECONDS + 5
    assert list(path.parent.iterdir()) == []


LOAD = "from course_utils import digits; print(digits.load_digits().source)"


@pytest.mark.parametrize("data", ["", "not there"])
def test_a_data_folder_that_nobody_may_write_to(tmp_path, data):
    folder = tmp_path / "read only"
    folder.mkdir()
    folder.chmod(0o555)
    environment = os.environ | {"COURSE_DATA": str(folder / data)}
    try:
        done = subprocess.run(
            bound_by_permissions([sys.executable, "-c", LOAD]),
            env=environment | {"https_proxy": "http://127.0.0.1:9"},
            capture_output=True,
            text=True,
        )
    finally:
        folder.chmod(0o755)
    assert done.stdout == "sklearn\n", done.stderr
    assert list(folder.iterdir()) == []
