"""``python -m benchmarks.projects [1] [2]``: what the limits of the final projects rest on.

For each project the answers of its notebook as it is, without a network, and of the reference: a
network like lesson 04's, place by place, with a class head for each digit.
"""

import json
from pathlib import Path
import sys
import time

from course_utils import anchors, losses, projects, rubric, training
from course_utils.digits import load_digits
import keras
from keras import ops
import numpy as np

from course import ROOT
from course.lessons import read_notebook

FILE = Path(__file__).with_suffix(".json")
STRIDE, BATCH, STEPS, PEAK = 8, 32, 2_400, 5e-3
SEEDS = (0, 1, 2)  # of the test scenes; the measured numbers are the means


class GIoU(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return losses.giou_loss(y_true, y_pred)


def network(size, digits):
    """From images (B, H, W, 1) to logits "where" (cells,), for each digit "what0" (cells, 10), and
    "box" (cells, 4), xyxy in pixels."""
    layers = keras.layers

    def conv(x, channels, strides=1):
        x = layers.Conv2D(channels, 3, strides, padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))

    image = keras.Input((*size, 1))
    x = layers.Rescaling(1 / 64, offset=-2)(image)
    x = ops.abs(layers.Conv2D(8, 3, padding="same", use_bias=False)(x))  # lighter or darker
    x = conv(x, 20, 2)
    x = conv(x, 40, 2)
    x = layers.add([x, conv(x, 40)])
    x = conv(x, 80, 2)
    for _ in range(3):
        x = layers.add([x, conv(x, 80)])
    outputs = {"where": layers.Flatten(name="where")(layers.Conv2D(1, 1)(x))}
    for place in range(digits):
        outputs[f"what{place}"] = layers.Reshape((-1, 10), name=f"what{place}")(
            layers.Conv2D(10, 1)(x)
        )
    reach = 12 * ops.exp(
        layers.Reshape((-1, 4))(layers.Conv2D(4, 1, kernel_initializer="zeros")(x))
    )
    reach = ops.concatenate([-reach[..., :2], reach[..., 2:]], axis=-1)
    centers = np.tile(anchors.cell_centers(*x.shape[1:3], STRIDE), 2)
    return keras.Model(image, outputs | {"box": layers.Identity(name="box")(reach + centers)})


def digits_of(project, labels):
    """The digits of labels (N,), from the left: a list of (N,)."""
    return [labels] if project == 1 else [labels // 10, labels % 10]


class Fresh(keras.utils.PyDataset):
    """Batches of new scenes: images, targets, and the weights of the cells."""

    def __init__(self, project, digits, rng):
        super().__init__()
        self.project, self.digits, self.rng = project, digits, rng

    def __len__(self):
        return STEPS

    def __getitem__(self, batch):
        images, boxes, labels = projects.scenes(self.project, self.digits, BATCH, "train", self.rng)
        rows, columns = (length // STRIDE for length in images.shape[1:3])
        share = anchors.cell_shares(boxes, rows, columns, STRIDE)

        def repeat(y):
            return np.repeat(y[:, None], rows * columns, axis=1)

        y = {"where": share, "box": repeat(boxes)}
        for place, digit in enumerate(digits_of(self.project, labels)):
            y[f"what{place}"] = repeat(digit)
        weights = dict.fromkeys(y, share) | {"where": np.ones(BATCH, "float32")}
        return images, y, weights


def train(project, digits):
    """The reference for a project: a function of images that answers as `hand_in` asks; and the
    seconds of processor time that its training took."""
    keras.utils.set_random_seed(0)
    size = projects.PROJECTS[project].image_size
    model = network(size, len(digits_of(project, np.zeros(1, int))))
    mean = {"reduction": "mean_with_sample_weight"}
    loss = {"where": keras.losses.CategoricalCrossentropy(from_logits=True, **mean)}
    loss["box"] = GIoU(**mean)
    whats = [name for name in model.output_names if name.startswith("what")]
    for name in whats:
        loss[name] = keras.losses.SparseCategoricalCrossentropy(from_logits=True, **mean)
    weights = {"where": 0.5, "box": 1.0} | {name: 2.0 / len(whats) for name in whats}
    rate = training.warmup_cosine(STEPS, PEAK)
    model.compile(keras.optimizers.Adam(rate), loss, weights, steps_per_execution=8)
    batches, started = Fresh(project, digits, np.random.default_rng(0)), time.process_time()
    model.fit(batches, verbose=0, callbacks=[training.Progress()])
    seconds = time.process_time() - started

    def answer(images):
        out = model.predict(images, batch_size=100, verbose=0)
        where = ops.convert_to_numpy(ops.softmax(out["where"]))
        boxes = np.rint(out["box"][np.arange(len(images)), where.argmax(axis=1)])
        labels = 0
        for name in whats:  # of all cells, by the law of total probability
            what = ops.convert_to_numpy(ops.softmax(out[name]))
            labels = 10 * labels + np.einsum("nc,nck->nk", where, what).argmax(axis=1)
        return boxes, labels

    return answer, seconds


def notebook_answer(project):
    """The `answer` of a project's notebook as it is, without a network."""
    space: dict = {}
    for cell in read_notebook(ROOT / "exercises" / f"project{project}.ipynb")["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and not set(cell["id"].split("-")) & {"judge", "write"}:
            exec(source, space)
    return space["answer"]


def measured(project, digits, answer):
    """The mean of each of the rubric's numbers over the test scenes of SEEDS."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng([project, seed])
        images, *truth = projects.scenes(project, digits, rubric.N_TEST, "test", rng)
        found.append(rubric.score(*answer(images), *truth))
    return np.mean(found, axis=0).round(3).tolist()


def table(project):
    """The rubric's limits with what was measured: Markdown."""
    found = json.loads(FILE.read_text(encoding="utf-8"))[str(project)]
    names = [*rubric.STEPS, "the baseline below", "a reference"]
    lines = [f"| | {' | '.join(names)} |", "|---|" + "--:|" * len(names)]
    columns = zip(*rubric.LIMITS[project], found["baseline"], found["reference"], strict=True)
    for name, values in zip(rubric.CRITERIA, columns, strict=True):
        *limits, baseline, reference = values
        cells = [*(f"{limit:.2f}" for limit in limits), f"{baseline:.3f}", f"{reference:.3f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    training_took = f"{found['cpu_s']:.0f} s of processor time"
    lines.append(
        f"\nThe reference, `benchmarks/projects.py`, is a network like lesson 04's after {STEPS:,} "
        f"steps of {BATCH} scenes, {training_took}. Means over the test scenes of {len(SEEDS)} "
        "seeds, with MNIST."
    )
    return "\n".join(lines)


def main(names):
    digits = load_digits()
    found = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    for project in map(int, names or projects.PROJECTS):
        reference, seconds = train(project, digits)
        found[str(project)] = {
            "baseline": measured(project, digits, notebook_answer(project)),
            "reference": measured(project, digits, reference),
            "cpu_s": round(seconds),
        }
        FILE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(table(project))


if __name__ == "__main__":
    main(sys.argv[1:])
