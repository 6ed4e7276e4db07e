"""Write the pictures of the playgrounds, book/playgrounds/*.png, for where there is no browser.

Each is a screenshot in the system's Chromium, light, down to where the page's controls end. It
holds the hash of the page that it shows, by which a test sees that it is an old one.
"""

import hashlib
import io
import sys
import tempfile

from environments import ROOT
from lab import FLAGS, find_browser
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from course import cli

FOLDER = ROOT / "book" / "playgrounds"
WIDTH, HEIGHT = 960, 600  # px; the annotator fills its window, others are as high as they need


def main():
    browser = find_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        window = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        for path in sorted(FOLDER.glob("*.html")):
            view = {"width": WIDTH, "height": HEIGHT if path.stem == "annotator" else 1500}
            page = window.new_context(viewport=view, color_scheme="light").new_page()
            page.goto(path.as_uri())
            PREPARE.get(path.stem, lambda page: None)(page)
            page.wait_for_timeout(300)
            target = path.with_suffix(".png")
            target.write_bytes(picture(page, path))
            print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} kB")
        window.close()
    return 0


def hash_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def picture(page, path):
    """The bytes of a PNG of a page, at its own size, with the hash of the page's file."""
    panes, height = page.locator("[class$='-panes']"), HEIGHT
    if panes.count():
        box = panes.bounding_box()
        height = box["y"] + box["height"] + 8
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": height}
    shot = Image.open(io.BytesIO(page.screenshot(clip=clip)))
    about, small = PngInfo(), io.BytesIO()
    about.add_text("page", hash_of(path))
    shot.convert("RGB").quantize(256).save(small, "png", optimize=True, pnginfo=about)
    return small.getvalue()


def _guess(page):
    """Answer beside the middle, so that the map of what the picture can tell is shown."""
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.locator(".hm-top").press(key)


def _annotate(page):
    """A photograph that scikit-learn bundles, with two boxes."""
    from sklearn.datasets import load_sample_image

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/china.jpg"
        Image.fromarray(load_sample_image("china.jpg")).save(path)
        page.locator("#files").set_input_files(path)
        page.wait_for_function("() => bitmap !== null")
    area = page.locator("#canvas").bounding_box()
    drawn = {"tower": ((0.11, 0.58), (0.07, 0.97)), "island": ((0.64, 0.78), (0.5, 0.58))}
    for label, (x, y) in drawn.items():
        page.keyboard.press("Escape")
        page.locator("#label").fill(label)
        page.locator("#label").press("Enter")
        (x1, x2), (y1, y2) = (
            [area[at] + area[side] * share for share in shares]
            for at, side, shares in (("x", "width", x), ("y", "height", y))
        )
        page.mouse.move(x1, y1)
        page.mouse.down()
        page.mouse.move(x2, y2, steps=3)
        page.mouse.up()


PREPARE = {"heatmap": _guess, "annotator": _annotate}


if __name__ == "__main__":
    sys.exit(cli.exit_status("playground_pictures", main))
