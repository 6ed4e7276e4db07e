"""Boxes on pictures of your own: COCO files in and out, checked."""

import json
import os
from pathlib import Path, PureWindowsPath

from course_utils import photos
import numpy as np

NAME = "annotations.json"  # in a folder of pictures
KINDS = {int: "a whole number", str: "a text", list: "a list"}


def read_coco(source):
    """Pictures and the boxes on them, as the annotator or another tool exports them for detection.

    source: a folder with annotations.json in it, or the path of such a file; the pictures lie
    beside it or below. Returns the pictures in the file's order, each a dict of "id", "file_name",
    "path", "width" and "height" in pixels, "boxes" float64 (N, 4), xyxy in pixels, and "labels"
    int64 (N,); and the names, a dict of category id and name, in the order that labels count. Their
    pixels come from `photos.read_image(picture["path"])`, which turns a photograph as its camera
    says: so boxes must be drawn on it as viewers show it, turned. Each picture is decoded once
    here, so that a damaged one is found now; none is kept, for many would not fit into memory.
    Boxes that reach over an edge by a pixel at most, as some tools round, are cut there.
    Raises FileNotFoundError for a file that is not there, and ValueError for the first fault: what
    is no COCO file, ids or files twice, a picture of another size, outside of the folder or not
    readable, a box of an unknown picture or category, outside of its picture, without area, or
    around a crowd.
    """
    path = Path(source)
    if path.is_dir():
        path /= NAME
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file; a folder of pictures has {NAME}")
    try:
        coco = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # no JSON, or not UTF-8
        raise ValueError(f"{path}: no JSON that can be read ({error})") from None
    try:
        return _pictures(coco, path.parent)
    except ValueError as fault:
        raise ValueError(f"{path}: {fault}") from None


def write_coco(path, pictures, names):
    """Write pictures and their boxes, drawn or predicted, as a COCO file that pycocotools reads.

    path: of a JSON file; pictures, names: as `read_coco` returns them, with other "boxes" and
    "labels" where they are predicted, and then "scores" (N,) beside them. Ids stay as they were, so
    that `pycocotools` can compare the file with the one that was read. Raises FileExistsError
    before it replaces a file with boxes that have no score, for somebody drew them; ValueError for
    boxes, scores and labels that do not match, an unknown label, or a box that `read_coco` would
    refuse; OSError where nothing can be written.
    """
    path, ids = Path(path), list(names)
    keys = ("id", "file_name", "width", "height")
    coco: dict[str, list] = {
        "images": [{key: picture[key] for key in keys} for picture in pictures],
        "annotations": [],
        "categories": [{"id": number, "name": name} for number, name in names.items()],
    }
    if len({picture["id"] for picture in pictures}) < len(pictures):
        raise ValueError("two pictures have one id; write each once")
    for picture in pictures:
        where = f"picture {picture['id']} ({picture['file_name']})"
        boxes = np.asarray(picture["boxes"], "float64").reshape(-1, 4)
        labels = np.asarray(picture["labels"]).reshape(-1)
        scores = np.asarray(picture.get("scores", np.zeros(len(boxes))), "float64").reshape(-1)
        if not len(boxes) == len(scores) == len(labels):
            counts = f"{len(boxes)} boxes, {len(scores)} scores and {len(labels)} labels"
            raise ValueError(f"{where}: {counts}; each box needs one of each")
        if not np.isfinite(scores).all():
            raise ValueError(f"{where}: scores must be finite, got {scores}")
        for box, score, label in zip(boxes.tolist(), scores.tolist(), labels.tolist(), strict=True):
            if label not in range(len(ids)):
                raise ValueError(f"{where}: label {label}; allowed are 0 to {len(ids) - 1}")
            x1, y1, x2, y2 = _box([*box[:2], box[2] - box[0], box[3] - box[1]], picture, where)
            entry = {"id": len(coco["annotations"]) + 1, "image_id": picture["id"]}
            entry |= {"category_id": ids[int(label)], "bbox": [x1, y1, x2 - x1, y2 - y1]}
            entry |= {"area": (x2 - x1) * (y2 - y1), "iscrowd": 0}
            coco["annotations"].append(entry | ({"score": score} if "scores" in picture else {}))
    if path.exists() and not _is_predicted(path):
        raise FileExistsError(f"{path}: it holds what somebody drew; move it, or name another")
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(json.dumps(coco, indent=1) + "\n", encoding="utf-8")
        beside.replace(path)  # there whole or not at all
    finally:
        beside.unlink(missing_ok=True)


def split_by_picture(pictures, test_share, rng):
    """Pictures to learn from and pictures to judge by: no picture, and so no box, is in both.

    pictures: as `read_coco` returns them, two with boxes at least; test_share: above 0, below 1;
    rng: a NumPy Generator. Returns two lists, in the order that was given. Pictures with boxes and
    those without are split alike, and boxes are in each list. Views of one scene under several
    names are several pictures here: split those by hand. Raises ValueError.
    """
    if not 0 < test_share < 1:
        raise ValueError(f"test_share must lie above 0 and below 1, got {test_share}")
    has_boxes = np.array([len(picture["boxes"]) > 0 for picture in pictures])
    empty, drawn = (rng.permutation(np.flatnonzero(has_boxes == has)) for has in (False, True))
    if len(drawn) < 2:
        drawn_on = f"boxes on {len(drawn)} of {len(pictures)} pictures"
        raise ValueError(f"{drawn_on}; draw on two at least: one to learn from, one to judge by")
    count = min(max(round(test_share * len(drawn)), 1), len(drawn) - 1)
    test = {*drawn[:count].tolist(), *empty[: round(test_share * len(empty))].tolist()}
    learn = [picture for i, picture in enumerate(pictures) if i not in test]
    return learn, [pictures[i] for i in sorted(test)]


def _pictures(coco, folder):
    if not isinstance(coco, dict):
        raise ValueError("no COCO file: an object with images, annotations and categories")
    images = _entries(coco, "images", {"id": int, "file_name": str, "width": int, "height": int})
    categories = _entries(coco, "categories", {"id": int, "name": str})
    names = {number: categories[number]["name"] for number in sorted(categories)}
    if len(set(names.values())) < len(names):
        raise ValueError(f"two categories have one name, in {list(names.values())!r:.200}")
    pictures: dict = {}
    for number, image in images.items():
        about = {key: image[key] for key in ("id", "file_name", "width", "height")}
        path = _place(image["file_name"], folder)
        pictures[number] = about | {"path": path, "boxes": [], "labels": []}
    labels = {number: label for label, number in enumerate(names)}
    kinds = {"id": int, "image_id": int, "category_id": int, "bbox": list}
    for number, entry in _entries(coco, "annotations", kinds).items():
        where = f"annotation {number}"
        if entry["image_id"] not in pictures:
            raise ValueError(f"{where}: no picture has id {entry['image_id']}")
        if entry["category_id"] not in names:
            raise ValueError(f"{where}: no category {entry['category_id']} in {names!r:.200}")
        if entry.get("iscrowd"):
            raise ValueError(f"{where}: a crowd is no single object; draw each, or remove it")
        picture = pictures[entry["image_id"]]
        picture["boxes"].append(_box(entry["bbox"], picture, where))
        picture["labels"].append(labels[entry["category_id"]])
    seen = set()
    for picture in pictures.values():  # last: the longest part
        picture["boxes"] = np.array(picture["boxes"], "float64").reshape(-1, 4)
        picture["labels"] = np.array(picture["labels"], "int64")
        _check_picture(picture)
        status = picture["path"].stat()
        file = (status.st_dev, status.st_ino)
        if file in seen:
            raise ValueError(f"{picture['file_name']!r} is there twice: one entry for each picture")
        seen.add(file)
    return list(pictures.values()), names


def _entries(coco, key, kinds):
    """The objects of a list in the file, by their ids."""
    if not isinstance(coco.get(key), list):
        raise ValueError(f"no COCO file: it needs a list of {key}")
    entries: dict = {}
    for place, entry in enumerate(coco[key], 1):
        for name, kind in kinds.items():
            value = entry.get(name) if isinstance(entry, dict) else None
            if type(value) is not kind:  # isinstance would take true for a number
                where = f"entry {place} of {key}"
                raise ValueError(f"{where}: {name} must be {KINDS[kind]}, got {value!r:.40}")
        if entry["id"] in entries:
            raise ValueError(f"two of the {key} have id {entry['id']}")
        entries[entry["id"]] = entry
    return entries


def _place(name, folder):
    """The path of a picture, which must lie in the folder."""
    parts = PureWindowsPath(name)  # it knows / and \, and files come from everywhere
    path = folder.joinpath(*parts.parts)
    if parts.anchor or ".." in parts.parts:
        raise ValueError(f"{name!r:.80}: a picture must lie beside the file, or below")
    try:
        there = path.is_file()
    except OSError:  # a name that is too long
        there = False
    if not there:
        raise ValueError(f"{name!r:.80}: there is no such picture beside the file, or below")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{name!r:.80}: a link that leaves the folder; put the picture there")
    return path


def _check_picture(picture):
    """Whether it can be read, and is as large as its entry says."""
    height, width = photos.read_image(picture["path"]).shape[:2]
    stated = (picture["width"], picture["height"])
    if stated != (width, height):
        turned = ", or before it is turned as its camera says" if stated == (height, width) else ""
        raise ValueError(
            f"{picture['file_name']!r} is {width}×{height} px, its entry says "
            f"{stated[0]}×{stated[1]}: the boxes were drawn on another picture{turned}"
        )


def _box(bbox, picture, where):
    """xyxy from a COCO file's x, y, width and height, checked and cut at the picture's edges."""
    if len(bbox) != 4 or not all(type(v) in (int, float) and abs(v) <= 1e9 for v in bbox):
        raise ValueError(f"{where}: a box is x, y, width and height in pixels, got {bbox!r:.80}")
    x, y, w, h = bbox
    box = np.array([x, y, x + w, y + h], "float64")
    edges = [picture["width"], picture["height"]] * 2
    inside = np.clip(box, 0, edges)
    if not (w > 0 and h > 0 and (inside[2:] > inside[:2]).all()):
        raise ValueError(f"{where}: no area of the box {bbox!r:.80} lies in its picture")
    if abs(inside - box).max() > 1:
        size = f"{edges[0]}×{edges[1]} px"
        raise ValueError(f"{where}: the box {bbox!r:.80} reaches over the edge of its {size}")
    return inside.tolist()


def _is_predicted(path):
    try:
        entries = json.loads(path.read_text("utf-8"))["annotations"]
        return all("score" in entry for entry in entries)
    except (ValueError, LookupError, TypeError, RecursionError):
        return False
