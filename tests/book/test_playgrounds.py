"""The playgrounds: one small file each that asks for nothing and can stand in a book."""

import re

from PIL import Image
import playground_pictures
import pytest

from conftest import ROOT

FOLDER = ROOT / "book" / "playgrounds"
PREFIXES = {"boxes": "bx", "nms": "nm", "anchors": "an", "heatmap": "hm", "precision": "pr"}
PAGES = {name: (FOLDER / f"{name}.html").read_text(encoding="utf-8") for name in PREFIXES}


@pytest.mark.parametrize("name", PREFIXES)
def test_a_page_is_one_small_file_that_asks_for_nothing(name):
    page = PAGES[name]
    assert len(page.splitlines()) <= 300
    addresses = re.findall(r'(?:src|href)\s*=\s*"?([^"\s>]+)', page)
    assert all((FOLDER / address).exists() for address in addresses), addresses
    without_svg = page.replace("http://www.w3.org/2000/svg", "")
    for word in ("http:", "https:", "//cdn", "url(", "@import", "import(", "fetch(", "XMLHttp"):
        assert word not in without_svg
    for word in ("sendBeacon", "WebSocket", "EventSource", "<link", "<iframe", "<img"):
        assert word not in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("name", "prefix"), PREFIXES.items())
def test_the_classes_of_a_page_cannot_meet_those_of_a_book(name, prefix):
    page, styles = PAGES[name], re.search(r"<style>(.*?)</style>", PAGES[name], re.DOTALL)[1]
    named = " ".join(re.findall(r'class(?:Name)?[:=] ?"([^"]*)"', page)).split()
    assert set(named) - {prefix} == {word for word in named if word.startswith(f"{prefix}-")}
    styles = re.sub(r"\{[^{}]*\}", "{}", styles)
    selectors = re.findall(r"[^{}]+(?=\{)", styles)
    for selector in ", ".join(selectors).split(","):
        if "@" not in selector:
            assert re.search(rf"\.{prefix}\b", selector), selector
        assert all(word.startswith(prefix) for word in re.findall(r"\.([a-z][\w-]*)", selector))


@pytest.mark.parametrize("name", PREFIXES)
def test_a_page_says_what_it_asks_and_what_to_try(name):
    page = PAGES[name]
    assert re.search(r"<h1>[^<]+\?</h1>", page)
    lead = re.search(r'-lead">(.+?)</p>', page, re.DOTALL)[1]
    assert len(re.findall(r"\.(?:\s|$)", lead)) == 2
    assert len(re.findall("<li>(?!<b>)", page.split("What to try")[1].split("</ol>")[0])) == 3
    assert re.search(r'Taught in <a href="\.\./\.\./notebooks/\w+\.ipynb">lesson 0\d</a>', page)


README = (FOLDER / "README.md").read_text(encoding="utf-8")
ALL = sorted(path.stem for path in FOLDER.glob("*.html"))


def test_the_page_of_playgrounds_shows_each_with_its_question_its_lesson_and_a_picture():
    sections = {part.split("\n")[0].casefold(): part for part in README.split("\n## ")[1:]}
    assert sorted(sections) == ALL
    for name, text in sections.items():
        page = (FOLDER / f"{name}.html").read_text(encoding="utf-8")
        title = re.search("<h1>(.+?)</h1>" if name in PREFIXES else "<title>(.+?)</title>", page)
        assert f"[{title[1]}]({name}.html)" in text
        assert re.search(rf"\[!\[[^\]]{{30,}}\]\({name}\.png\)\]\({name}\.html\)", text)
        taught = re.findall(r"\.\./\.\./notebooks/\w+\.ipynb", page)[:1]
        assert all(f"({address})" in text for address in taught)


@pytest.mark.parametrize("name", ALL)
def test_a_page_whose_script_may_not_run_says_what_to_press(name):
    page = (FOLDER / f"{name}.html").read_text(encoding="utf-8")
    assert (
        len(re.findall("<noscript>.*JupyterLab press <em>Trust HTML</em>.*</noscript>", page)) == 1
    )


@pytest.mark.browser  # as is needed to write them
@pytest.mark.parametrize("name", ALL)
def test_the_picture_of_a_page_is_of_the_page_as_it_is(name):
    """`python tools/playground_pictures.py` writes them anew."""
    picture = Image.open(FOLDER / f"{name}.png")
    assert picture.info["page"] == playground_pictures.hash_of(FOLDER / f"{name}.html")
    assert picture.width == playground_pictures.WIDTH and picture.height >= 600
    assert (FOLDER / f"{name}.png").stat().st_size < 200_000
