"""Fingerprints: what changes them, and what does not."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT
from course import fingerprint

MODULES = {
    "__init__": 'import os\nos.environ.setdefault("A", "1")\nMIME = "record"\nUNUSED = 1\n',
    "checks": "def expects(**wanted):\n    return lambda function: function\n",
    "plots": "def show(fig, text, at=0):\n    pass\n\ndef image(ax):\n    pass\n",
    "boxes": '''"""Boxes."""
import functools
import numpy as np
from course_utils.checks import expects

SIZE = 28
LIMITS: dict = {"least": 1}
LIMITS["most"] = 2


@expects(a="N 4", b="N 4")
def iou(a, b):
    """IoU."""
    return _area(a) / SIZE  # in pixels


def _area(a):
    return np.prod(a)


@functools.lru_cache
def grid(n):
    return n


class Base:
    pass


class Matcher(Base):
    """Matches."""

    def match(self, a):
        return grid(a)
''',
    "losses": """from course_utils import boxes


def giou_loss(a, b):
    return 1 - boxes.iou(a, b)


def mse_loss(a: float, b: float = 2) -> float:
    return (a - b) ** 2


def late(a):
    from course_utils.scenes import _paint

    return _paint(a)
""",
    "scenes": """from course_utils import boxes


def scenes(n):
    boxes = [n]
    return [iou for iou in boxes]


def _paint(a):
    return a
""",
    "lesson": """from course_utils import MIME, digits, plots


def setup(seed):
    _seed(seed)
    _show(f"seed {seed}", {MIME: seed})


def _seed(seed):
    return seed


def _show(text, more):
    print(text)


def load_digits():
    return digits.load_digits()


def claim(sentence, value, at_most):
    _show(sentence, {})


def say(text, **numbers):
    _show(text, {})


def kept(name, measure, anew=False):
    return name


def show_source(function):
    _show("", {})
""",
    "digits": "def load_digits():\n    return 1\n",
}
LESSON = [
    "from course_utils import boxes, lesson, losses, plots\nimport keras",
    "SEED = 0\nANEW = False\nN = 3\nEPOCHS = 5",
    "lesson.setup(SEED)\nlesson.show_source(boxes.grid)",
    "def train(x):\n    return losses.giou_loss(x, N)",
    "plots.show(1, 'A caption.', at=3)\nlesson.say('It is {a}.', a=N)",
    "def measure():\n    return [train(i) for i in range(EPOCHS)]",
    "kept = lesson.kept('01_long', measure, ANEW)",
    "other = 7\nlesson.claim(f'Error {N}', other, at_most=3)",
]
SECOND = [
    "from course_utils import lesson, losses\nfrom course_utils.scenes import scenes as make",
    "SEED = 0\nlesson.setup(SEED)",
    "digits = lesson.load_digits()\nloss = losses.mse_loss(make(3), 1)",
]


def write_lesson(root, name, cells):
    """Write a notebook; returns its path."""
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": c} for c in cells]
    cells.insert(0, {"cell_type": "markdown", "metadata": {}, "source": "# Where? %%"})
    path = root / "notebooks" / f"{name}.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}}), encoding="utf-8")
    return path


def make_project(root):
    for folder in ("course_utils", "notebooks", "benchmarks/kept"):
        (root / folder).mkdir(parents=True)
    for name, text in MODULES.items():
        (root / "course_utils" / f"{name}.py").write_text(text, encoding="utf-8")
    write_lesson(root, "01_first", LESSON)
    write_lesson(root, "02_second", SECOND)
    (root / "benchmarks/kept/01_long.json").write_text('{"measured": [1.5]}', encoding="utf-8")


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "a course"
    make_project(root)
    return root


def edit(root, module, *pairs):
    """Replace texts in a module, each of which must be there."""
    path = root / "course_utils" / f"{module}.py"
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def of(root, name="01_first"):
    return fingerprint.lesson_fingerprint(root / "notebooks" / f"{name}.ipynb", root)


def of_cells(root, *cells):
    """Fingerprint of a third lesson, which imports some modules first."""
    imports = "from course_utils import boxes, lesson, losses, plots, scenes"
    write_lesson(root, "03_third", [imports, *cells])
    return of(root, "03_third")


def kept(root, *cells):
    path = write_lesson(root, "03_third", ["from course_utils import boxes, lesson", *cells])
    return fingerprint.kept_fingerprints(path, root)


def changes(root, before, name="01_first"):
    return fingerprint.differences(of(root, name), before)


def test_parts_are_what_the_lesson_reaches(root):
    assert of(root).keys() == {
        "cells",
        "course_utils",
        "boxes",  # the statement that changes LIMITS
        "boxes.LIMITS",
        "boxes.SIZE",
        "boxes._area",
        "boxes.iou",
        "kept/01_long",
        "lesson._seed",
        "lesson.setup",
        "losses.giou_loss",
    }
    assert of(root, "02_second").keys() - of(root).keys() == {
        "digits.load_digits",
        "lesson.load_digits",
        "losses.mse_loss",
        "scenes.scenes",
    }
    assert "boxes.iou" not in of(root, "02_second")


def test_what_is_reached_inside_counts(root):
    def reached(cell):
        return {part for part in of_cells(root, cell) if "." in part} - {"boxes.LIMITS"}

    assert reached("losses.late(1)") == {"losses.late", "scenes._paint"}
    assert reached("m = boxes.Matcher()") == {"boxes.Matcher", "boxes.Base", "boxes.grid"}
    assert reached("import course_utils.scenes\ncourse_utils.scenes._paint(1)") == {"scenes._paint"}
    assert reached("import course_utils.scenes as s\ns._paint(1)") == {"scenes._paint"}
    assert reached("def f():\n    from course_utils.boxes import grid as g\n    return g") == {
        "boxes.grid"
    }
    assert reached("f = lambda: scenes._paint") == {"scenes._paint"}
    assert reached("@losses.mse_loss\ndef f():\n    pass") == {"losses.mse_loss"}
    assert reached("boxes.SIZE += 1") == {"boxes.SIZE"}
    assert reached("from course_utils.losses import boxes as b\nb.grid(1)") == {"boxes.grid"}
    whole = {"losses.giou_loss", "losses.mse_loss", "losses.late"}
    assert whole < reached("getattr(losses, 'mse_loss')")
    assert reached("from course_utils import MIME\nprint(MIME)") == {"course_utils.MIME"}


@pytest.mark.parametrize(
    "cell",
    [
        "def f(scenes):\n    return scenes._paint(1)",
        "def f():\n    scenes = 1\n    return lambda: scenes._paint",
        "def f(*, a=1, **scenes):\n    def g():\n        return scenes._paint",
        "f = lambda scenes: scenes._paint",
        "a = [scenes._paint for scenes in range(3)]",
        "a = {1: scenes._paint for b, scenes in range(3) for c in scenes._paint}",
        "def f():\n    for scenes in ():\n        scenes._paint(1)",
        "def f():\n    import scenes\n    scenes._paint(1)",
        "def f(a):\n    match a:\n        case [*scenes]:\n            scenes._paint(1)",
        "def f(a):\n    try:\n        a()\n    except ValueError as scenes:\n        scenes._paint",
        "def f(a):\n    [(scenes := b) for b in a]\n    scenes._paint",
        "lesson.show_source(scenes._paint)",
        "plots.show(1, f'{scenes._paint}')",
        "def f(a: scenes._paint) -> scenes._paint:\n    b: scenes._paint = 1",
    ],
)
def test_hidden_names_and_what_is_only_shown_reach_nothing(root, cell):
    assert not {part for part in of_cells(root, cell) if part.startswith("scenes")}


@pytest.mark.parametrize(
    "cell",
    [
        "a = [scenes for scenes in scenes._paint(1)]",
        "def f(a=scenes._paint):\n    scenes = 1",
        "def f():\n    a = [scenes for scenes in range(3)]\n    return scenes._paint",
        "def f():\n    class A:\n        scenes = 1\n    return scenes._paint",
        "class A:\n    def scenes(self):\n        return scenes._paint",
        "def f():\n    return {**scenes._paint(1)}",
        "def f():\n    global scenes\n    scenes = scenes._paint",
    ],
)
def test_names_hidden_only_elsewhere_do_reach(root, cell):
    assert "scenes._paint" in of_cells(root, cell)


@pytest.mark.parametrize(
    "module, old, new",
    [
        ("boxes", "  # in pixels", "  # in px\n"),
        ("boxes", '"""IoU."""', '"""Of boxes."""'),
        ("boxes", '    """IoU."""\n', ""),
        ("boxes", '@expects(a="N 4", b="N 4")\n', ""),
        ("boxes", "def iou(a, b)", "def iou(a: list[float], b) -> float"),
        ("boxes", "LIMITS: dict =", "LIMITS ="),
        ("boxes", "return _area(a) / SIZE", "return (\n        _area(a)\n        / SIZE\n    )"),
        ("boxes", "return n\n", "return n + 1\n"),  # of grid, which is only shown
        ("losses", "from course_utils import boxes", "from course_utils import boxes, scenes"),
        ("losses", "boxes.iou", "course_utils.boxes.iou"),
        ("plots", "pass", "return 1"),
        ("checks", "lambda function: function", "None"),
        ("lesson", "print(text)", "print(text, 1)"),
        ("lesson", 'f"seed {seed}"', 'f"Seed {seed}"'),
        ("lesson", "return name", "return [name]"),
        ("__init__", "UNUSED = 1", "UNUSED = 2"),
    ],
)
def test_what_changes_no_number_changes_no_fingerprint(root, module, old, new):
    before = of(root)
    edit(root, module, (old, new))
    if "course_utils." in new:
        edit(root, module, ("from course_utils import boxes", "import course_utils.boxes"))
    assert of(root) == before


@pytest.mark.parametrize(
    "module, old, new, said",
    [
        ("boxes", "_area(a) / SIZE", "_area(b) / SIZE", "boxes.iou changed"),
        ("boxes", "SIZE = 28", "SIZE = 32", "boxes.SIZE changed"),
        ("boxes", '"most"] = 2', '"most"] = 3', "boxes changed"),
        ("boxes", "import numpy as np", "import jax.numpy as np", "boxes._area changed"),
        ("boxes", "def _area", "@np.vectorize\ndef _area", "boxes._area changed"),
        ("boxes", "def iou(a, b)", "def iou(a, b=1)", "boxes.iou changed"),
        ("lesson", "return seed", "return seed + 1", "lesson._seed changed"),
        ("__init__", '"1"', '"2"', "course_utils changed"),
    ],
)
def test_what_can_change_a_number_is_named(root, module, old, new, said):
    before = of(root)
    edit(root, module, (old, new))
    assert changes(root, before) == [said]


def test_a_module_imported_for_its_effect_counts(root):
    (root / "course_utils/_effect.py").write_text("import os\nos.umask(1)\n", encoding="utf-8")
    edit(
        root,
        "losses",
        ("from course_utils import boxes", "from course_utils import _effect, boxes"),
    )
    before = of(root)
    edit(root, "_effect", ("1", "2"))
    assert changes(root, before) == ["_effect changed"]


def test_decorator_counts_where_it_is_reached(root):
    before = of_cells(root, "boxes.grid(1)")
    edit(root, "boxes", ("lru_cache", "cache"))
    assert changes(root, before, "03_third") == ["boxes.grid changed"]


def test_a_named_tuple_is_its_fields(root):
    path = root / "course_utils/pairs.py"
    path.write_text("class Pair:\n    a: int\n    b: int\n", encoding="utf-8")
    before = of_cells(root, "from course_utils.pairs import Pair\nPair(1, 2)")
    path.write_text("class Pair:\n    a: float\n    b: float\n", encoding="utf-8")
    assert not changes(root, before, "03_third")
    path.write_text("class Pair:\n    b: int\n    a: int\n", encoding="utf-8")
    assert changes(root, before, "03_third") == ["pairs.Pair changed"]


def test_a_moved_definition_is_the_same_and_a_renamed_one_is_not(root):
    before = of(root)
    text = "def _area(a):\n    return np.prod(a)\n"
    edit(
        root,
        "boxes",
        (text, ""),
        ("import numpy", "from course_utils.sizes import _area\nimport numpy"),
    )
    (root / "course_utils/sizes.py").write_text(f"import numpy as np\n\n\n{text}", encoding="utf-8")
    assert "sizes._area" in of(root)
    assert fingerprint.same(of(root), before)
    edit(root, "sizes", ("_area", "_size"))
    edit(root, "boxes", ("_area", "_size"))
    said = ["boxes._area is gone", "boxes.iou changed", "sizes._size is new"]
    assert changes(root, before) == said


def test_differences_are_of_multisets():
    then = {"a.f": "1", "b.f": "2", "cells": "3"}
    assert fingerprint.same({"x.f": "2", "y.f": "1", "cells": "3"}, then)
    assert fingerprint.differences({"x.f": "2", "cells": "4"}, then) == [
        "a.f is gone",
        "the lesson's cells changed",
    ]
    assert fingerprint.differences(then, {"b.f": "2", "cells": "3"}) == ["a.f is new"]
    assert fingerprint.differences({"a.f": "5", "b.f": "2"}, {"a.f": "1", "b.f": "2"}) == [
        "a.f changed"
    ]
    assert fingerprint.differences({"c.f": "5"}, {"a.f": "1"}) == ["c.f changed"]


@pytest.mark.parametrize(
    "cells",
    [
        ["lesson.claim('Other', 1, at_most=3)"],
        ["lesson.claim(f'Other {N}', 1, at_most=3)"],
        ["# first\nlesson.claim(\n    'Error', 1, at_most=3\n)"],
        ["lesson.claim('Error', 1, at_most=3)\nlesson.show_source(boxes.iou)"],
        [
            "'a text'\npass",
            "from course_utils import losses as l",
            "lesson.claim('', 1, at_most=3)",
        ],
    ],
)
def test_texts_and_layout_of_cells_do_not_count(root, cells):
    assert of_cells(root, *cells) == of_cells(root, "lesson.claim('Error', 1, at_most=3)")


@pytest.mark.parametrize(
    "cell",
    [
        "lesson.claim('Error', 1, at_most=4)",
        "lesson.claim('Error', 2, at_most=3)",
        "import os\nlesson.claim('Error', 1, at_most=3)",
        "lesson.claim('Error', None, at_most=3)",
        "lesson.claim('Error', True, at_most=3)",
    ],
)
def test_numbers_in_cells_count(root, cell):
    before = of_cells(root, "lesson.claim('Error', 1, at_most=3)")
    assert fingerprint.differences(of_cells(root, cell), before) == ["the lesson's cells changed"]


def test_keyword_texts_do_not_count_either(root):
    before = of_cells(root, "lesson.claim(sentence='Error', value=1, at_most=3)")
    assert of_cells(root, "lesson.claim(sentence=f'{N}', value=1, at_most=3)") == before


def test_how_a_definition_is_imported_does_not_matter(root):
    before = of_cells(root, "boxes.grid(1)")
    assert of_cells(root, "from course_utils.boxes import grid", "grid(1)") == before
    assert of_cells(root, "from course_utils.boxes import grid as g\ng(1)") == before


def test_kept_file_counts_by_what_was_measured(root):
    before = of(root)
    path = root / "benchmarks/kept/01_long.json"
    fingerprint.stamp_kept(path, {"cells": "1"})
    assert json.loads(path.read_text()) == {"made_by": {"cells": "1"}, "measured": [1.5]}
    assert b"\r" not in path.read_bytes() and list(path.parent.iterdir()) == [path]
    assert of(root) == before
    path.write_text('{"measured": {"a": 1, "b": 2}}', encoding="utf-8")
    one = of(root)
    path.write_text('{"measured": {"b": 2, "a": 1}}', encoding="utf-8")
    assert of(root) == one
    path.write_text('{"measured": [2.5]}', encoding="utf-8")
    assert changes(root, before) == ["kept/01_long changed"]
    path.unlink()
    assert of(root)["kept/01_long"] == "absent"


def test_kept_measurement_depends_on_the_statements_it_needs(root):
    def first():
        return fingerprint.kept_fingerprints(root / "notebooks/01_first.ipynb", root)

    before = first()
    assert before.keys() == {"01_long"}
    assert before["01_long"].keys() == {
        *("cells", "course_utils", "boxes", "boxes.LIMITS", "boxes.SIZE", "boxes._area"),
        *("boxes.iou", "losses.giou_loss"),
    }

    def with_cells(old, new):
        cells = [cell.replace(old, new) for cell in LESSON]
        assert cells != LESSON
        write_lesson(root, "01_first", cells)
        return first()

    assert with_cells("other = 7", "other = 8") == before
    assert with_cells("SEED = 0", "SEED = 1") == before
    assert with_cells("ANEW = False", "ANEW = True") == before
    for old, new in (("N = 3", "N = 4"), ("EPOCHS = 5", "EPOCHS = 6"), ("(x, N)", "(N, x)")):
        after = with_cells(old, new)["01_long"]
        said = ["the lesson's cells changed"]
        assert fingerprint.differences(after, before["01_long"]) == said
    after = with_cells("measure, ANEW", "lambda: measure()[1:], ANEW")["01_long"]
    assert not fingerprint.same(after, before["01_long"])


@pytest.mark.parametrize("last", ["x = 3", "x += 2", "x[0] = 1", "x.a = 1", "del x[0]"])
def test_kept_measurement_sees_every_change_of_a_name(root, last):
    cells = ["x = start()", last, "k = lesson.kept('a', lambda: boxes.grid(x), measure := 1)"]
    there = kept(root, *cells)["a"]
    assert there.keys() >= {"boxes.grid"}
    assert kept(root, cells[0], cells[2])["a"] != there
    earlier = kept(root, "x = other()", *cells[1:])["a"]
    assert (earlier == there) == (last == "x = 3")  # which needs nothing earlier


def test_kept_measurement_sees_what_a_function_uses_that_comes_later(root):
    cells = ["def measure():\n    return K", "K = 1", "lesson.kept('a', measure)", "K = 3"]
    there = kept(root, *cells)
    assert kept(root, cells[0], "K = 2", *cells[2:]) != there
    assert kept(root, *cells[:3], "K = 4") == there


def test_kept_measurement_may_read_another(root):
    cells = ["a = lesson.kept('a', len)", "b = lesson.kept(name='b', measure=lambda: a[0])"]
    found = kept(root, *cells)
    assert "kept/a" not in found["a"]
    again = kept(root, "a = [1]\na = lesson.kept('a', lambda: a)")
    assert "kept/a" not in again["a"]
    assert found["b"]["kept/a"] == "absent"


def test_kept_weights_count_by_their_own_hash(root):
    module = "def load_weights(model, name):\n    return name\n"
    (root / "course_utils" / "training.py").write_text(module, encoding="utf-8")
    cells = ["from course_utils import training", "start = lambda m: training.load_weights(m, 'w')"]
    cells.append("lesson.kept('a', start)")
    before = kept(root, *cells)["a"]
    assert before["kept/w"] == "absent"
    digest = "0123456789abcdef  w.npz\n"
    (root / "benchmarks/kept/w.sha256").write_text(digest, encoding="utf-8")
    after = kept(root, *cells)
    assert after.keys() == {"a"}  # another lesson keeps the weights
    assert after["a"] == before | {"kept/w": "0123456789ab"}
    assert of_cells(root, *cells)["kept/w"] == "0123456789ab"


@pytest.mark.parametrize(
    "cells, said",
    [
        (["a = 1", "b ="], "code cell 3 does not parse: "),
        (["%time a"], "code cell 2 does not parse: "),
        (["a = '\0'"], "code cell 2 does not parse: "),
        (["lesson.kept(N, len)"], "the name in lesson.kept must be a plain text"),
    ],
)
def test_bad_cells_are_named(root, cells, said):
    with pytest.raises(ValueError) as error:
        of_cells(root, *cells)
    assert str(error.value).startswith(said) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text, said",
    [
        ("{", "01_first.ipynb cannot be read: "),
        ("[]", "01_first.ipynb must hold an object, got list"),
        ("{}", "01_first.ipynb is no notebook"),
        ('{"cells": [{}]}', "01_first.ipynb is no notebook"),
        ('{"cells": [{"cell_type": "code", "source": 1}]}', "01_first.ipynb is no notebook"),
        ('{"cells": 1}', "01_first.ipynb is no notebook"),
    ],
)
def test_bad_notebooks_are_named(root, text, said):
    (root / "notebooks/01_first.ipynb").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError) as error:
        of(root)
    assert str(error.value).startswith(said) and "\n" not in str(error.value)


def test_a_module_that_does_not_parse_is_named(root):
    edit(root, "scenes", ("def scenes", "def"))
    with pytest.raises(ValueError, match="^course_utils/scenes.py does not parse: "):
        of(root)


@pytest.mark.parametrize("python", ["python3.11", "python3.12", "python3.13"])
def test_every_python_gives_the_same(root, python):
    lines = [
        "text = f'{SEED:>{N}} {SEED!r:^{N}} {SEED=} {{}}' 'a' f'{SEED:}'",
        "def f(a, /, b=1, *c, d, e=u'ü\\U0001fae0', **g):\n    return a, *c, b'x', 1e999, 2j, ...",
        "match SEED:\n    case {'a': [1, *rest], **more} | int() as N:\n        pass",
        "@boxes.grid\n@plots.image\nclass A(dict, metaclass=type):\n    a: int\n    b: int = 1",
        "async def g():\n    async with a as b:\n        return [c async for c in b if c]",
        "try:\n    a[1:2, ...] = -1\nexcept* ValueError as b:\n    raise b from None",
    ]
    of_cells(root, *lines)
    code = (
        "import json, sys; from course.fingerprint import lesson_fingerprint as f; "
        "print(json.dumps([f(f'{sys.argv[1]}/notebooks/{n}.ipynb', sys.argv[1]) for n in "
        "('01_first', '02_second', '03_third')]))"
    )
    command = shutil.which(python)
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    given = [command or sys.executable, "-c", "import sys; print(sys.version_info[:2])"]
    if not command or subprocess.run(given, capture_output=True).returncode:
        pytest.skip(f"there is no {python}")
    run = subprocess.run([command, "-c", code, root], capture_output=True, text=True, env=env)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == [of(root, n) for n in ("01_first", "02_second", "03_third")]
