"""Digits in pictures of one's own, found by the detector that lesson 08 leaves."""

import functools
import os
from pathlib import Path
import time

import course
from course import UsageError
from course.progress import printable

MODEL = course.ROOT / "build" / "models" / "08.keras"
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}
FILE, DRAWN = "detections.json", "drawn"  # what is left in the folder for results
SURE = 0.9  # score that is advised against boxes on what is no digit
CAUSE = "Exception encountered: "  # before the last line of what Keras says
NAMES = {digit: str(digit) for digit in range(10)}  # of the labels, in the COCO file


def find_pictures(given, out):
    """The pictures named, and those below the folders named: [(path, name)], each once.

    given: paths; out: the folder for results, whose drawn pictures are left out of folders, as is
    what is hidden. A name is the path below the folder that holds all that is given. A file that is
    not there is among them: its turn will say so. Raises UsageError where there is none.
    """
    tops = [path.resolve() if path.is_dir() else path.parent.resolve() for path in given]
    try:
        common = os.path.commonpath(tops)
    except ValueError:  # of two drives
        raise UsageError("the pictures must lie on one drive: run once for each") from None
    found: dict = {}
    for path, top in zip(given, tops, strict=True):
        if not path.is_dir():
            paths = [top / path.name]
        elif not (paths := list(_below(top, out / DRAWN))):
            raise UsageError(
                f"no picture in {path}; files are taken by {', '.join(sorted(SUFFIXES))}"
            )
        found |= {each: each.relative_to(common).as_posix() for each in paths}
    return list(found.items())


def _below(folder, left_out):
    for path in sorted(folder.rglob("*")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        is_picture = path.suffix.lower() in SUFFIXES and path.is_file()
        if is_picture and not is_hidden and left_out not in path.parents:
            yield path


def load_detector(path):
    """The detector in a .keras file, loaded in safe mode; UsageError where there is none."""
    if not path.is_file():
        raise UsageError(f"no model at {path}: `course run 08` trains one and leaves it at {MODEL}")
    from course_utils import _tensorflow, layers, roi  # noqa: F401, the model has their layers
    import keras

    try:
        if path.suffix != ".keras":  # Keras reads others too, and those not in safe mode
            raise ValueError("its name must end with .keras")
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # whatever a damaged or foreign file leads to
        *_, reason = (f"{error}".strip() or type(error).__name__).split("\n")  # Keras has it last
        raise UsageError(
            f"{path}: no model that this version reads ({reason.removeprefix(CAUSE):.200}); "
            f"`course run 08` trains one and leaves it at {MODEL}"
        ) from None
    if not _is_detector(model):
        raise UsageError(
            f"{path}: no detector, which makes of images (S, S, 3) boxes (N, 4), scores (N) and "
            f"labels (N); `course run 08` leaves one at {MODEL}"
        )
    model.jit_compile = False  # XLA would compile anew for each number of tiles
    return model


def _is_detector(model):
    """Whether a model takes square colour images, and gives what `photos.detect` reads."""
    try:
        (_, height, width, channels), (boxes, scores, labels) = (
            model.input_shape,
            model.output_shape,
        )
        count = boxes[1]
    except (AttributeError, TypeError, ValueError):
        return False
    shapes = (boxes, scores, labels) == ((None, count, 4), (None, count), (None, count))
    return shapes and channels == 3 and height == width and height is not None


def main(given, model_path, out, min_score):
    """Detect in all pictures, leave the results in `out`, and print how it went; exit status.

    Whatever ends the run, what is finished is in the COCO file.
    """
    pictures = find_pictures(given, out)
    if not any(path.exists() for path, _ in pictures):  # what an earlier run found is kept
        raise UsageError(f"{pictures[0][0]}: there is no such file or folder")
    model = load_detector(model_path)
    from course_utils import coco

    file = out / FILE
    done: list = []

    def write():
        try:
            coco.write_coco(file, done, NAMES)
        except FileExistsError as error:
            raise UsageError(error) from None
        except OSError as error:
            raise UsageError(f"{file} could not be written: {error.strerror}") from None
        except ValueError as error:
            raise UsageError(f"the model says what is no digit: {error}") from None

    write()  # refused now, or never; and what an earlier run found is no longer said
    start = time.perf_counter()
    try:
        failed = _detect_all(model, pictures, out / DRAWN, min_score, done)
    finally:
        write()
        count = sum(len(picture["labels"]) for picture in done)
        seconds = time.perf_counter() - start
        print(f"{count} digits in {len(done)} of {len(pictures)} pictures, {seconds:.1f} s")
        if count and min_score < SURE:
            print(
                f"Digits where there are none? --score {SURE} keeps what is surer, and loses some"
            )
        print(printable(f"Boxes, as a COCO file: {file}"))
        if done:
            print(printable(f"Pictures with their boxes: {out / DRAWN}"))
    return int(failed > 0)


def _detect_all(model, pictures, folder, min_score, done):
    """Detect in each picture; how many failed. What is finished is added to `done`."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(highlight=False)
    columns = BarColumn(), TextColumn("{task.description}", markup=False), TimeRemainingColumn()
    failed = 0
    taken: set = set()
    passing: dict = {"transient": True, "disable": not console.is_terminal}  # a log has lines alone
    passing |= {"redirect_stdout": False, "redirect_stderr": False}
    with Progress(*columns, console=console, **passing) as bar:
        for number, (path, name) in enumerate(pictures, 1):
            start = time.perf_counter()
            head = printable(f"[{number}/{len(pictures)}] {name}")
            task = bar.add_task(head)
            try:
                progress = functools.partial(_update, bar, task)
                picture, boxes, scores, labels = found = _detect_one(
                    model, path, min_score, progress
                )
                _draw(found, folder / _free(name, taken))
            except (OSError, ValueError) as error:
                failed += 1
                reason = getattr(error, "strerror", None) or str(error).removeprefix(f"{path}: ")
                line = f"failed: {reason}"
            else:
                of = {"id": number, "file_name": name, "boxes": boxes, "scores": scores}
                of |= {"labels": labels, "height": picture.shape[0], "width": picture.shape[1]}
                done.append(of)
                seconds = time.perf_counter() - start
                line = f"{len(boxes)} digit{'s' * (len(boxes) != 1)}, {seconds:.1f} s"
            bar.remove_task(task)
            console.print(f"{head}: {printable(line)}", soft_wrap=True, markup=False)
    return failed


def _update(bar, task, done, total):
    bar.update(task, completed=done, total=total)


def _detect_one(model, path, min_score, progress):
    """The picture, and its boxes, scores and labels."""
    from course_utils import photos

    picture = photos.read_image(path)
    return picture, *photos.detect(model, picture, min_score, progress)


def _draw(found, path):
    """Leave a picture with its boxes as a JPEG file, whole or not at all."""
    from course_utils import photos
    from PIL import Image

    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        Image.fromarray(photos.drawn(*found)).save(beside, "jpeg", quality=90)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _free(name, taken):
    """A name for what is drawn of `name`, which no other picture has taken."""
    free = str(Path(name).with_suffix(".jpg"))
    while free.casefold() in taken:
        free = free.removesuffix(".jpg") + "_.jpg"
    taken.add(free.casefold())
    return free
