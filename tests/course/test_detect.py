"""`course detect` with a detector of the course's layers that needs no training."""

import json
import signal

from course_utils import coco, layers, photos, roi
import keras
from keras import ops
import numpy as np
from PIL import Image
from pycocotools.coco import COCO
import pytest
from rich.console import Console

from conftest import ROOT, command
from course import detect

SIZE, CELL = 48, 8  # of the model's pictures, and of what it finds


def detector():
    """Finds red, green and blue squares of 8 px, on a grid of 8 px: labels 0, 1 and 2."""
    image = keras.Input((SIZE, SIZE, 3))
    count = (SIZE // CELL) ** 2
    bright = ops.max(keras.layers.AveragePooling2D(CELL)(image), axis=-1)
    logits = ops.reshape(bright, (-1, count, 1)) / 10 - 20
    propose = layers.Propose(SIZE, (CELL,), ((CELL,),), (1,), count, count)
    no_deltas = ops.concatenate([logits - logits] * 4, axis=-1)
    boxes, scores = propose(logits, no_deltas)
    colours = ops.mean(roi.RoiAlign((1,), CELL)([image], boxes), axis=(2, 3))
    background = ops.full_like(colours[..., :1], 250)  # a score of 0.993
    probability = ops.softmax(ops.concatenate([colours, background], axis=-1))
    found = roi.Detect(count, 0.5)(
        roi.Move(SIZE)(no_deltas, boxes), probability, ops.ones_like(scores), scores
    )
    return keras.Model(image, found)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("a model") / "08.keras"
    detector().save(path)
    return path


def painted(height, width, squares):
    """A black picture with a square of 8 px at each (x, y) of its label."""
    picture = np.zeros((height, width, 3), "uint8")
    for x, y, label in squares:
        picture[y : y + CELL, x : x + CELL, label] = 255
    return picture


SQUARES = [(0, 0, 0), (40, 40, 1), (96, 64, 2), (144, 88, 0)]


@pytest.fixture
def folder(tmp_path):
    """A folder of two pictures, one of them below it, and what is none."""
    top = tmp_path / "my pictures – ä"
    (top / "more").mkdir(parents=True)
    Image.fromarray(painted(96, 152, SQUARES)).save(top / "B.PNG")
    Image.fromarray(painted(40, 48, [(8, 16, 1)])).save(top / "more" / "a b.bmp")
    (top / "notes.txt").write_text("no picture")
    (top / ".hidden.png").write_bytes(b"")
    return top


def found(out):
    """What stands in the COCO file: for each picture the boxes with their labels, in order."""
    written = json.loads((out / "detections.json").read_text("utf-8"))
    of = {image["id"]: (image["file_name"], []) for image in written["images"]}
    for entry in written["annotations"]:
        x, y, w, h = entry["bbox"]
        assert (w, h) == (CELL, CELL) and entry["score"] > 0.99
        of[entry["image_id"]][1].append((x, y, entry["category_id"]))
    return {name: sorted(squares) for name, squares in of.values()}


def nothing_half_done(out):
    return not [path for path in out.rglob("*") if "part" in path.suffix]


def said_in(text):
    """Its lines; older versions of Rich leave an empty one where the bar was."""
    return [line for line in text.splitlines() if line]


def test_pictures_of_a_folder(folder, model, tmp_path, capsys):
    out = tmp_path / "out"
    assert command("detect", folder, "--model", model, "--out", out) == 0
    assert found(out) == {"B.PNG": SQUARES, "more/a b.bmp": [(8, 16, 1)]}
    with Image.open(out / "drawn" / "B.jpg") as drawn:
        assert drawn.width >= 800
    assert (out / "drawn" / "more" / "a b.jpg").exists()
    assert nothing_half_done(out)
    said = said_in(capsys.readouterr().out)
    assert said[0].startswith("[1/2] B.PNG: 4 digits, ")
    assert said[1].startswith("[2/2] more/a b.bmp: 1 digit, ")
    assert said[2].startswith("5 digits in 2 of 2 pictures, ")
    assert said[3].startswith("Digits where there are none? --score 0.9 ")
    assert said[4:] == [
        f"Boxes, as a COCO file: {out / 'detections.json'}",
        f"Pictures with their boxes: {out / 'drawn'}",
    ]


def test_a_path_that_is_wrong_leaves_what_an_earlier_run_found(folder, model, tmp_path, capsys):
    out = tmp_path / "out"
    assert command("detect", folder, "--model", model, "--out", out) == 0
    before = (out / "detections.json").read_bytes()
    assert command("detect", tmp_path / "gone.png", "--model", model, "--out", out) == 2
    assert "gone.png: there is no such file or folder" in capsys.readouterr().err
    assert (out / "detections.json").read_bytes() == before


def test_the_file_is_read_by_pycocotools_and_beside_the_pictures_by_the_course(folder, model):
    assert command("detect", folder, "--model", model, "--out", folder) == 0
    file = folder / "detections.json"
    assert len(COCO(file).getAnnIds()) == 5
    pictures, names = coco.read_coco(file)
    assert [picture["file_name"] for picture in pictures] == ["B.PNG", "more/a b.bmp"]
    assert list(names.values()) == list("0123456789")
    before = file.read_bytes()  # once more: what is drawn is no picture, predictions are replaced
    assert command("detect", folder, "--model", model, "--out", folder) == 0
    assert file.read_bytes() == before


def test_a_photograph_is_turned_and_pictures_are_named_below_what_they_share(
    folder, model, tmp_path
):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise
    turned = Image.fromarray(np.rot90(painted(96, 152, SQUARES)))
    turned.save(tmp_path / "turned.png", exif=exif)
    given = tmp_path / "turned.png", folder / "more", folder / "B.PNG", folder / "more" / "a b.bmp"
    assert command("detect", *given, "--model", model, "--out", tmp_path / "out") == 0
    assert found(tmp_path / "out") == {
        "turned.png": SQUARES,
        f"{folder.name}/more/a b.bmp": [(8, 16, 1)],
        f"{folder.name}/B.PNG": SQUARES,
    }


def test_what_cannot_be_read_costs_a_line_and_not_the_run(folder, model, tmp_path, capsys):
    (folder / "A.png").write_bytes(b"no picture")
    content = (folder / "B.PNG").read_bytes()
    (folder / "C.png").write_bytes(content[: len(content) // 2])
    out, missing = tmp_path / "out", folder / "nothing.png"
    assert command("detect", folder, missing, "--model", model, "--out", out) == 1
    assert list(found(out)) == ["B.PNG", "more/a b.bmp"]
    said = capsys.readouterr()
    lines = said_in(said.out)
    assert lines[0].startswith("[1/5] A.png: failed: no image that can be read (allowed: PNG")
    assert lines[2] == "[3/5] C.png: failed: the file is damaged or cut off"
    assert lines[4] == "[5/5] nothing.png: failed: there is no such file"
    assert lines[5].startswith("5 digits in 2 of 5 pictures, ")
    assert said.err == ""


def test_pictures_of_one_name_are_drawn_under_two(model, tmp_path):
    for name in ("a.png", "a.bmp", "A.tif"):
        Image.fromarray(painted(48, 48, [])).save(tmp_path / name)
    out = tmp_path / "out"
    assert command("detect", tmp_path, "--model", model, "--out", out) == 0
    assert sorted(path.name for path in (out / "drawn").iterdir()) == ["A.jpg", "a_.jpg", "a__.jpg"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("at", ["detect", "drawn"])
def test_an_interrupted_run_keeps_what_is_finished(
    folder, model, tmp_path, monkeypatch, capsys, number, at
):
    calls, function = [], getattr(photos, at)

    def interrupted(*arguments):
        calls.append(at)
        if len(calls) == 2:
            signal.raise_signal(number)
        return function(*arguments)

    monkeypatch.setattr(photos, at, interrupted)
    out = tmp_path / "out"
    assert command("detect", folder, "--model", model, "--out", out) == 130
    assert found(out) == {"B.PNG": SQUARES}
    assert [path.name for path in (out / "drawn").rglob("*.*")] == ["B.jpg"]
    said = capsys.readouterr()
    assert "4 digits in 1 of 2 pictures" in said.out
    assert said.err == "course: interrupted\n"


def test_an_interrupted_drawing_leaves_no_half_file(folder, model, tmp_path, monkeypatch):
    def save(image, path, *_, **__):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, "save", save)
    out = tmp_path / "out"
    assert command("detect", folder, "--model", model, "--out", out) == 130
    assert found(out) == {}
    assert not [path for path in (out / "drawn").rglob("*") if path.is_file()]


def test_a_full_disk_is_a_line(folder, model, tmp_path, monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    assert command("detect", folder, "--model", model, "--out", tmp_path / "out") == 1
    assert "B.PNG: failed: No space left on device" in capsys.readouterr().out
    monkeypatch.setattr(coco, "write_coco", full)
    assert command("detect", folder, "--model", model, "--out", tmp_path / "out") == 2
    assert "detections.json could not be written: No space left" in capsys.readouterr().err


def test_what_somebody_drew_is_not_replaced(folder, model, tmp_path, capsys, monkeypatch):
    drawn = {"images": [], "annotations": [{"id": 1, "bbox": [0, 0, 1, 1]}], "categories": []}
    (folder / "detections.json").write_text(json.dumps(drawn))
    monkeypatch.setattr(photos, "detect", lambda *_: pytest.fail("too late"))
    assert command("detect", folder, "--model", model, "--out", folder) == 2
    assert "it holds what somebody drew" in capsys.readouterr().err
    assert json.loads((folder / "detections.json").read_text()) == drawn


def test_without_a_model_the_command_that_makes_it_is_named(folder, tmp_path, capsys):
    nowhere = tmp_path / "nowhere.keras"
    assert command("detect", folder, "--model", nowhere, "--out", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert error.startswith(f"course: no model at {nowhere}: `course run 08` trains one")
    assert error.count("\n") == 1
    assert ROOT / "build" / "models" / "08.keras" == detect.MODEL


def other_models():
    image = keras.Input((SIZE, SIZE, 3))
    mean = keras.layers.GlobalAveragePooling2D()(image)
    grey, wide = keras.Input((SIZE, SIZE, 1)), keras.Input((SIZE, 2 * SIZE, 3))
    free = keras.Input((None, None, 3))
    answers = keras.layers.Reshape((1, 4)), keras.layers.Dense(1), keras.layers.Dense(1)

    def answering(of):
        flat = keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(of))
        return keras.Model(of, [answer(flat) for answer in answers])

    yield "one output", keras.Model(image, mean)
    yield "two", keras.Model(image, [mean, mean])
    yield "three others", keras.Model(image, [mean, mean, mean])
    for name, of in (("grey", grey), ("wide", wide), ("free", free)):
        yield name, answering(of)
    both = keras.layers.Add()([image, grey])
    yield "two inputs", keras.Model([image, grey], answering(image)(both))


def test_a_model_of_another_kind_is_refused(folder, tmp_path, capsys):
    for name, model in other_models():
        path = tmp_path / f"{name}.keras"
        model.save(path)
        assert command("detect", folder, "--model", path, "--out", tmp_path / "out") == 2, name
        error = capsys.readouterr().err
        assert error.startswith(f"course: {path}: no detector, which makes of images (S, S, 3)")
        assert "`course run 08`" in error and error.count("\n") == 1
    assert not (tmp_path / "out" / "detections.json").exists()


def test_a_file_that_is_no_model_is_refused(folder, model, tmp_path, capsys):
    content = model.read_bytes()
    (tmp_path / "text.keras").write_text("no model")
    (tmp_path / "cut.keras").write_bytes(content[: len(content) // 2])
    (tmp_path / "model.h5").write_bytes(content)
    image = keras.Input((SIZE, SIZE, 3))
    code = keras.Model(image, keras.layers.Lambda(lambda x: x + 1)(image))
    code.save(tmp_path / "code.keras")  # a Lambda is a pickle of code: not in safe mode
    for name in ("text.keras", "cut.keras", "model.h5", "code.keras"):
        path = tmp_path / name
        assert command("detect", folder, "--model", path, "--out", tmp_path / "out") == 2, name
        error = capsys.readouterr().err
        assert error.startswith(f"course: {path}: no model that this version reads (")
        assert "`course run 08`" in error and error.count("\n") == 1 and len(error) < 600


def test_a_folder_without_pictures(folder, model, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    given = folder, tmp_path / "empty"
    assert command("detect", *given, "--model", model, "--out", tmp_path / "out") == 2
    assert f"no picture in {tmp_path / 'empty'}; " in capsys.readouterr().err


def test_pictures_on_two_drives(monkeypatch, folder, model, tmp_path, capsys):
    def of_two_drives(_):
        raise ValueError("Paths don't have the same drive")

    monkeypatch.setattr(detect.os.path, "commonpath", of_two_drives)
    assert command("detect", folder, "--model", model, "--out", tmp_path / "out") == 2
    assert "the pictures must lie on one drive" in capsys.readouterr().err


@pytest.mark.parametrize("score", ["-0.1", "1.1", "nan", "high"])
def test_a_score_is_a_number_from_0_to_1(score, capsys):
    with pytest.raises(SystemExit) as stopped:
        command("detect", "a.png", "--score", score)
    assert stopped.value.code == 2
    assert "--score: must be a number from 0 to 1" in capsys.readouterr().err


def test_a_least_score_leaves_out_what_is_below(folder, model, tmp_path):
    out = tmp_path / "out"
    assert command("detect", folder, "--model", model, "--out", out, "--score", 1) == 0
    assert found(out) == {"B.PNG": [], "more/a b.bmp": []}


def test_on_a_terminal_a_bar_comes_and_goes(folder, model, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(Console, "is_terminal", True)
    assert command("detect", folder, "--model", model, "--out", tmp_path / "out") == 0
    said = capsys.readouterr().out
    assert "[2/2] more/a b.bmp: 1 digit, " in said and "━" in said
    assert said.endswith(f"{tmp_path / 'out' / 'drawn'}\n")
