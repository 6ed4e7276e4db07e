"""The annotator in a real browser: the system's Chromium or Chrome, driven by playwright."""

import base64
import json
import re

from course_utils import coco, photos
import numpy as np
from PIL import Image
import pytest

from conftest import ROOT

PAGE = ROOT / "book" / "playgrounds" / "annotator.html"
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
BOXES = [(10, 20, 60, 50), (100, 5, 199, 149), (0, 100, 30, 150)]
in_browser = pytest.mark.browser


def test_the_page_is_one_file_of_few_lines():
    text = PAGE.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 500
    assert "//" not in text.replace("  //", "").replace("\n//", "")  # but for comments: no address
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None and " ".join(policy[1].split()) == (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        "img-src blob: data:; base-uri 'none'; form-action 'none'"
    )
    assert "eval(" not in text and "innerHTML" not in text


@pytest.fixture
def window(browser):
    """Open a window with the page in it; at the end: no error, and no request but the page."""
    windows, problems = [], []

    def listen(page):
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))

    def open_window(viewport=DESKTOP, **options):
        context = browser.new_context(viewport=viewport, accept_downloads=True, **options)
        windows.append(context)
        context.on("page", listen)
        context.on("request", lambda request: requests.append(request.url))
        page = context.new_page()
        page.goto(PAGE.as_uri())
        return page

    requests: list[str] = []
    yield open_window
    for context in windows:
        context.close()
    assert not problems
    assert all(url == PAGE.as_uri() or url.startswith(("blob:", "data:")) for url in requests)


@pytest.fixture
def folder(tmp_path):
    """A folder of two pictures, 200×150 and 40×300 px."""
    root = tmp_path / "my pictures"
    root.mkdir()
    shades = np.random.default_rng(0).integers(0, 256, (150, 200, 3)).astype("uint8")
    Image.fromarray(shades).save(root / "one.png")
    Image.new("RGB", (40, 300), "green").save(root / "two.jpg")
    return root


def open_pictures(page, *paths):
    page.locator("#files").set_input_files([str(path) for path in paths])
    page.wait_for_function("n => document.querySelector('#which').length >= n", arg=len(paths))
    page.wait_for_function("() => bitmap !== null")


def place(page, x, y, size=(200, 150)):
    """Where a point of the picture is on the screen when the whole picture is shown."""
    area = page.locator("#canvas").bounding_box()
    scale = 0.97 * min(area["width"] / size[0], area["height"] / size[1])
    left = area["x"] + (area["width"] - scale * size[0]) / 2
    top = area["y"] + (area["height"] - scale * size[1]) / 2
    return left + scale * x, top + scale * y


def drag(page, start, end):
    page.mouse.move(*place(page, *start))
    page.mouse.down()
    page.mouse.move(*place(page, *np.mean([start, end], axis=0)))
    page.mouse.move(*place(page, *end))
    page.mouse.up()


def by_mouse(page, box):
    page.keyboard.press("Escape")
    drag(page, box[:2], box[2:])


def by_touch(page, box):
    fingers = page.context.new_cdp_session(page)

    def touch(kind, *points):
        spots = [dict(zip("xy", place(page, *point), strict=True)) for point in points]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    page.keyboard.press("Escape")
    for kind, *points in (
        ("touchStart", box[:2]),
        ("touchMove", np.mean([box[:2], box[2:]], axis=0)),
        ("touchMove", box[2:]),
        ("touchEnd",),
    ):
        touch(kind, *points)


def by_keys(page, box):
    """A new box in the middle, its edges moved one by one; twice, for none passes another."""
    page.keyboard.press("n")
    for wanted in (*box, None, *box):
        page.keyboard.press("e")
        if wanted is None:  # once round: the arrows would move the whole box
            continue
        edge = page.evaluate("() => edge") - 1
        sides = page.evaluate("() => { const b = box(); return [b.x, b.y, b.x + b.w, b.y + b.h] }")
        steps = int(wanted - sides[edge])
        back, forth = [("ArrowLeft", "ArrowRight"), ("ArrowUp", "ArrowDown")][edge % 2]
        key = forth if steps > 0 else back
        for presses, shift in ((abs(steps) // 10, "Shift+"), (abs(steps) % 10, "")):
            for _ in range(presses):
                page.keyboard.press(shift + key)


def exported(page, folder):
    """What `read_coco` reads of the file that the page exports beside the pictures."""
    with page.expect_download() as download:
        page.locator("#export").click()
    assert download.value.suggested_filename == "annotations.json"
    download.value.save_as(folder / "annotations.json")
    return coco.read_coco(folder)


@in_browser
def test_where_a_page_may_not_save_its_text_can_be_copied(browser, folder, tmp_path):
    allowed = "allow-same-origin allow-scripts allow-popups"  # JupyterLab's
    outer = tmp_path / "outer.html"
    outer.write_text(f'<iframe sandbox="{allowed}" src="{PAGE.as_uri()}" width=1200 height=700>')
    page = browser.new_page(viewport=DESKTOP)
    page.goto(outer.as_uri())
    (_, inner) = page.frames
    inner.locator("#files").set_input_files([str(folder / "one.png")])
    inner.wait_for_function("() => bitmap !== null")
    inner.locator("#export").click()
    assert json.loads(inner.locator("#text").input_value())["images"][0]["file_name"] == "one.png"
    assert inner.locator("#copy").is_visible()
    inner.locator("#copy button").click()
    assert not inner.locator("#copy").is_visible()
    page.close()


@in_browser
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("draw", [by_mouse, by_touch, by_keys])
def test_boxes_that_are_drawn_are_read(window, folder, draw, viewport):
    page = window(viewport, has_touch=True)
    open_pictures(page, folder / "one.png")
    for box in BOXES:
        draw(page, box)
    (picture,), names = exported(page, folder)
    assert names == {1: "object"}
    # A pixel of the phone's screen is half a pixel of the picture.
    np.testing.assert_allclose(picture["boxes"], BOXES, rtol=0, atol=0.5)


@in_browser
def test_move_resize_label_delete_undo_and_redo(window, folder):
    page = window()
    open_pictures(page, folder / "one.png")
    for box in BOXES:
        by_mouse(page, box)
    page.mouse.click(*place(page, 150, 70))  # choose the second
    drag(page, (150, 75), (140, 70))  # move
    drag(page, (90, 70), (80, 70))  # its left edge
    drag(page, (189, 144), (180, 130))  # its lower right corner
    page.keyboard.press("l")
    page.keyboard.type("cat")
    page.keyboard.press("Enter")
    moved = (80, 0, 180, 130)
    (picture,), names = exported(page, folder)
    np.testing.assert_allclose(picture["boxes"], [BOXES[0], moved, BOXES[2]], atol=0.5)
    assert [names[i + 1] for i in picture["labels"]] == ["object", "cat", "object"]
    page.keyboard.press("1")
    assert page.locator("#list button").nth(1).inner_text() == "2 object 100×130"
    page.keyboard.press("Control+z")
    page.keyboard.press("Delete")
    (picture,), names = exported(page, folder)
    np.testing.assert_allclose(picture["boxes"], [BOXES[0], BOXES[2]], atol=0.5)
    assert list(names.values()) == ["object"]  # no box is called cat any more
    for _ in range(3):
        page.keyboard.press("Control+z")
    for _ in range(2):
        page.keyboard.press("Control+Shift+z")
    (picture,), names = exported(page, folder)
    assert len(picture["boxes"]) == 3 and list(names.values()) == ["object", "cat"]
    for _ in range(20):
        page.locator("#undo").click(force=True)
    assert page.locator("#list button").count() == 0
    for _ in range(20):
        page.locator("#redo").click(force=True)
    (picture,), _ = exported(page, folder)
    np.testing.assert_allclose(picture["boxes"], [BOXES[0], BOXES[2]], atol=0.5)


@in_browser
def test_boxes_are_as_exact_after_zooming_and_panning(window, folder):
    page = window()
    open_pictures(page, folder / "one.png")
    area = page.locator("#canvas").bounding_box()
    page.mouse.move(area["x"] + 300, area["y"] + 200)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    page.mouse.wheel(30, 50)
    for key in ("+", "+", "-", "ArrowLeft", "Shift+ArrowDown"):
        page.keyboard.press(key)
    page.mouse.move(area["x"] + 500, area["y"] + 300)
    page.keyboard.down("Space")
    page.mouse.down()
    page.mouse.move(area["x"] + 450, area["y"] + 320)
    page.mouse.up()
    page.keyboard.up("Space")
    before = page.evaluate("() => view.scale")
    assert before > 1.2 * 0.97 * area["height"] / 150
    start, end = [page.evaluate("p => toImage(...p)", p) for p in ([200, 150], [620, 480])]
    page.mouse.move(area["x"] + 200, area["y"] + 150)
    page.mouse.down()
    page.mouse.move(area["x"] + 620, area["y"] + 480)
    page.mouse.up()
    page.keyboard.press("f")
    (picture,), _ = exported(page, folder)
    np.testing.assert_allclose(picture["boxes"], [start + end], atol=0.5)


@in_browser
def test_two_fingers_zoom_and_draw_nothing(window, folder):
    page = window(PHONE, has_touch=True)
    open_pictures(page, folder / "one.png")
    x, y = place(page, 100, 75)
    fingers = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60), ("touchEnd", 0)):
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        if kind == "touchStart":  # one finger after the other, as hands do
            event = {"type": kind, "touchPoints": points[:1]}
            fingers.send("Input.dispatchTouchEvent", event)
        event = {"type": kind, "touchPoints": points if apart else []}
        fingers.send("Input.dispatchTouchEvent", event)
    scale = page.evaluate("() => view.scale")
    assert scale == pytest.approx(3 * 0.97 * 390 / 200, rel=0.02)
    assert page.locator("#list button").count() == 0


@in_browser
def test_next_previous_and_what_the_browser_keeps(window, folder):
    page = window()
    open_pictures(page, folder / "one.png", folder / "two.jpg")
    by_mouse(page, BOXES[0])
    page.keyboard.press("PageDown")
    page.wait_for_function("() => bitmap !== null")
    size = (40, 300)
    page.mouse.move(*place(page, 5, 10, size))
    page.mouse.down()
    page.mouse.move(*place(page, 30, 250, size))
    page.mouse.up()
    page.keyboard.press("PageUp")
    assert page.locator("#which").input_value().startswith("1/2 one.png (1)")
    page.wait_for_timeout(400)
    page.reload()
    assert "2 boxes kept from last time" in page.locator("#status").inner_text()
    open_pictures(page, folder / "two.jpg", folder / "one.png")
    pictures, _ = exported(page, folder)
    assert [picture["file_name"] for picture in pictures] == ["one.png", "two.jpg"]
    np.testing.assert_allclose(pictures[0]["boxes"], [BOXES[0]], atol=0.5)
    np.testing.assert_allclose(pictures[1]["boxes"], [[5, 10, 30, 250]], atol=0.5)
    page.wait_for_timeout(400)  # it keeps what was opened: after that the other one is alone
    other = page.context.new_page()
    other.goto(PAGE.as_uri())
    open_pictures(other, folder / "two.jpg")
    other.keyboard.press("n")
    other.wait_for_timeout(400)
    assert "NOT kept" in page.locator("#saved").inner_text()
    assert other.locator("#saved").inner_text() == "kept in this browser"
    other.on("dialog", lambda dialog: dialog.accept())
    other.locator("#clear").click()
    other.reload()
    assert other.locator("#which").input_value() == ""


@in_browser
def test_a_coco_file_comes_back_as_it_was_with_scores_gone(window, folder):
    drawn = {
        "info": {"year": 2025},
        "images": [
            {"id": 9, "file_name": "two.jpg", "width": 40, "height": 300, "license": 1},
            {"id": 4, "file_name": "one.png", "width": 200, "height": 150},
        ],
        "annotations": [
            {"id": 7, "image_id": 4, "category_id": 30, "bbox": [1.25, 2.5, 30.25, 40], "score": 1},
            {"id": 8, "image_id": 4, "category_id": 20, "bbox": [0, 0, 200, 150]},
        ],
        "categories": [{"id": 30, "name": "a"}, {"id": 20, "name": "b"}, {"id": 10, "name": "c"}],
    }
    (folder / "annotations.json").write_text(json.dumps(drawn))
    before = coco.read_coco(folder)
    page = window()
    page.locator("#coco").set_input_files(str(folder / "annotations.json"))
    page.wait_for_function("() => document.querySelectorAll('#which option').length === 2")
    assert "now open 2 pictures" in page.locator("#status").inner_text()
    open_pictures(page, folder / "one.png", folder / "two.jpg")
    after = exported(page, folder)
    assert after[1] == before[1] == {10: "c", 20: "b", 30: "a"}
    for one, other in zip(
        *(sorted(side[0], key=lambda p: p["id"]) for side in (before, after)), strict=True
    ):
        assert {**one, "boxes": 0, "labels": 0} == {**other, "boxes": 0, "labels": 0}
        np.testing.assert_array_equal(one["boxes"], other["boxes"])
        np.testing.assert_array_equal(one["labels"], other["labels"])
    again = json.loads((folder / "annotations.json").read_text())
    assert again["info"] == drawn["info"] and again["images"][0]["license"] == 1
    assert not any("score" in entry for entry in again["annotations"])


@in_browser
def test_predictions_can_be_corrected(window, folder):
    page = window()
    open_pictures(page, folder / "one.png")
    by_mouse(page, BOXES[0])
    pictures, names = exported(page, folder)
    pictures[0] |= {"boxes": [BOXES[1], BOXES[2]], "labels": [0, 0], "scores": [0.9, 0.2]}
    coco.write_coco(folder / "predictions.json", pictures, names)
    page.locator("#coco").set_input_files(str(folder / "predictions.json"))
    page.wait_for_function("() => here().boxes.length === 2")
    (picture,), _ = exported(page, folder)
    np.testing.assert_array_equal(picture["boxes"], [BOXES[1], BOXES[2]])


@in_browser
def test_predictions_opened_before_what_was_drawn_leave_it_as_it_was(window, folder):
    page = window()
    open_pictures(page, folder / "one.png")
    by_mouse(page, BOXES[0])
    (drawn,), names = exported(page, folder)
    new = {"id": 2, "file_name": "two.jpg", "width": 40, "height": 300}
    answers = [
        drawn | {"boxes": [BOXES[1]], "labels": [0], "scores": [0.9]},
        new | {"boxes": [(5, 6, 30, 40)], "labels": [0], "scores": [0.8]},
    ]
    coco.write_coco(folder / "predictions.json", answers, names)
    page = window()
    for name, count in (("predictions", 2), ("annotations", 2)):
        page.locator("#coco").set_input_files(str(folder / f"{name}.json"))
        page.wait_for_function("n => document.querySelector('#which').length === n", arg=count)
        page.wait_for_function("() => document.querySelector('#status').innerText.includes('read')")
    page.wait_for_function("([x]) => pictures[0].boxes[0].x === x", arg=BOXES[0])
    open_pictures(page, folder / "one.png", folder / "two.jpg")
    both, _ = exported(page, folder)
    assert [one["file_name"] for one in both] == ["one.png", "two.jpg"]
    np.testing.assert_array_equal(both[0]["boxes"], drawn["boxes"])
    np.testing.assert_array_equal(both[1]["boxes"], [(5, 6, 30, 40)])


@in_browser
def test_a_photograph_is_shown_as_read_image_turns_it(window, folder):
    exif = Image.Exif()
    exif[0x0112] = 6
    shades = np.zeros((100, 160, 3), "uint8")
    shades[10:30, 20:70] = 255
    Image.fromarray(shades).save(folder / "turned.jpg", exif=exif, quality=95)
    seen = photos.read_image(folder / "turned.jpg")[..., 0] > 128
    rows, columns = seen.any(axis=1).nonzero()[0], seen.any(axis=0).nonzero()[0]
    box = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    page = window()
    open_pictures(page, folder / "turned.jpg")
    shown = page.evaluate(
        """() => {
            const copy = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
            copy.drawImage(bitmap, 0, 0);
            const { data, width, height } = copy.getImageData(0, 0, bitmap.width, bitmap.height);
            const white = [...Array(width * height).keys()].filter(i => data[4 * i] > 128);
            const xs = white.map(i => i % width), ys = white.map(i => Math.floor(i / width));
            return [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
        }"""
    )
    assert shown == box
    size = (100, 160)
    page.mouse.move(*place(page, *box[:2], size))
    page.mouse.down()
    page.mouse.move(*place(page, *box[2:], size))
    page.mouse.up()
    (picture,), _ = exported(page, folder)
    np.testing.assert_allclose(picture["boxes"], [box], atol=0.5)


@in_browser
def test_faults_of_files_are_said_and_change_nothing(window, folder, tmp_path):
    page = window()
    open_pictures(page, folder / "one.png")
    by_mouse(page, BOXES[0])
    status = page.locator("#status")
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "drawing.svg").write_text("<svg/>")
    Image.new("1", (8000, 8000)).save(tmp_path / "huge.png")
    (tmp_path / "other").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "other" / "one.png")
    for name, says in [
        ("text.png", "text.png is no picture"),
        ("drawing.svg", "drawing.svg: only PNG, JPEG, WebP and BMP"),
        ("huge.png", "huge.png has more than 50 million pixels"),
        ("other/one.png", "one.png is 9×9, the one in the list 200×150"),
    ]:
        page.locator("#files").set_input_files(str(tmp_path / name))
        page.wait_for_function(
            "t => document.querySelector('#status').innerText.includes(t)", arg=says
        )
    image = {"id": 1, "file_name": "one.png", "width": 200, "height": 150}
    lists = {"annotations": [], "categories": []}
    for content, says in [
        ("{", "no COCO file, which is JSON"),
        ("[]", "no COCO file"),
        (json.dumps({"images": [None], **lists}), "each of the images needs"),
        (json.dumps({"images": [image, {**image, "id": 2}], **lists}), "is there twice"),
        (json.dumps({"images": [{**image, "width": 150}], **lists}), "is 200×150, not 150×150"),
    ]:
        (tmp_path / "a.json").write_text(content)
        page.locator("#coco").set_input_files(str(tmp_path / "a.json"))
        page.wait_for_function(
            "t => document.querySelector('#status').innerText.includes(t)", arg=says
        )
    (picture,), _ = exported(page, folder)
    np.testing.assert_allclose(picture["boxes"], [BOXES[0]], atol=0.5)
    bad = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 0, 5]}
    wrong = {"images": [image], "annotations": [bad, 4], "categories": [{"id": 1, "name": "a"}]}
    (tmp_path / "a.json").write_text(json.dumps(wrong))
    page.locator("#coco").set_input_files(str(tmp_path / "a.json"))
    page.wait_for_function(
        "() => document.querySelector('#status').innerText.includes('2 left out')"
    )
    page.keyboard.press("Control+z")
    assert status.inner_text() == "undone" and page.locator("#list button").count() == 1


@in_browser
def test_pictures_and_a_coco_file_can_be_dropped_together(window, folder):
    page = window()
    open_pictures(page, folder / "one.png")
    by_mouse(page, BOXES[0])
    exported(page, folder)
    parts = {
        path.name: base64.b64encode(path.read_bytes()).decode()
        for path in (folder / "annotations.json", folder / "one.png")
    }
    other = window()
    other.evaluate(
        """async parts => {
            const moved = new DataTransfer();
            for (const [name, part] of Object.entries(parts)) {
                const bytes = Uint8Array.from(atob(part), c => c.charCodeAt(0));
                const type = name.endsWith("png") ? "image/png" : "application/json";
                moved.items.add(new File([bytes], name, { type }));
            }
            canvas.dispatchEvent(new DragEvent("drop", { dataTransfer: moved, bubbles: true }));
        }""",
        parts,
    )
    other.wait_for_function("() => bitmap !== null && here().boxes.length === 1")
    (picture,), _ = exported(other, folder)
    np.testing.assert_allclose(picture["boxes"], [BOXES[0]], atol=0.5)


@in_browser
def test_pictures_that_nobody_looked_at_are_left_out(window, folder):
    page = window()
    open_pictures(page, folder / "one.png", folder / "two.jpg")
    pictures, names = exported(page, folder)
    assert [picture["file_name"] for picture in pictures] == ["one.png"] and names == {}
    assert "1 that you have not looked at left out" in page.locator("#status").inner_text()
    page.keyboard.press("PageDown")
    page.wait_for_function("() => bitmap !== null")
    assert len(exported(page, folder)[0]) == 2


@in_browser
def test_two_hundred_large_photographs(window, folder):
    Image.effect_noise((40, 30), 90).resize((4000, 3000)).save(folder / "0.jpg")
    content = (folder / "0.jpg").read_bytes()
    for i in range(200):
        (folder / f"{i}.jpg").write_bytes(content)
    page = window()
    open_pictures(page, *[folder / f"{i}.jpg" for i in range(200)])
    for _ in range(30):
        page.keyboard.press("PageDown")
    page.wait_for_function("() => bitmap !== null && here().name === '30.jpg'")
    assert page.evaluate("() => bitmaps.size") <= 3
    by_mouse_at = [place(page, *point, (4000, 3000)) for point in ((1000, 500), (3000, 2500))]
    page.mouse.move(*by_mouse_at[0])
    page.mouse.down()
    page.mouse.move(*by_mouse_at[1])
    page.mouse.up()
    pictures, _ = exported(page, folder)  # of those that were passed some were seen
    assert 2 <= len(pictures) <= 31
    (boxes,) = [picture["boxes"] for picture in pictures if len(picture["boxes"])]
    pixel = 4000 / 1025  # of the screen
    np.testing.assert_allclose(boxes, [[1000, 500, 3000, 2500]], atol=pixel)


CONTRAST = """() => {
    const light = text => {
        const parts = text.match(/[\\d.]+/g).map(Number), [r, g, b] = parts.map(v => {
            v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 });
        return [0.2126 * r + 0.7152 * g + 0.0722 * b, parts[3] ?? 1];
    };
    const behind = e => { const [l, a] = light(getComputedStyle(e).backgroundColor);
        return a || !e.parentElement ? l : behind(e.parentElement) };
    const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const texts = "button:enabled, select:enabled, label, input, td, kbd, p, h1, footer div";
    return [...document.querySelectorAll(texts)]
        .map(e => [e.id || e.tagName, ratio(light(getComputedStyle(e).color)[0], behind(e))])
        .filter(([, found]) => !(found >= 4.5));
}"""


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_readable_in_light_and_dark_and_on_a_phone(window, folder, viewport, scheme):
    page = window(viewport, color_scheme=scheme)
    back = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert back == {"light": "rgb(244, 244, 244)", "dark": "rgb(34, 34, 34)"}[scheme]
    assert page.evaluate(CONTRAST) == []
    open_pictures(page, folder / "one.png")
    page.keyboard.press("n")
    page.evaluate("() => say('a fault', true)")
    assert page.evaluate(CONTRAST) == []
    for key in ("", "?"):
        if key:
            page.keyboard.press(key)
        sizes = page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert sizes == [viewport["width"], viewport["height"]]
    page.keyboard.press("Escape")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input")]
            .filter(e => e.offsetParent).map(e => [e.id, e.getBoundingClientRect()])
            .filter(([, r]) => r.width < 24 || r.height < 24 || r.right > innerWidth)"""
    )
    assert small == []


@in_browser
def test_focus_is_seen_on_everything_that_tab_reaches(window, folder):
    page = window()
    open_pictures(page, folder / "one.png")
    page.keyboard.press("n")
    page.evaluate("() => document.activeElement.blur()")
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => { const e = document.activeElement, own = getComputedStyle(e);
                    const ring = e !== canvas ? own.outlineStyle === "solid" && own.outlineWidth
                        : getComputedStyle(e.parentElement, "::after").borderTopWidth;
                    return [e.id || e.tagName, ring] }"""
            )
        )
    reached = [entry for entry in reached if entry[0] != "BODY"]
    assert {ring for _, ring in reached} == {"3px"}
    wanted = {"open", "openCoco", "export", "previous", "which", "next", "help", "undo", "delete"}
    assert (
        wanted | {"out", "fit", "in", "canvas", "label", "BUTTON", "clear"} <= dict(reached).keys()
    )
