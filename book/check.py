"""Are the built pages whole, and do they ask for nothing outside? Each problem is a line."""

import functools
from pathlib import Path
import re
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup
from course_utils import CLAIM

from course.lessons import read_notebook

MOST_MB = 30
# What a browser fetches by itself, and not only when somebody clicks.
FETCHED = {"src", "srcset", "data", "poster", "action", "background"}
OUTSIDE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
IN_STYLES = re.compile(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", re.IGNORECASE)


@functools.cache
def page(path):
    """A page as BeautifulSoup's tree; read once."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@functools.cache
def anchors(path):
    return {tag["id"] for tag in page(path).select("[id]")}


def problems(folder):
    """Links that lead nowhere, requests outside, pictures without alt, too many bytes."""
    found = []
    for path in sorted(folder.rglob("*.html")):
        name = path.relative_to(folder)
        if name.parts[0] == "_static":
            continue  # templates of the theme, which nothing leads to
        found += [f"{name}: {problem}" for problem in _of_page(path, folder)]
    for path in sorted(folder.rglob("*.css")):
        if IN_STYLES.search(path.read_text(encoding="utf-8")):
            found.append(f"{path.relative_to(folder)}: asks for something outside")
    _, size = extent(folder)
    return found + [f"{size / 1e6:.0f} MB, more than {MOST_MB}"] * (size > MOST_MB * 1e6)


def _of_page(path, folder):
    for tag in page(path).find_all(True):
        for key in FETCHED.union({"href"}) & tag.attrs.keys():
            address = str(tag[key]).strip()
            is_link = key == "href" and tag.name in ("a", "area")
            if OUTSIDE.match(address):
                if not is_link:
                    yield f"asks for {address}"
            elif address and not address.startswith(("data:", "mailto:", "javascript:", "blob:")):
                yield from _missing(address, path, folder)
        if tag.name == "img" and not tag.get("alt", "").strip():
            yield f"a picture without alt text: {tag.get('src')}"
        style = tag.get("style", "") + (tag.get_text() if tag.name == "style" else "")
        if IN_STYLES.search(style):
            yield "a style asks for something outside"


def _missing(address, path, folder):
    """What an address inside the book lacks."""
    parts = urlsplit(address)
    target = file_of(path.parent, parts.path, folder) if parts.path else path
    anchor = unquote(parts.fragment)
    if target is None:
        yield f"no such page: {address}"
    elif anchor and target.suffix == ".html" and anchor not in anchors(target):
        yield f"no such place: {address}"


@functools.cache
def file_of(start, address, folder):
    """The file of the book that an address leads to from the folder `start`, or None."""
    target = (start / unquote(address)).resolve()
    return target if target.is_relative_to(folder.resolve()) and target.is_file() else None


def lost(folder, notebooks):
    """What the page of a notebook does not show of its claims and figures."""
    found = []
    for notebook in notebooks:
        outputs = [
            output
            for cell in read_notebook(notebook)["cells"]
            for output in cell.get("outputs", [])
        ]
        shown = page(folder / "notebooks" / f"{notebook.stem}.html")
        bundles = [output.get("data", {}) for output in outputs]
        claims = [_plain("".join(data["text/plain"])) for data in bundles if CLAIM in data]
        lines = [_plain(tag.get_text()) for tag in shown.select(".claim")]
        if lines != claims:
            told = f"{len(lines)} claims are shown of {len(claims)}, or other ones"
            found.append(f"{notebook.stem}: {told}")
        figures = [output for output in outputs if "image/png" in output.get("data", {})]
        wanted = [_plain(output["metadata"]["image/png"]["alt"]) for output in figures]
        tags = shown.select("figure.output")
        alts = [_plain(tag.img["alt"]) for tag in tags]
        captions = [_plain(tag.select_one(".caption-text").get_text()) for tag in tags]
        for what, texts in (("alt texts", alts), ("captions", captions)):
            if texts != wanted:
                found.append(f"{notebook.stem}: {what} of figures are not the notebook's")
    return found


def _plain(text):
    return " ".join(text.split())


def extent(folder):
    """How many pages, and how many bytes."""
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    return sum(path.suffix == ".html" for path in files), sum(p.stat().st_size for p in files)
