"""Read COCO by hand

A file of COCO annotations is JSON with three lists:

    {"images": [{"id": 7, …}, …],
     "categories": [{"id": 18, "name": "dog"}, …],
     "annotations": [{"image_id": 7, "category_id": 18, "bbox": [x, y, width, height]}, …]}

Ids are any numbers, in any order, with gaps. Give the boxes of **one** image as x1, y1, x2, y2,
and their labels as 0, 1, 2 …: the place of the category among all categories, sorted by id.
Annotations with `"iscrowd": 1` are no single things: leave them out. Boxes stay in the file's
order.
"""

import numpy as np


def read_coco(data, image_id):
    """Boxes (N, 4), x1, y1, x2, y2, and labels (N,) of one image; (0, 4) and (0,)
    if it has none."""
    # begin solution
    ids = sorted(category["id"] for category in data["categories"])
    mine = [a for a in data["annotations"] if a["image_id"] == image_id and not a.get("iscrowd", 0)]
    boxes = np.array([a["bbox"] for a in mine], float).reshape(-1, 4)
    boxes[:, 2:] = boxes[:, :2] + boxes[:, 2:]
    return boxes, np.array([ids.index(a["category_id"]) for a in mine], int)
    # end solution


HINTS = [
    "First the annotations of the image alone: compare `image_id`, and look at `iscrowd`, which may be missing.",
    "x2 is x + width, y2 is y + height.",
    "Sort the ids of the categories; a label is the place of the annotation's id in that list, not the id.",
    "`np.array([]).reshape(-1, 4)` has shape (0, 4): an image without a box needs no case of its own.",
]


def data():
    """Four images, four categories (no annotation has the id 5), six annotations."""
    boxes = [
        (7, 18, [10, 20, 30, 5]),
        (9, 40, [6, 1, 0, 2]),
        (7, 40, [1.5, 2, 3, 4]),
        (7, 2, [5, 5, 1, 1]),
    ]
    annotations = [{"image_id": i, "category_id": c, "bbox": b} for i, c, b in boxes]
    annotations[3]["iscrowd"] = 1
    annotations.append({"image_id": 3, "category_id": 2, "bbox": [0, 0, 9, 9], "iscrowd": 1})
    annotations.append({"image_id": 9, "category_id": 2, "bbox": [0, 0, 4, 8], "iscrowd": 0})
    categories = [
        {"id": 40, "name": "bottle"},
        {"id": 18, "name": "dog"},
        {"id": 2, "name": "bicycle"},
        {"id": 5, "name": "airplane"},
    ]
    images = [{"id": 9}, {"id": 7}, {"id": 3}, {"id": 12}]
    return {"images": images, "categories": categories, "annotations": annotations}


def twice(function):
    """Boxes of an image when the same data is read for the second time."""
    same = data()
    function(same, 9)
    return function(same, 9)[0]


CASES = [
    (
        "boxes",
        "read_coco(data(), 7)[0]",
        [[10, 20, 40, 25], [1.5, 2, 4.5, 6]],
        "x + width, y + height; the third annotation of image 7 is a crowd.",
    ),
    (
        "labels",
        "read_coco(data(), 7)[1]",
        [2, 3],
        "Sorted, the ids are 2, 5, 18, 40: 18 is number 2, and 40 number 3.",
    ),
    ("the first category", "read_coco(data(), 9)[1]", [3, 0], "The id 2 is the lowest: label 0."),
    (
        "no crowd",
        "read_coco(data(), 9)[0]",
        [[6, 1, 6, 3], [0, 0, 4, 8]],
        'In the file\'s order. `"iscrowd": 0` says that it is none, and a width of 0 stands as it is.',
    ),
    ("nothing but a crowd", "read_coco(data(), 3)[0]", np.zeros((0, 4)), "Shape (0, 4)."),
    ("no annotation", "read_coco(data(), 12)[1]", np.zeros(0), "Shape (0,)."),
    ("read twice", "twice(read_coco)", [[6, 1, 6, 3], [0, 0, 4, 8]], "The data is as it was."),
]
WRONG = {
    "width and height are taken for a corner": (
        "    boxes[:, 2:] = boxes[:, :2] + boxes[:, 2:]\n",
        "",
    ),
    "the box is taken as its centre with width and height": (
        "boxes[:, 2:] = boxes[:, :2] + boxes[:, 2:]",
        "boxes = np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], axis=1)",
    ),
    "the id of the category is the label": ('ids.index(a["category_id"])', 'a["category_id"]'),
    "ids are numbered in the file's order": (
        'sorted(category["id"] for category in data["categories"])',
        '[category["id"] for category in data["categories"]]',
    ),
    "ids are sorted as texts": (
        'sorted(category["id"] for category in data["categories"])',
        'sorted((category["id"] for category in data["categories"]), key=str)',
    ),
    "only categories that an annotation has are counted": (
        'category["id"] for category in data["categories"]',
        '{a["category_id"] for a in data["annotations"]}',
    ),
    "boxes are sorted by category": (
        "    boxes = np.array([a[",
        "    mine.sort(key=lambda a: a['category_id'])\n    boxes = np.array([a[",
    ),
    "boxes without area are left out": (
        'not a.get("iscrowd", 0)]',
        'not a.get("iscrowd", 0) and min(a["bbox"][2:]) > 0]',
    ),
    "labels begin at 1": ('ids.index(a["category_id"])', '1 + ids.index(a["category_id"])'),
    "crowds are not left out": (' and not a.get("iscrowd", 0)', ""),
    "whatever has the key iscrowd is left out": ('not a.get("iscrowd", 0)', '"iscrowd" not in a'),
    "image_id is taken for the place in the list of images": (
        'a["image_id"] == image_id',
        'a["image_id"] == data["images"][image_id % 3]["id"]',
    ),
    "an image without boxes has shape (0,)": (
        ".reshape(-1, 4)\n    boxes[:, 2:] = boxes[:, :2] + boxes[:, 2:]",
        "\n    if len(boxes):\n        boxes[:, 2:] = boxes[:, :2] + boxes[:, 2:]",
    ),
    "the lists in the data are changed": (
        "    boxes = np.array([a[",
        "    for a in mine:\n        a['bbox'][2:] = [a['bbox'][0] + a['bbox'][2], a['bbox'][1] + a['bbox'][3]]\n    return np.array([a['bbox'] for a in mine], float).reshape(-1, 4), np.array([ids.index(a['category_id']) for a in mine], int)\n    boxes = np.array([a[",
    ),
    "labels are numbered within the image": (
        "    mine = [",
        "    ids = sorted({a['category_id'] for a in data['annotations'] if a['image_id'] == image_id and not a.get('iscrowd', 0)})\n    mine = [",
    ),
    "a missing iscrowd is an error": ('a.get("iscrowd", 0)', 'a["iscrowd"]'),
}
