"""The sources of the book: links, cards, and what appears once its folder is there."""

import json
from pathlib import Path

import pytest

from book import ladder, pages
from conftest import ROOT
import course
from course import lessons, results

THERE = {
    Path(name)
    for name in ("notebooks/01_a.ipynb", "course_utils/boxes.md", "exercises/index.md")
    + ("benchmarks/README.md", "book/glossary.md", "index.md")
}


@pytest.mark.parametrize(
    ("folder", "text", "wanted"),
    [
        ("book", "[01](../notebooks/01_a.ipynb)", "[01](../notebooks/01_a.ipynb)"),
        ("book", "[`iou`](../course_utils/boxes.py)", "[`iou`](../course_utils/boxes.md)"),
        ("", "[how](benchmarks)", "[how](benchmarks/README.md)"),
        ("", "[tasks](exercises/), [x](#here)", "[tasks](exercises/index.md), [x](#here)"),
        ("book", "[minutes](../README.md)", "[minutes](../index.md)"),
        ("", "[term](book/glossary.md#anchor)", "[term](book/glossary.md#anchor)"),
        ("benchmarks", "[code](../tools/lab.py) and [web](https://a.org/b)", None),
        ("", "![picture](nowhere.png)", "![picture](nowhere.png)"),
    ],
)
def test_a_link_leads_to_the_page_of_its_file_or_is_only_words(folder, text, wanted):
    wanted = wanted or "code and [web](https://a.org/b)"
    assert pages.linked_to_pages(text, Path(folder), THERE) == wanted


def test_cards_show_what_the_readme_shows():
    text = pages.generated(ROOT)[Path("index.md")]
    found = results.read_results(course.RESULTS)
    assert "<!-- " not in text.split("```{toctree}")[0].replace("<!-- badges", "")
    for path in lessons.find_lessons():
        notebook = lessons.read_notebook(path)
        (card,) = [
            card for card in text.split("\n::::\n") if f":link: notebooks/{path.stem}\n" in card
        ]
        assert f" · {lessons.title(notebook)}\n" in card
        assert f"{lessons.reading_minutes(notebook)} min to read" in card
        if runs := [result for result in found if result["lesson"] == path.stem]:
            name, columns = results.compared(runs)
            assert f"\n{name}\n" in card and len(columns) == 4
            assert all(f"- {role}: **{value}** {what}" in card for role, value, what in columns)
            row = results.results_table([path], runs).replace("\N{NBSP}", " ")
            assert all(value in row for _, value, _ in columns)
        assert f"\nnotebooks/{path.name}\n" in text


def test_a_lesson_without_results_has_a_card_without_them(project):
    path = project / "notebooks" / "01_where.ipynb"
    card = pages.cards([path], [])
    assert "Where?" in card and "min to read" in card
    assert "to run" not in card and "**" not in card


@pytest.fixture
def small(project):
    """A project with what the book needs and no more."""
    (project / "book").mkdir()
    (project / "book" / "index.md").write_text(
        "<!-- question --><!-- start --><!-- readers --><!-- contents -->"
    )
    readme = "# Where\n\n## Start\n\nrun\n\n<!-- badges: begin x -->\n![b](https://c.org/b.svg)\n"
    readme += "<!-- badges: end -->\n\n## The lessons\n\ntable\n\n## What is in it\n\nmuch\n"
    (project / "README.md").write_text(readme)
    (project / "course_utils").mkdir()
    (project / "course_utils" / "boxes.py").write_text('"""Boxes."""\n')
    return project


def test_exercises_and_playgrounds_are_there_once_their_folders_are(small):
    before = pages.generated(small)
    assert {path.as_posix() for path in before} == {
        *("index.md", "course_utils/index.md", "course_utils/boxes.md")
    }
    assert "To try" not in before[Path("index.md")]
    for name in ("exercises/solutions", "book/playgrounds"):
        (small / name).mkdir(parents=True)
    (small / "exercises" / "01_exercises.ipynb").write_text("{}")
    (small / "exercises" / "solutions" / "01_solutions.md").write_text("# Solutions")
    (small / "book" / "playgrounds" / "README.md").write_text("# Playgrounds\n")
    after = pages.generated(small)
    assert "\nexercises/index.md\nbook/playgrounds/README.md\n" in after[Path("index.md")]
    assert "\n01_exercises.ipynb\n" in after[Path("exercises/index.md")]
    assert "\nsolutions/01_solutions.md\n" in after[Path("exercises/index.md")]


def test_sources_are_the_files_as_they_are_but_for_badges(small, tmp_path):
    path = small / "notebooks" / "01_where.ipynb"
    target = tmp_path / "build" / "source"
    (target / "old").mkdir(parents=True)
    pages.stage(small, target)
    staged = target / "notebooks" / path.name
    assert staged.read_text(encoding="utf-8") == path.read_text(encoding="utf-8")
    assert (
        target / "index.md"
    ).read_text() == "# Where\n\n## Start\n\nrun\n\n\n## What is in it\n\nmuch\n" + pages.toctree(
        "Lessons", ["notebooks/01_where.ipynb", "notebooks/02_then.ipynb"]
    ) + pages.toctree("Appendix", [])
    assert not (target / "old").exists()
    notebook = lessons.read_notebook(path)
    badge = "[![Open in Colab](https://c.org/badge.svg)](https://c.org/x)"
    notebook["cells"][0]["source"] = f"# 01 · Where?\n\n{badge}\n\nText"
    path.write_text(json.dumps(notebook))
    pages.stage(small, target)
    text = staged.read_text(encoding="utf-8")
    assert "c.org" not in text
    assert json.loads(text)["cells"][0]["source"].startswith("# 01 · Where?\n")


def test_links_of_a_playground_lead_to_pages():
    text = '<a href="../../notebooks/05_a.ipynb">05</a> <a href="../glossary.md#head">head</a>'
    wanted = '<a href="../../notebooks/05_a.html">05</a> <a href="../glossary.html#head">head</a>'
    assert pages.playground(text) == wanted
    other = '<a href="https://a.org/x.md">out</a> <a href="other.html">other</a> <p>a.ipynb'
    assert pages.playground(other) == other
    assert pages.playground("<title>x") == '<link rel="icon" href="data:,">\n<title>x'


def test_each_rung_of_the_ladder_is_a_lesson_with_the_values_of_its_card():
    found = results.read_results(course.RESULTS)
    text = pages.generated(ROOT)[Path("index.md")]
    rungs = text.split('<ol class="ladder">')[1].split("</ol>")[0].strip().splitlines()
    paths = [
        path for path in lessons.find_lessons() if any(r["lesson"] == path.stem for r in found)
    ]
    for path, line in zip(paths, rungs, strict=True):
        _, columns = results.compared([r for r in found if r["lesson"] == path.stem])
        assert f'href="notebooks/{path.stem}.html"' in line
        values = ", ".join(f"{role} {value}" for role, value, _ in columns)
        assert f'role="img" aria-label="{values}"' in line
        assert line.count('class="mark') == sum(value != "–" for _, value, _ in columns)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (("2", "–", "0.5 ± 0.1", "0"), {"baseline": 0, "ours": 0.75, "limit": 1}),
        (("0.5", "0.2", "0.8", "1"), {"baseline": 0.375, "recipe": 0, "ours": 0.75, "limit": 1}),
        (("0", "14", "0", "0"), {"baseline": 1, "recipe": 0, "ours": 1, "limit": 1}),
        (("3", "3", "3", "3"), {"baseline": 1, "recipe": 1, "ours": 1, "limit": 1}),
    ],
)
def test_a_place_on_the_ladder_is_the_share_of_the_way_from_the_worst_to_the_limit(values, wanted):
    of_role = dict(zip(("baseline", "recipe", "ours", "limit"), values, strict=True))
    assert ladder.positions(of_role) == pytest.approx(wanted)
