"""What the book adds to Sphinx: claims and figures with their sentences, links to the glossary,
and MathJax from its package.
"""

import importlib.resources
from pathlib import Path
import re

from course_utils import CLAIM
from docutils import nodes
from myst_nb.core import render
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

GLOSSARY = "book/glossary"


class Outputs:
    """How myst-nb shows what `course_utils.lesson` and `plots.show` left in an output.

    It is asked for each form of an output, in the order of their names: text comes last.
    """

    @staticmethod
    def handle_mime(renderer, data, inline):
        """The nodes of an output; None where myst-nb's own are right."""
        seen = renderer.renderer.md_env  # of this page
        if data.mime_type == "image/png" and not inline:
            seen["caption"] = data.output_metadata.get("image/png", {}).get("alt", "")
            figure = nodes.figure("", *renderer.render_image(data), classes=["output"])
            figure[0]["alt"] = seen["caption"]
            figure += nodes.caption("", seen["caption"])
            return [figure]
        if data.mime_type.startswith("text/") and data.string.strip("*") == seen.get("caption"):
            return []  # it stands under the figure
        if data.mime_type == CLAIM:
            seen["claim"] = data.content
        elif data.mime_type.startswith("text/") and (claim := seen.get("claim")):
            line = data.string
            if data.mime_type == "text/markdown":  # shown; the plain text after it is not
                line = re.sub(r"\\(\W)", r"\1", line)
            else:
                del seen["claim"]
            kinds = ["claim", "passed" if claim["passed"] else "failed"]
            return [nodes.container("", nodes.paragraph("", line), classes=kinds)]
        return [] if data.mime_type.startswith("application/vnd.course.") else None


class Playgrounds(SphinxTransform):
    """A link to a playground opens it: the page lies in the book where it lies in the project."""

    default_priority = 500

    def apply(self):
        for link in list(self.document.findall(addnodes.download_reference)):
            if link["reftarget"].endswith(".html"):
                address = link.get("refuri") or link["reftarget"]
                link.replace_self(nodes.reference("", "", *link, refuri=address, internal=True))


def terms(text):
    """The glossary's entries: [(pattern of its names, anchor, what it says)]."""
    entries = []
    for heading, said in re.findall(r"^## ([^\n]+)\n(.+?)(?=\n## |\Z)", text, re.M | re.S):
        names = re.split(r", | \((?=[A-Z])", heading.rstrip(")"))
        # An abbreviation is written as it is, another word in any case and in the plural.
        each = [
            re.escape(name) if name[1:].lower() != name[1:] else f"(?i:{re.escape(name)}s?)"
            for name in names
        ]
        said = re.sub(r"\(\[.*?\]\(.*?\)\)|`", "", said)
        pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(each)})(?![\w-])")
        entries.append((pattern, nodes.make_id(heading), " ".join(said.split())))
    return entries


def link_terms(app, doctree, name):
    """In a lesson, the first use of each term in a sentence links to the glossary."""
    if not name.startswith("notebooks/"):
        return
    entries = terms(Path(app.srcdir, f"{GLOSSARY}.md").read_text(encoding="utf-8"))
    page = app.builder.get_relative_uri(name, GLOSSARY)
    linked: set[str] = set()
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.container | nodes.entry) or _is_reference(paragraph):
            continue  # a claim, a table, or a title that somebody else chose
        for words in list(paragraph.findall(nodes.Text)):
            if isinstance(words.parent, nodes.paragraph | nodes.strong | nodes.emphasis):
                words.parent.replace(words, _linked(str(words), entries, linked, page))


def _is_reference(paragraph):
    while paragraph and not isinstance(paragraph, nodes.section):
        paragraph = paragraph.parent
    return paragraph and paragraph[0].astext() == "References"


def _linked(text, entries, linked, page):
    """The nodes of `text` with links, whose anchors come into the set `linked`."""
    found = [(match, entry) for entry in entries if (match := entry[0].search(text))]
    if not found:
        return [nodes.Text(text)]
    match, entry = min(found, key=lambda pair: (pair[0].start(), -pair[0].end()))
    _, anchor, said = entry
    about = {"refuri": f"{page}#{anchor}", "reftitle": said, "classes": ["term"]}
    link = nodes.reference("", match[0], internal=True, **about)
    if anchor in linked:  # words still, and no shorter term within them
        link = nodes.Text(match[0])
    linked.add(anchor)
    rest = _linked(text[match.end() :], entries, linked, page)
    return [nodes.Text(text[: match.start()]), link, *rest]


def copy_mathjax(app, exception):
    """The one file of MathJax that draws formulas as SVG, from its package."""
    if exception is None:
        file = importlib.resources.files("sphinx-mathjax-offline") / "static/mathjax/tex-svg.js"
        (Path(app.outdir) / "_static" / file.name).write_bytes(file.read_bytes())


# What the theme and myst-nb write, and what stands there instead: a control needs a name, and the
# words that are seen must not be hidden behind another one.
NAMES = [
    (
        '<summary><span class="toctree-toggle"',
        '<summary aria-label="Its pages"><span class="toctree-toggle"',
    ),
    ('<summary aria-label="Toggle hidden content">', "<summary>"),
    ('title="Search" aria-label="Search" data-bs-placement', 'title="Search" data-bs-placement'),
]


def name_controls(app, exception):
    """Give controls of the pages names. Raises ValueError when one of NAMES is on no page."""
    if exception is not None:
        return
    left = {old for old, _ in NAMES}
    for path in Path(app.outdir).rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for old, new in NAMES:
            left -= {old} if old in text else set()
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8", newline="\n")
    if left:
        raise ValueError(f"the pages no longer hold {', '.join(sorted(left))}: see NAMES")


def plain_bars(app, what, name, obj, options, lines):
    """Docstrings here are sentences: |error| is a size, and no substitution."""
    lines[:] = [line.replace("|", r"\|") for line in lines]


def setup(app):
    render.load_mime_renders = lambda: [Outputs]  # else only an installed package may bring one
    app.add_transform(Playgrounds)
    app.connect("autodoc-process-docstring", plain_bars)
    app.connect("doctree-resolved", link_terms)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", name_controls)
    # Excerpts in the search are fetched, which a browser forbids to pages that are files.
    body = 'if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;'
    app.add_js_file(None, body=body)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
