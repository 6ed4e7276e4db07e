"""Syntax trees of lessons and of `course_utils`: what in them counts, and what they refer to.

What a name stands for is a tuple (module, name) of the package, with None for a module as a whole;
("", name) of a lesson's own; a text, the path of what another package has; or None, something
local. Tables are {module: {name: what it stands for}}.
"""

import ast

PACKAGE = "course_utils"
DROPPED = {("lesson", "show_source"), ("lesson", "_show"), ("checks", "expects")}  # their calls
CAPTIONED = {("plots", "show"), ("lesson", "say"), ("lesson", "claim")}  # their texts
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
NO_CODE = {"ctx", "kind", "type_comment", "annotation", "returns"}
INSIDE = {"body", "elt", "key", "value", "generators"}  # of a function or a comprehension


def parsed(source, where):
    """The statements of a source; ValueError, one line, when it does not parse."""
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError) as error:
        said = str(error).replace("<unknown>, ", "")
        raise ValueError(f"{where} does not parse: {said}") from None


def bindings(nodes, modules, home=None):
    """What the names stand for that these nodes bind, without those of scopes inside.

    home: the module of which these nodes are all, "" for a lesson's cells.
    """
    imports: dict = {}
    bound: set = set()
    elsewhere: set = {None}
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports |= imported(node, modules)
            continue
        bound |= {getattr(node, "name", None), getattr(node, "rest", None)}  # def, except, case
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.Global):
            elsewhere.update(node.names)
        elif isinstance(node, COMPREHENSIONS):
            todo += [inner.target for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr)]
        elif not isinstance(node, FUNCTIONS | ast.ClassDef):
            todo += ast.iter_child_nodes(node)
    return {n: None if home is None else (home, n) for n in bound - elsewhere} | imports


def imported(node, modules):
    """What the names stand for that an import statement binds."""
    found: dict = {}
    for alias in node.names:
        path = alias.name if alias.asname else alias.name.split(".")[0]
        if isinstance(node, ast.ImportFrom):
            path = ".".join([*[PACKAGE] * node.level, *filter(None, [node.module]), alias.name])
        first, *rest = path.split(".")
        if first == PACKAGE:
            within = rest if rest and rest[0] in modules else [PACKAGE, *rest]
            found[alias.asname or alias.name.split(".")[0]] = (*within, None)[:2]
        else:
            found[alias.asname or alias.name.split(".")[0]] = path
    return found


def meaning(node, names, tables):
    """What a name or an attribute of a module stands for; None for all other expressions."""
    found = None
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        found = names.get(node.id)
    elif isinstance(node, ast.Attribute):
        whole = meaning(node.value, names, tables)
        if isinstance(whole, tuple) and whole[1] is None:
            found = tables[whole[0]].get(node.attr)
            if whole[0] == PACKAGE and node.attr in tables:
                found = (node.attr, None)
    for _ in tables:  # what a module only imports belongs to another
        if isinstance(found, tuple):
            found = tables.get(found[0], {}).get(found[1], found)
    return found


def dumped(node, names, tables):
    """The tree of a node, or of a list of them, as text; and the set of what it refers to.

    All versions of Python give the same text. A definition is in it by its own name, whatever
    its module.
    """
    refs: set = set()

    def dump(node, names):
        if isinstance(node, list):
            return f"[{' '.join(dump(n, names) for n in node if _counts(n, names, tables))}]"
        if not isinstance(node, ast.AST):
            return ascii(node)
        if found := meaning(node, names, tables):
            if isinstance(found, tuple):
                refs.add(found)
                found = found[1] or found[0]
            return f"<{found}>"
        if isinstance(node, ast.AnnAssign) and node.value:  # without, it is a NamedTuple's field
            node = ast.Assign([node.target], node.value)
        fields = {f: dump(value, inner) for f, value, inner in _fields(node, names, tables)}
        given = [f"{f}={text}" for f, text in fields.items() if text not in ("[]", "None")]
        return f"{type(node).__name__}({' '.join(given)})"

    return dump(node, names), refs


def _counts(item, names, tables):
    """Whether an item of a list in the tree can change a result."""
    value = item.value if isinstance(item, ast.Expr) else item
    if isinstance(item, ast.Import | ast.ImportFrom):
        return not all(isinstance(found, tuple) for found in imported(item, tables).values())
    if isinstance(value, ast.Call):
        return meaning(value.func, names, tables) not in DROPPED
    docstring = isinstance(item, ast.Expr) and isinstance(getattr(value, "value", None), str)
    return not (docstring or isinstance(item, ast.Pass))


def _is_text(node):
    constant = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return constant or isinstance(node, ast.JoinedStr)


def _fields(node, names, tables):
    """(field, value, what names stand for in it) of all that counts in a node."""
    inner = names
    if isinstance(node, FUNCTIONS):
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        own = [child.arg for child in ast.iter_child_nodes(node.args) if isinstance(child, ast.arg)]
        inner = names | dict.fromkeys(own) | bindings(body, tables)
    elif isinstance(node, COMPREHENSIONS):
        inner = names | bindings([part.target for part in node.generators], tables)
        yield "first", node.generators[0].iter, names  # is evaluated outside
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield "used", ast.Name(node.target.id, ast.Load()), names
    shows = isinstance(node, ast.Call) and meaning(node.func, names, tables) in CAPTIONED
    for field, value in ast.iter_fields(node):
        if isinstance(node, ast.JoinedStr):  # 3.12 adds empty texts
            value = [part for part in value if getattr(part, "value", None) != ""]
        if shows and isinstance(value, list):
            value = [v for v in value if not _is_text(v.value if isinstance(v, ast.keyword) else v)]
        if field not in NO_CODE:
            yield field, value, inner if field in INSIDE else names
