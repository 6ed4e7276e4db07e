import subprocess
import time

from course_utils import data
import cv2
import numpy as np
import pytest


def write_mnist(path, **changes):
    """A file with MNIST's four names and small arrays of zeros, or what `changes` says."""
    arrays = {name: np.zeros(3, "uint8") for name in data.MNIST} | changes
    np.savez(path, **arrays)


def test_pixel_is_at_column_x_and_row_y():
    images = data.pixel_images(np.array([[3, 1], [0, 9]]), 10)
    assert images.shape == (2, 10, 10, 1)
    assert images.dtype == np.float32
    assert images[0, 1, 3, 0] == 1
    assert images[1, 9, 0, 0] == 1
    assert images.sum() == 2


@pytest.mark.parametrize(
    ("xy", "size", "error", "says"),
    [
        ([[1.0, 2.0]], 5, TypeError, "integers"),
        ([1, 2], 5, ValueError, r"\(N, 2\)"),
        ([[1, 5]], 5, ValueError, "size is 5"),
        ([[-1, 0]], 5, ValueError, r"\[0, size\)"),
        ([[0, 0]], 0, ValueError, "size is 0"),
    ],
)
def test_pixel_images_bad_input(xy, size, error, says):
    with pytest.raises(error, match=says):
        data.pixel_images(xy, size)


def test_pixel_images_are_fast():
    xy = np.random.default_rng(0).integers(0, 50, (15_000, 2))
    data.pixel_images(xy, 50)
    started = time.process_time()
    data.pixel_images(xy, 50)
    assert time.process_time() - started < 0.2


@pytest.fixture
def no_download(monkeypatch):
    """Refuse the download at once, as a machine without a network does."""

    def refuse(command, **options):
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(subprocess, "run", refuse)


def test_bundled_digits_when_there_is_no_mnist(tmp_path, monkeypatch, no_download):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "not made yet"))
    digits = data.load_digits()
    assert digits.source == "sklearn"
    assert digits.x_train.shape[1:] == digits.x_test.shape[1:] == (28, 28)
    assert digits.x_train.dtype == np.uint8
    assert len(digits.x_train) + len(digits.x_test) == 1797
    assert set(digits.y_train) == set(digits.y_test) == set(range(10))
    assert digits.x_train.max() == 255
    assert not digits.x_train[:, :4].any()  # a margin, as MNIST has
    assert list(tmp_path.rglob("*")) == [tmp_path / "not made yet"]


def test_real_mnist():
    if not (data.data_dir() / "mnist.npz").exists():
        pytest.skip("no mnist.npz in the data folder")
    digits = data.load_digits()
    assert digits.source == "mnist"
    assert digits.x_train.shape == (60_000, 28, 28)
    assert digits.x_train.mean() == pytest.approx(33.318421449829934)
    assert digits.y_test[0] == 7


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
        data.load_digits()


def test_refused_download_leaves_nothing(tmp_path, monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    started = time.perf_counter()
    assert not data._download(tmp_path / "mnist.npz")
    assert time.perf_counter() - started < 40
    assert list(tmp_path.iterdir()) == []


def test_silent_server_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "_FETCH", "import time; time.sleep(60)")
    monkeypatch.setattr(data, "DOWNLOAD_SECONDS", 1)
    started = time.perf_counter()
    assert not data._download(tmp_path / "mnist.npz")
    assert time.perf_counter() - started < 20
    assert list(tmp_path.iterdir()) == []


def test_noisy_pixels_without_noise_is_the_blurred_pixel():
    xy = np.array([[0, 0], [2, 1], [9, 6]])
    images = data.noisy_pixels(xy, 10, np.random.default_rng(0), noise=0, clutter=0)
    assert images.shape == (3, 10, 10, 1) and images.dtype == np.float32
    for image, (x, y) in zip(images[..., 0], xy, strict=True):
        white = np.zeros((10, 10), "float32")
        white[y, x] = 255
        np.testing.assert_allclose(255 * image, cv2.GaussianBlur(white, (5, 5), 0), rtol=1e-6)
    assert 255 * images[2].max() == pytest.approx(35, abs=1)


def test_noisy_pixels_has_the_noise_and_the_clutter_it_says():
    xy = np.zeros((400, 2), "int64")
    far = np.s_[:, 20:, 20:, 0]  # beyond the blurred pixel's reach
    noise = data.noisy_pixels(xy, 50, np.random.default_rng(0), noise=10, clutter=0)[far] * 255
    assert (noise == 0).mean() == pytest.approx(0.5, abs=0.005)  # the negative half, clipped
    assert np.sqrt((noise**2).mean() * 2) == pytest.approx(10, rel=0.01)
    hits = data.noisy_pixels(xy, 50, np.random.default_rng(0), noise=0, clutter=0.02)[far] * 255
    assert (hits > 0).mean() == pytest.approx(0.02, abs=0.001)
    assert hits[hits > 0].min() == pytest.approx(5, abs=0.1)
    assert hits.max() == pytest.approx(40, abs=0.1)


def test_noisy_pixels_same_state_same_bytes_and_nothing_shared():
    xy = np.array([[3, 4]])
    first, again = (data.noisy_pixels(xy, 9, np.random.default_rng(5)) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert not data.blurred_pixels(9).flags.writeable


@pytest.mark.parametrize("bad", [{"noise": -1}, {"clutter": 1.5}, {"clutter": -0.1}])
def test_noisy_pixels_refuses(bad):
    with pytest.raises(ValueError, match="noise >= 0 and 0 <= clutter <= 1"):
        data.noisy_pixels(np.zeros((1, 2), int), 5, np.random.default_rng(0), **bad)
