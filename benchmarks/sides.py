"""What the contests compare: the cells of the lessons, the recipes, and how both are judged."""

SIDES = ("recipe", "ours")
# What three recipes, all on the scenes of lesson 05, are compared with.
OF_05: dict = {
    "compared": {"IoU": "more"},
    "ours": {"cell": "fit_s", "turn": 2.0, "needs": ["predict", "images", "true_boxes"]},
    "quick": {"RECIPE_IMAGES": 32, "N_TEST": 40, "N_VALIDATION": 40, "POOL": 640, "STEPS": 20},
}
N_JUDGED = 300  # test scenes of lesson 05: as many as judged the rows of the kept runs


def of_kept(name, title):
    """A contest with a recipe of lesson 05 whose whole run is kept as 05_NAME."""
    needs = [f"{name}_network", "recipe_scenes", "compiled", "RECIPE_IMAGES"]
    return {
        "lesson": "05",
        "title": title,
        "kept": {"run": f"05_{name}", "rows": "rows", "values": {"IoU": "mean_iou"}},
        "recipe": {"cell": "answer", "network": needs[0], "turn": 5.0, "needs": needs},
        **OF_05,
    }


# For each recipe: its lesson; what is compared, and whether more is better; parameters in place of
# the lesson's; and for both sides the cell to run (by a name that it assigns first), names that the
# comparison needs, and the seconds of training of a turn. "kept": where the recipe's whole run
# stands, of which only the first row is trained. "short": parameters for ours once more, with a
# learning rate that falls to 0 as early as being as good as the recipe allows. "quick": for a test.
CONTESTS: dict = {
    "R1": {
        "lesson": "01",
        "title": "direct pixel regression",
        "compared": {"error (px)": "less"},
        "recipe": {"cell": "recipe_fit_s", "turn": 4.0, "needs": ["x_test"]},
        "ours": {"cell": "softargmax_fit_s", "turn": 0.25, "needs": ["x_test"]},
        "quick": {"N_IMAGES": 2000, "RECIPE_EPOCHS": 1, "SHORT_EPOCHS": 1},
    },
    "R2": {
        "lesson": "02",
        "title": "heatmap regression",
        "compared": {"error (px)": "less"},
        "kept": {"run": "02_recipe", "rows": "epochs", "values": {"error (px)": "test_px"}},
        "settings": {
            "RECIPE_IMAGES": 7_200,
            "RECIPE_EPOCHS": 1,
        },  # an epoch, as a row of the kept run
        "recipe": {"cell": "recipe_epoch_s", "turn": 20.0, "needs": []},
        "ours": {"cell": "heatmap_fit_s", "turn": 1.0, "needs": ["x_recipe"]},
        "quick": {"RECIPE_IMAGES": 64, "STEPS": 20},
    },
    "R3": {
        "lesson": "03",
        "title": "MNIST with two heads",
        "compared": {"accuracy": "more", "IoU with the tight box": "more"},
        "recipe": {"cell": "recipe_fit_s", "turn": 6.0, "needs": ["x_test", "tight_test"]},
        "ours": {"cell": "fit_s", "turn": 1.0, "needs": ["x_test", "tight_test"]},
        "short": {"EPOCHS": 1},
        "quick": {"N_TRAIN": 6_000, "RECIPE_EPOCHS": 1, "EPOCHS": 1},
    },
    "R4": {
        "lesson": "04",
        "title": "digit on a canvas",
        "compared": {"accuracy": "more", "IoU": "more"},
        "settings": {"RECIPE_CANVASES": 60_000, "RECIPE_EPOCHS": 10, "N_TEST": 2_000},
        "recipe": {"cell": "recipe_images", "turn": 30.0, "needs": ["tile_images"]},
        "ours": {"cell": "tile_fit_s", "turn": 2.0, "needs": ["tile_images", "predict"]},
        "short": {"TILE_STEPS": 400},
        "quick": {"RECIPE_CANVASES": 320, "RECIPE_EPOCHS": 1, "N_TEST": 50, "TILE_STEPS": 20},
    },
    "R5": {
        "lesson": "05",
        "title": "single-object box regression",
        "settings": {"RECIPE_IMAGES": 10_000},
        "recipe": {"cell": "kept_recipe", "turn": 20.0, "needs": ["answer", "true_boxes"]},
        **OF_05,
    },
    "R6": of_kept("r6", "feature pyramid, at 64 px"),
    "R7": of_kept("r7", "region proposals"),
}


def quality(part, side, of, model):
    """What CONTESTS compares, as {name: number}; of: the namespace of the lesson's code."""
    import numpy as np

    if part == "R1":
        said = model.predict(of["x_test"], batch_size=500, verbose=0).reshape(-1, 2)
        return {"error (px)": np.abs(said - of["y_test"]).mean()}
    if part == "R2":  # ours alone: the recipe's errors are those of the kept run
        logits = model.predict(of["x_recipe"], batch_size=64, verbose=0)
        maps = logits.reshape(-1, of["SIZE"], of["SIZE"])
        said = of["heatmaps"].extract_coords_from_heatmap(maps)
        return {"error (px)": of["metrics"].compute_metrics(of["xy_recipe"], said)["mean"]}
    if part == "R3":
        out = model.predict(of["x_test"], batch_size=512, verbose=0)
        right = out["classification"].argmax(axis=1) == of["y_test"]
        iou = of["boxes"].iou(28 * out["bbox"], of["tight_test"])
        return {"accuracy": right.mean(), "IoU with the tight box": iou.mean()}
    if part == "R4" and side == "recipe":
        out = model.predict(of["tile_images"], batch_size=256, verbose=0)
        classes, said = out["classification"], 75 * out["bounding_box"]
    elif part == "R4":
        large = of.setdefault("large", of["network"](75, of["SMALL"]))
        large.set_weights(model.get_weights())
        classes, said, _ = of["predict"](large, of["tile_images"])
    if part == "R4":
        right = classes.argmax(axis=1) == of["tile_labels"]
        return {"accuracy": right.mean(), "IoU": of["boxes"].iou(said, of["tile_boxes"]).mean()}
    true_boxes = of["true_boxes"][:N_JUDGED]
    if side == "recipe":
        said = of["answer"](model, len(true_boxes))
    else:
        said = of["predict"](model, of["images"][:N_JUDGED])
    return {"IoU": of["boxes"].iou(said, true_boxes).mean()}


def train_part(of, network):
    """Train a recipe of lesson 05 on as many scenes as a row of its kept run has seen."""
    model = of["compiled"](network)
    pictures, shares = of["recipe_scenes"](0, model.input_shape[1], of["RECIPE_IMAGES"])
    model.train_on_batch(pictures[:32], shares[:32])  # untimed: builds the computation
    clock = of["training"].Progress()
    model.fit(pictures, shares, batch_size=32, verbose=0, callbacks=[clock])
