"""The code of a lesson, taken from its notebook: what is measured is what is taught."""

import ast
import itertools
import symtable

from course.lessons import declared_parameters, find_lessons, read_notebook


def lesson_code(lesson, cell, also=(), settings=None, namespace=None):
    """Run one cell of a lesson, and before it what that needs of the other cells; the namespace.

    cell: a name; the first cell that assigns it runs whole, as the last. Of the other cells run
    only the statements on which that depends: for each name used, those of the last cell before
    that assign it. also: further names that shall be there. settings: values in place of the
    lesson's parameters, {name: value}. namespace: a dict to fill. Raises KeyError when no cell
    assigns a name, or the lesson has no such parameter.
    """
    settings, namespace = settings or {}, {} if namespace is None else namespace
    (path,) = find_lessons([lesson])
    notebook = read_notebook(path)
    if unknown := settings.keys() - declared_parameters(notebook).keys():
        raise KeyError(f"{path.stem} has no parameters {sorted(unknown)}")
    namespace["__name__"] = path.stem
    for statement in needed(notebook, cell, also):
        assigned, _ = _names(statement)
        if assigned & settings.keys():
            namespace |= {name: settings[name] for name in assigned}
        else:
            exec(compile(ast.Module([statement], []), path.stem, "exec"), namespace)
    return namespace


def needed(notebook, cell, also=()):
    """The statements (ast nodes) of a notebook that `lesson_code` runs, in their order."""
    cells = [
        [(statement, *_names(statement)) for statement in ast.parse("".join(code["source"])).body]
        for code in notebook["cells"]
        if code["cell_type"] == "code"
    ]
    chosen: set = set()

    def assigning(number, name):
        """Where a cell assigns a name, as (cell, line)."""
        lines = enumerate(cells[number])
        return [(number, line) for line, (_, assigned, _) in lines if name in assigned]

    def first(name):
        for number in range(len(cells)):
            if found := assigning(number, name):
                return found
        raise KeyError(f"no cell assigns {name}")

    def choose(at):
        if at in chosen:
            return
        chosen.add(at)
        for name in cells[at[0]][at[1]][2]:
            # The last before; a function may also use what comes later, until it is called.
            where = itertools.chain(range(at[0], -1, -1), range(at[0] + 1, whole))
            for found in next(filter(None, (assigning(number, name) for number in where)), []):
                choose(found)

    whole = first(cell)[0][0]
    for name in also:
        for at in first(name):
            choose(at)
    for line in range(len(cells[whole])):
        choose((whole, line))
    order = sorted(chosen, key=lambda at: (at[0] == whole, at))
    return [cells[number][line][0] for number, line in order]


def _names(statement):
    """Names that a statement assigns, and global names that it uses."""
    table = symtable.symtable(ast.unparse(statement), "cell", "exec")
    symbols = table.get_symbols()
    assigned = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    used = {s.get_name() for s in symbols if s.is_referenced()}

    def inside(scope):
        for child in scope.get_children():
            yield from (s.get_name() for s in child.get_symbols() if s.is_global())
            yield from inside(child)

    return assigned, used | set(inside(table))
