"""The playgrounds in a real browser without a window: mouse, touch, keys, colours, width.

The browser is the system's own Chromium or Chrome. What the numbers are is another test's matter
(tests/book). Screenshots lie in build/playgrounds/.
"""

import argparse
import math
import sys

from environments import ROOT
from lab import FLAGS, find_browser

from course import cli

FOLDER, OUT = ROOT / "book" / "playgrounds", ROOT / "build" / "playgrounds"
# For each page: what is dragged, how far (px), what lies there afterwards, how far it may be off.
PAGES = {
    "boxes": ('rect[data-box="predicted"]', (-60, -30), 'rect[data-box="predicted"]', 2),
    "nms": ('rect[data-box="8"]', (40, 20), 'rect[data-box="8"]', 2),
    "anchors": ('[data-anchor="3"]', (-30, 25), '[data-anchor="3"]', 2),
    "heatmap": (".hm-top", (-50, 40), '.hm-top rect, .hm-top [data-mark="you"]', 14),
    "precision": ('li[data-name="A"] .pr-hold', (0, 103), 'li[data-name="A"] .pr-hold', 18),
}
# Keys on what is dragged (its row, for a handle), and a text.
KEYS = {
    "boxes": ("ArrowLeft Shift+ArrowDown Alt+ArrowUp", ".bx-said"),
    "nms": ("ArrowUp ArrowRight -", 'li[data-row="8"]'),
    "anchors": ("ArrowUp ArrowLeft", ".an-which"),
    "heatmap": ("ArrowLeft ArrowDown Enter", ".hm-said"),
    "precision": ("ArrowDown ArrowDown ArrowUp", ".pr-ap"),
}
VIEWS = {
    "light": {"viewport": {"width": 1200, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 2200, "height": 1200}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
# Texts whose contrast with what lies behind them is below 4.5, as WCAG AA asks.
CONTRAST = """() => {
  const shade = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    shade.clearRect(0, 0, 1, 1); shade.fillStyle = color; shade.fillRect(0, 0, 1, 1);
    return shade.getImageData(0, 0, 1, 1).data;
  };
  const light = (color) => [0.2126, 0.7152, 0.0722].reduce((sum, part, i) => {
    const c = color[i] / 255;
    return sum + part * (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  }, 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const color = rgba(getComputedStyle(node).backgroundColor);
      if (color[3] > 250) return color;
    }
    return [255, 255, 255];
  };
  return [...document.body.querySelectorAll("*")].filter((node) => node.getClientRects().length
      && !node.disabled && [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((node) => {
      const style = getComputedStyle(node), svg = node instanceof SVGElement;
      const pair = [light(rgba(svg ? style.fill : style.color)), light(behind(node))].sort();
      return [(Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05), node.textContent.trim()];
    }).filter(([ratio]) => ratio < 4.5).map(([r, text]) => `${r.toFixed(1)}: ${text.slice(0, 30)}`);
}"""
# Every control once, to both ends.
CONTROLS = """() => {
  const root = document.querySelector("main");
  const set = (node, value, event) => {
    if (!node.isConnected) return;
    node.value = value; node.dispatchEvent(new Event(event, { bubbles: true }));
  };
  for (const node of root.querySelectorAll("input[type=range]"))
    for (const value of [node.min, node.max, (+node.min + +node.max) / 2])
      set(node, value, "input");
  for (const node of root.querySelectorAll("input[type=number]"))
    for (const value of ["", "-1000", "1000", "3"]) set(node, value, "change");
  for (const node of root.querySelectorAll("input[type=radio]")) node.click();
  for (const node of root.querySelectorAll("select"))
    for (const option of node.options) set(node, option.value, "change");
  for (const node of root.querySelectorAll("button, summary")) { node.click(); node.click(); }
  return [...root.querySelectorAll("*")].filter((node) =>
    [...node.attributes].some(({ value }) => /NaN|undefined/.test(value))
    || [...node.childNodes].some((n) => n.nodeType === 3 && /NaN|undefined/.test(n.data)))
    .map((node) => `after use: ${node.outerHTML.slice(0, 80)}`);
}"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", nargs="*", metavar="PAGE", help=f"of {', '.join(PAGES)}")
    pages = parser.parse_args().page or list(PAGES)
    if not set(pages) <= set(PAGES):
        parser.error(f"PAGE must be one of {', '.join(PAGES)}")
    browser = find_browser()
    from playwright.sync_api import sync_playwright

    OUT.mkdir(parents=True, exist_ok=True)
    problems = []
    with sync_playwright() as playwright:
        window = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        for name in pages:
            for view in VIEWS:
                problems += look(window, name, view)
            problems += mouse(window, name) + touch(window, name) + keys(window, name)
        window.close()
    for problem in problems:
        print(problem)
    print(f"{len(pages)} playgrounds, {len(problems)} problems; screenshots: {OUT}")
    return int(bool(problems))


def opened(window, name, view, problems):
    """A page of its own; what it asks for and what goes wrong in it is added to `problems`."""
    page = window.new_context(**VIEWS[view]).new_page()
    address = (FOLDER / f"{name}.html").as_uri()
    where = f"{name}, {view}"
    page.on("pageerror", lambda error: problems.append(f"{where}: {error}"))
    page.on("console", lambda message: problems.append(f"{where}: {message.text}"))
    page.on("request", lambda r: r.url == address or problems.append(f"{where}: asks for {r.url}"))
    page.goto(address)
    page.wait_for_timeout(200)
    if name == "anchors":  # with several anchors, of which another one is chosen
        page.select_option(".an-preset", "lesson 07")
        if page.locator(".an-count").inner_text() != "3,024":
            problems.append(f"{where}: these are not the anchors of lesson 07")
    return page


def look(window, name, view):
    problems: list[str] = []
    page = opened(window, name, view, problems)
    page.screenshot(path=OUT / f"{name}-{view}.png", full_page=True)
    found = page.evaluate(CONTRAST)
    found += page.evaluate(CONTROLS) + page.evaluate(CONTRAST)
    page.wait_for_timeout(300)
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > page.viewport_size["width"]:  # innerWidth grows with what is too wide on a phone
        found.append(f"scrolls sideways: it is {wide} px wide")
    page.context.close()
    return problems + [f"{name}, {view}: {problem}" for problem in dict.fromkeys(found)]


def middle(page, selector):
    page.locator(selector).first.scroll_into_view_if_needed()
    box = page.locator(selector).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, name, press, move, release):
    """Drag what PAGES says in five steps; a list of what is not where it should be."""
    selector, (dx, dy), target, tolerance = PAGES[name]
    x, y = middle(page, selector)
    scroll = page.evaluate("scrollY")
    press(x, y)
    for step in range(1, 6):
        move(x + dx * step / 5, y + dy * step / 5)
    release()
    page.wait_for_timeout(100)
    box = page.locator(target).last.bounding_box()
    off = math.dist((x + dx, y + dy), (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
    if page.evaluate("scrollY") != scroll:
        return ["the page scrolled"]
    return [f"{off:.0f} px from where it was dragged"] if off > tolerance else []


def mouse(window, name):
    problems: list[str] = []
    page = opened(window, name, "light", problems)

    def press(x, y):
        page.mouse.move(x, y)
        page.mouse.down()

    found = drag(page, name, press, page.mouse.move, page.mouse.up)
    page.context.close()
    return problems + [f"{name}, mouse: {problem}" for problem in found]


def touch(window, name):
    problems: list[str] = []
    page = opened(window, name, "phone", problems)
    send = page.context.new_cdp_session(page).send

    def event(kind, *points):
        touches = [{"x": x, "y": y} for x, y in points]
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    found = drag(
        page,
        name,
        lambda x, y: event("touchStart", (x, y)),
        lambda x, y: event("touchMove", (x, y)),
        lambda: event("touchEnd"),
    )
    page.context.close()
    return problems + [f"{name}, touch: {problem}" for problem in found]


def keys(window, name):
    """Each key must change something: the text that KEYS names, or the drawing."""
    problems: list[str] = []
    page = opened(window, name, "light", problems)
    pressed, said = KEYS[name]
    selector = PAGES[name][0].removesuffix(" .pr-hold")
    page.locator(selector).focus()
    for key in pressed.split():
        before = page.locator(said).inner_text(), page.locator("svg, ol").first.inner_html()
        page.keyboard.press(key)
        page.wait_for_timeout(50)
        after = page.locator(said).inner_text(), page.locator("svg, ol").first.inner_html()
        if before == after:
            problems.append(f"{name}, keys: {key} does nothing")
        if not page.evaluate("document.activeElement.matches('[tabindex]')"):
            problems.append(f"{name}, keys: {key} loses the focus")
    page.context.close()
    return problems


if __name__ == "__main__":
    sys.exit(cli.exit_status("playgrounds", main))
