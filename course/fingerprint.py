"""What made a result, {part: hash}: a lesson's code and what it reaches in `course_utils`.

The parts are "cells"; "module.name" for each definition that is reached, "module" for the other
statements of such a module; and "kept/name" for what the lesson reads of `benchmarks/kept`.
A hash is of the syntax tree, without comments, docstrings and annotations.
"""

import ast
import contextlib
import functools
import hashlib
import itertools
import json
import os
from pathlib import Path

from course.syntax import FUNCTIONS, PACKAGE, bindings, dumped, meaning, parsed

LEFT_OUT = {"plots", "checks", "training.Progress"}  # no number comes from them
TAKEN = {"setup", "load_digits"}  # of `lesson`, and what they use, but not:
DISPLAYS = {"_show", "_format", "_number", "_state"}
READERS = {("lesson", "kept"): ("name", "measure"), ("training", "load_weights"): ("model", "name")}
DEFINITIONS = FUNCTIONS | ast.ClassDef | ast.Assign | ast.AnnAssign | ast.AugAssign


def lesson_fingerprint(notebook_path, root):
    """Hashes of all that makes a lesson's results: {part: hash}. root: the project's folder.

    A kept file counts with what was measured, or as "absent". Raises ValueError, one line, when
    the notebook or a module of the package cannot be read or parsed.
    """
    tables, parts = read_package(root)
    cells, names = _cells(notebook_path, tables)
    statements = list(itertools.chain(*cells))
    text, refs = dumped(statements, names, tables)
    return _fingerprint([text], refs, _kept(statements, names, tables), parts, root)


def kept_fingerprints(notebook_path, root):
    """Hashes of all that makes what a lesson keeps: {name: {part: hash}}; errors as above.

    "cells" is only what the second argument of ``lesson.kept`` needs: for each name used, the
    statements of the last cell before that assign it, and so on.
    """
    tables, parts = read_package(root)
    cells, names = _cells(notebook_path, tables)
    code = [[(_assigned(s, tables), *dumped([s], names, tables)) for s in cell] for cell in cells]
    found = {}
    for number, cell in enumerate(cells):
        for name, measure in filter(lambda item: item[1], _kept(cell, names, tables).items()):
            text, refs = dumped(measure, names, tables)
            chosen = sorted(_needed(code, number, refs))
            texts = [text, *(code[at][line][1] for at, line in chosen)]
            refs = refs.union(*(code[at][line][2] for at, line in chosen))
            read = _kept([cells[at][line] for at, line in chosen], names, tables)
            found[name] = _fingerprint(texts, refs, read.keys() - {name}, parts, root)
    return found


def same(now, then):
    """Whether two fingerprints are of the same code, wherever in the package it is defined."""
    return not differences(now, then)


def differences(now, then):
    """How fingerprint `now` differs from `then`: a list of short texts, as "boxes.iou changed"."""
    new, gone, changed = sorted(now), sorted(then), []
    by_name, by_last = (lambda part: part), (lambda part: part.rsplit(".", 1)[-1])
    # What is where it was goes first, then what only moved; then the same for what changed.
    for equal, key in itertools.product((True, False), (by_name, by_last)):
        for part in list(new):
            for old in gone:
                if key(old) == key(part) and (not equal or then[old] == now[part]):
                    changed += [] if equal else [part]
                    new.remove(part)
                    gone.remove(old)
                    break
    said = dict.fromkeys(changed, "changed") | dict.fromkeys(gone, "is gone")
    said |= dict.fromkeys(new, "is new")
    words = {"cells": "the lesson's cells"}
    return [f"{words.get(part, part)} {said[part]}" for part in sorted(said)]


def stamp_kept(path, made_by):
    """Write into a kept file what made it; errors as of `read_json`, KeyError if empty."""
    content = {"made_by": made_by, "measured": read_json(path, dict)["measured"]}
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8", newline="\n")
    beside.replace(path)


def read_json(path, kind):
    """What a JSON file holds; ValueError, one line, if it is damaged or no `kind` (dict, list)."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{Path(path).name} cannot be read: {error}") from None
    if not isinstance(content, kind):
        wanted = {dict: "an object", list: "a list"}[kind]
        raise ValueError(f"{Path(path).name} must hold {wanted}, got {type(content).__name__}")
    return content


def read_package(root):
    """The tables of the package (see `syntax`), and its parts: {module: {name: (hash, refs)}}.

    The name "" is of loose statements. ValueError, one line, when a module does not parse.
    """
    paths = sorted((Path(root) / PACKAGE).glob("*.py"))
    return _package(tuple((path.stem, path.read_bytes()) for path in paths))


@functools.lru_cache(maxsize=1)  # by content: all lessons ask for the same
def _package(sources):
    trees = {
        PACKAGE if stem == "__init__" else stem: parsed(source, f"{PACKAGE}/{stem}.py")
        for stem, source in sources
    }
    tables = {module: bindings(tree, trees, module) for module, tree in trees.items()}
    parts: dict = {}
    for module, tree in trees.items():
        defined: dict = {"": []}
        for statement in tree:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                binds = isinstance(statement, DEFINITIONS) and bindings([statement], trees)
                for name in binds or [""]:
                    defined.setdefault(name, []).append(statement)
        parts[module] = {}
        for name, statements in defined.items():
            text, refs = dumped(statements, tables[module], tables)
            parts[module][name] = (_hash(text) if text != "[]" else None, refs)
        imported = {(found[0], "") for found in tables[module].values() if isinstance(found, tuple)}
        parts[module][""][1].update(imported, {(PACKAGE, "")})  # importing it runs those too
    return tables, parts


def _cells(path, tables):
    """The statements of each code cell, and what the names that they bind stand for."""
    try:
        cells = [cell for cell in read_json(path, dict)["cells"] if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in cells]
    except (KeyError, TypeError):
        raise ValueError(f"{Path(path).name} is no notebook") from None
    trees = [parsed(source, f"code cell {i}") for i, source in enumerate(sources, 1)]
    return trees, bindings(itertools.chain(*trees), tables, "")


def _kept(statements, names, tables):
    """What statements read of what is kept: {name: what measures it, or None of weights}."""
    found: dict = {}
    for node in itertools.chain(*map(ast.walk, statements)):
        if isinstance(node, ast.Call) and (called := meaning(node.func, names, tables)) in READERS:
            given: dict = dict(zip(READERS[called], node.args, strict=False))
            given |= {keyword.arg: keyword.value for keyword in node.keywords}
            name = getattr(given.get("name"), "value", None)
            if not isinstance(name, str):
                raise ValueError(f"the name in {'.'.join(called)} must be a plain text")
            found[name] = given.get("measure")
    return found


def _assigned(statement, tables):
    """Names of which a statement changes the value, or an item or an attribute of it."""
    found = set(bindings([statement], tables))
    if not isinstance(statement, FUNCTIONS | ast.ClassDef):
        changed = [n for n in ast.walk(statement) if isinstance(n, ast.Attribute | ast.Subscript)]
        found |= {getattr(n.value, "id", None) for n in changed if not isinstance(n.ctx, ast.Load)}
    return found


def _needed(code, last, refs):
    """Where the statements are, (cell, line), that assign what `refs` of cell `last` need."""
    chosen: set = set()
    todo = [(last, name) for module, name in refs if not module]
    while todo:
        number, name = todo.pop()
        # The last before; a function may also use what comes later, until it is called.
        for at in [*range(number, -1, -1), *range(number + 1, last + 1)]:
            lines = [line for line, (assigned, _, _) in enumerate(code[at]) if name in assigned]
            for line in lines:
                if (at, line) not in chosen:
                    chosen.add((at, line))
                    assigned, _, used = code[at][line]
                    local = [other for module, other in used if not module]
                    todo += [(at, other) for other in local]
                    todo += [(at - 1, other) for other in local if other in assigned]
            if lines:
                break
    return chosen


def _fingerprint(texts, refs, kept, parts, root):
    """{part: hash} of texts, of all that they refer to, and of what is kept that they read."""
    made = {"cells": _hash("\n".join(texts))}
    for name in kept:
        part, path = f"kept/{name}", Path(root) / "benchmarks" / "kept" / f"{name}.json"
        made[part] = "absent"
        with contextlib.suppress(OSError):  # weights, by their own hash
            made[part] = path.with_suffix(".sha256").read_text(encoding="utf-8")[:12]
        with contextlib.suppress(ValueError, KeyError):
            made[part] = _hash(json.dumps(read_json(path, dict)["measured"], sort_keys=True))
    todo, seen = [("", *ref) for ref in refs], set()
    while todo:
        source, module, name = todo.pop()
        if module not in parts or {module, f"{module}.{name}"} & LEFT_OUT:
            continue
        for part in parts[module] if name is None else {name, ""} & parts[module].keys():
            displays = part in DISPLAYS if source == "lesson" else part not in TAKEN
            if (module, part) in seen or (module == "lesson" and part and displays):
                continue
            seen.add((module, part))
            digest, inner = parts[module][part]
            if digest:
                made[f"{module}.{part}".rstrip(".")] = digest
            todo += [(module, *ref) for ref in inner]
    return dict(sorted(made.items()))


def _hash(text):
    return hashlib.sha256(text.encode()).hexdigest()[:12]
