"""No page of the book breaks a rule of WCAG 2.2 A or AA that axe-core can see, light or dark."""

import pytest

from conftest import ROOT

BUILT = ROOT / "build" / "book"
AXE = ROOT / "tools" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES = [
    *("index", "search", "genindex", "notebooks/01_pixel_regression"),
    *("notebooks/08_two_stage_detector", "exercises/index", "exercises/01_exercises"),
    *("exercises/museum_exercises", "exercises/solutions/01_solutions", "book/glossary"),
    *("book/formulas", "book/teachers", "benchmarks/README", "CONTRIBUTING", "course_utils/boxes"),
    "book/playgrounds/README",
    *sorted(f"book/playgrounds/{path.stem}" for path in ROOT.glob("book/playgrounds/*.html")),
]
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
RUN = """async (rules) => {
    const found = await axe.run(document, { runOnly: { type: "tag", values: rules } });
    const said = (node) => `${node.target.join(" ")}: ${node.failureSummary.split("\\n").pop()}`;
    return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${said(node)}`));
}"""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not BUILT.exists(), reason="no build/book: `make book` makes it"),
    pytest.mark.skipif(not AXE.exists(), reason="no axe-core: `npm ci --prefix tools/axe`"),
]


def broken(page):
    """What axe finds in a page: a line for each place that breaks a rule."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(RUN, RULES)


@pytest.mark.parametrize("view", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_breaks_no_rule(browser, name, view):
    """Light, then dark; with everything unfolded."""
    context = browser.new_context(color_scheme="light", **view)
    page = context.new_page()
    page.goto(f"{BUILT.as_uri()}/{name}.html")
    page.wait_for_function("!window.MathJax?.startup || MathJax.startup.promise.then(() => true)")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(300)
        found[scheme] = broken(page)
    context.close()
    assert found == {"light": [], "dark": []}


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("<img src='data:,'>", "image-alt"),
        ("<p style='color: #999; background: #fff'>faint</p>", "color-contrast"),
        ("<button></button>", "button-name"),
    ],
)
def test_a_planted_fault_is_found(browser, fault, rule):
    context = browser.new_context()
    page = context.new_page()
    page.set_content(f"<!doctype html><html lang=en><title>x</title><main>{fault}</main>")
    assert [line.split(":")[0] for line in broken(page)] == [rule]
    context.close()
