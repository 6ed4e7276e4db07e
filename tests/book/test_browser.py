"""The built book in a real browser: the system's Chromium or Chrome, from a folder and by http."""

import contextlib
import functools
import http.server
import re
import threading

import pytest

from conftest import ROOT

BUILT = ROOT / "build" / "book"
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not BUILT.exists(), reason="no build/book: `make book` makes it"),
]
NAMES = sorted(
    path.relative_to(BUILT).as_posix()
    for path in BUILT.rglob("*.html")
    if path.relative_to(BUILT).parts[0] not in ("_static", "_modules")
)
LESSONS = [name for name in NAMES if name.startswith("notebooks/")]


@pytest.fixture(scope="module")
def served():
    """Address of the book on a server of its own."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    handler = functools.partial(Quiet, directory=BUILT)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=["file", "http"])
def address(request):
    return BUILT.as_uri() if request.param == "file" else request.getfixturevalue("served")


@contextlib.contextmanager
def opened(browser, base, **settings):
    """A page of the browser; afterwards it must have no error, and no request outside `base`."""
    context = browser.new_context(**{"viewport": DESKTOP, **settings})
    page, faults = context.new_page(), []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url) if outside(request.url) else None)

    def outside(url):
        return not url.startswith((base, "data:", "blob:", "about:"))

    yield page
    context.close()
    assert faults == []


def test_no_page_has_an_error_or_asks_for_anything_outside(browser, address):
    with opened(browser, address) as page:
        for name in NAMES:
            page.goto(f"{address}/{name}", wait_until="networkidle")


def test_search_finds_a_term_and_shows_excerpts_by_http_alone(browser, address):
    with opened(browser, address) as page:
        page.goto(f"{address}/search.html?q=soft-argmax")
        page.wait_for_selector("#search-results li a")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)
        found = page.locator("#search-results li a").evaluate_all("all => all.map(a => a.href)")
        assert any("notebooks/01_" in link for link in found)
        assert any("book/glossary.html" in link for link in found)
        excerpts = page.locator("#search-results li p.context").count()
        assert (excerpts > 0) == address.startswith("http")


def test_no_page_scrolls_sideways_on_a_phone(browser, served):
    with opened(browser, served, viewport=PHONE) as page:
        wide = {}
        for name in NAMES:
            page.goto(f"{served}/{name}")
            page.evaluate("window.MathJax?.startup?.promise")
            width = page.evaluate("document.documentElement.scrollWidth")
            wide |= {name: width} if width > PHONE["width"] else {}
        assert wide == {}


def test_code_is_whole_on_a_phone_and_on_paper(browser, served):
    """Nothing of a line stands beyond the edge of its block; on a phone Keras's tables may."""
    cut = """of => [...document.querySelectorAll(of)].filter(
        block => block.clientWidth && block.scrollWidth > block.clientWidth + 1).length"""
    with opened(browser, served, viewport=PHONE) as page:
        for name in LESSONS:
            page.goto(f"{served}/{name}")
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            assert page.evaluate(cut, ".bd-content .highlight pre") == 0, name
            page.emulate_media(media="print")
            assert page.evaluate(cut, ".bd-content pre") == 0, f"{name}, printed"
            page.emulate_media(media="screen")


def test_formulas_are_drawn(browser, address):
    with opened(browser, address) as page:
        for name in ("book/formulas.html", *[name for name in LESSONS if "/02_" in name]):
            page.goto(f"{address}/{name}")
            page.wait_for_function("window.MathJax?.startup?.promise !== undefined")
            page.evaluate("MathJax.startup.promise")
            formulas = page.locator(".math").count()
            assert formulas > 10
            assert page.locator(".math mjx-container svg").count() >= formulas
            assert page.locator("mjx-merror, [data-mml-node='merror']").count() == 0


def test_the_theme_is_toggled_and_figures_keep_a_white_card(browser, address):
    style = "of => [getComputedStyle(of).backgroundColor, getComputedStyle(of).filter]"
    backgrounds = {}
    with opened(browser, address, color_scheme="light") as page:
        page.goto(f"{address}/{LESSONS[0]}")
        for mode in ("dark", "light"):
            page.locator("button.theme-switch-button:visible").first.click()
            page.locator(f"button.theme-change-button[data-mode='{mode}']:visible").click()
            page.wait_for_selector(f"html[data-theme='{mode}']")
            backgrounds[mode], _ = page.locator("body").evaluate(style)
            card = page.locator("figure.output img").first.evaluate(style)
            assert card == ["rgb(255, 255, 255)", "none"]
    assert backgrounds["light"] == "rgb(255, 255, 255)" != backgrounds["dark"]


def test_claims_are_green_and_hidden_code_is_folded(browser, served):
    with opened(browser, served) as page:
        page.goto(f"{served}/{LESSONS[0]}")
        claim = page.locator(".claim").first
        assert claim.inner_text().startswith("✓ ")
        edge = claim.evaluate("line => getComputedStyle(line).borderLeftColor")
        red, green, blue = map(int, re.findall(r"\d+", edge)[:3])
        assert green > red and green > blue
        folded = page.locator("details.hide.above-input")
        assert folded.count() > 0
        assert not folded.first.locator(".highlight").is_visible()
        folded.first.locator("summary").click()
        assert folded.first.locator(".highlight").is_visible()
