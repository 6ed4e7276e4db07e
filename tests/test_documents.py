"""The project's Markdown files: links, and the README's form."""

from pathlib import Path
import re

from markdown_it import MarkdownIt
import pytest

from conftest import ROOT
from course import lessons

README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDERS = ("", "book", "book/playgrounds", "benchmarks", "data", "exercises/solutions")
DOCUMENTS = {path for folder in FOLDERS for path in (ROOT / folder).glob("*.md")}
# The links of the book's first page are those of the place where it is built.
DOCUMENTS = sorted(DOCUMENTS - {ROOT / "book" / "index.md"})
PHONE = {"width": 390, "height": 844}
# How a code host shows Markdown on a phone, as far as width goes.
STYLE = """body { margin: 16px; font: 16px/1.5 sans-serif; overflow-wrap: break-word }
table { border-collapse: collapse; display: block; width: max-content; max-width: 100% }
table { overflow: auto }
th, td { padding: 6px 13px; border: 1px solid } img { max-width: 100% }
pre { padding: 16px; overflow: auto; font-size: 85% }"""


def html(text):
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(text)


def anchors(path):
    """Anchors of a Markdown file's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in words}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_and_pictures_lead_to_files_of_the_project(path):
    found = re.findall(r'(?:href|src)="([^"]+)"', html(path.read_text(encoding="utf-8")))
    for address in found:
        if ":" in address:
            continue
        file, _, place = address.partition("#")
        target = path.parent / file if file else path
        assert target.exists() and target.resolve().is_relative_to(ROOT), address
        assert not file.startswith("/"), address
        if place:
            assert place in anchors(target), address


def test_the_readme_begins_with_three_sentences_the_strip_and_three_commands():
    title, opening, picture, caption, *_ = README.split("\n\n")
    assert title == "# Where is it?"
    assert len(re.findall(r"[.?!](?=\s|$)", opening)) == 3
    assert re.fullmatch(r"!\[[^\]]{100,500}\]\(docs/strip\.png\)", picture)
    assert caption.startswith("*") and caption.endswith("*")
    (commands,) = re.findall(r"```\n(make.*?)```", README, re.DOTALL)
    assert [line.split("#")[0].split() for line in commands.splitlines()] == [
        ["make", "lab"],
        ["make", "course"],
        ["make", "test"],
    ]


def test_the_readme_tells_each_reader_what_is_in_it():
    part = README.split("\n## What is in it\n")[1].split("\n## ")[0]
    assert re.findall("^### For (.+)$", part, re.MULTILINE) == [
        *("students", "teachers", "maintainers")
    ]


def test_the_table_of_lessons_has_three_columns_with_all_that_is_compared():
    table = README.split("<!-- results: begin")[1].split("<!-- results: end")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    assert rows[0] == ["Lesson", "Measured", "Time (min)"]
    assert {len(row) for row in rows} == {3}
    numbers = {path.stem.split("_")[0] for path in lessons.find_lessons()}
    assert {re.findall(r"\[(\w+) · .+\?\]", lesson)[0] for lesson, _, _ in rows[1:]} <= numbers
    for _, measured, minutes in rows[1:]:
        name, ours, *beside = measured.split("<br>")
        assert name and re.match(r"\*\*[\d.]+(\xa0±\xa0[\d.]+)?\*\* \w", ours)
        assert [value.split()[0] for value in beside] == ["baseline", "recipe", "limit"]
        assert re.fullmatch(r"\d+ to run<br>\d+ to read", minutes)


@pytest.mark.browser
def test_the_readme_can_be_read_on_a_phone(browser, tmp_path):
    """On a code host: no table that has to be pushed sideways to see a result."""
    text = html(README).replace('src="docs', f'src="{Path(ROOT, "docs").as_uri()}')
    (tmp_path / "readme.html").write_text(
        f"<meta charset=utf-8><style>{STYLE}</style>{text}", encoding="utf-8"
    )
    page = browser.new_context(viewport=PHONE).new_page()
    page.goto((tmp_path / "readme.html").as_uri())
    wide = """[...document.querySelectorAll("body, table, img")].filter(
        node => node.scrollWidth > node.clientWidth + 1).map(node => node.outerHTML.slice(0, 90))"""
    assert page.evaluate(wide) == []
    page.screenshot(path=tmp_path / "readme.png", full_page=True)
    page.context.close()
