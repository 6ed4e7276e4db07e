"""A lesson and an exercise in JupyterLab and in Notebook 7, in a real browser without a window.

Both open them as they are committed: every figure, caption and claim must be there. Both run the
exercises; JupyterLab runs the lesson too, Run All, and what comes out is compared with the
committed notebook. The browser is the system's own Chromium or Chrome. The notebooks are copies in
a folder of their own; screenshots and what the browser saved lie in build/lab/.
"""

import argparse
import contextlib
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tempfile
import time

from course_utils import CHECK, CLAIM
from environments import ROOT
import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook
from PIL import Image

from course import cli, lessons, results

BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
OUT = ROOT / "build" / "lab"
# Module, first page, and what opens a notebook.
APPLICATIONS = {
    "JupyterLab": ("jupyterlab", "/lab", "/lab/tree"),
    "Notebook": ("notebook", "/tree", "/notebooks"),
}
AS_COMMITTED = "as committed"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
PLAYGROUND = ROOT / "book" / "playgrounds" / "boxes.html"
ITS_OWN = "reading 'schema'"  # an error that Notebook 7 has when it starts, with any notebook
# Figures, captions and claims that a page shows in outputs.
SHOWN = """() => {
    const all = (of) => [...document.querySelectorAll(`.jp-OutputArea ${of}`)];
    return [
        all('[data-mime-type="image/png"] img').filter((image) => image.naturalWidth).length,
        all('[data-mime-type="text/markdown"] p > em')
            .filter((words) => words.textContent === words.parentNode.textContent).length,
        all('[data-mime-type="text/markdown"]').map((node) => node.textContent.trim())
            .filter((text) => /^[✓✗] /.test(text)).length,
    ];
}"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lesson", nargs="?", default="01", metavar="LESSON", help="default: 01")
    parser.add_argument("--minutes", type=float, default=10, help="give up after this time (10)")
    arguments = parser.parse_args()
    (path,) = lessons.find_lessons([arguments.lesson])
    exercises = ROOT / "exercises" / f"{path.stem.split('_')[0]}_exercises.ipynb"
    browser = find_browser()
    from playwright.sync_api import sync_playwright

    OUT.mkdir(parents=True, exist_ok=True)
    problems = []
    with (
        tempfile.TemporaryDirectory(prefix="a lab ", ignore_cleanup_errors=True) as folder,
        sync_playwright() as playwright,
    ):
        window = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        (Path(folder) / AS_COMMITTED).mkdir()
        for name in APPLICATIONS:
            to_run = [exercises, path] if name == "JupyterLab" else [exercises]
            with served(name, folder) as address:
                problems += [
                    f"playground in {name}: {it}" for it in follow(window, name, address, folder)
                ]
                for notebook in (path, exercises):
                    copy = Path(shutil.copy(notebook, Path(folder) / AS_COMMITTED))
                    found = look(window, name, address, copy)
                    problems += [f"{notebook.stem} in {name}: {problem}" for problem in found]
                for notebook in to_run:
                    copy = Path(folder) / notebook.name
                    without_outputs(notebook, copy)
                    found = run_all(window, name, address, copy, arguments.minutes * 60)
                    found += compare(lessons.read_notebook(copy), lessons.read_notebook(notebook))
                    problems += [f"{notebook.stem} in {name}, run: {problem}" for problem in found]
                    shutil.copy(copy, OUT)
        window.close()
    claims = results.gather(lessons.read_notebook(OUT / path.name))["claims"]
    for problem in problems:
        print(problem)
    held = sum(claim["passed"] for claim in claims)
    print(f"{path.stem} in JupyterLab: {held} of {len(claims)} claims; pictures, notebooks: {OUT}")
    return int(bool(problems))


def find_browser():
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit(
            f"no browser: install the system's Chromium (one of {', '.join(BROWSERS)})"
        )
    return browser


def without_outputs(path, target):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    target.write_text(json.dumps(notebook), encoding="utf-8")


@contextlib.contextmanager
def served(name, folder):
    """A server of JupyterLab or Notebook on `folder`: its address without a path, and the token."""
    module, first, _ = APPLICATIONS[name]
    command = [sys.executable, "-m", module, "--no-browser", "--ServerApp.port=0"]
    command += [f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    # Its own settings, not those of whoever runs the test; and all cells drawn, also unseen ones.
    settings = Path(folder) / ".settings"
    tracker = settings / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    tracker.parent.mkdir(parents=True, exist_ok=True)
    tracker.write_text('{"windowingMode": "none"}')
    own = dict.fromkeys(["JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR"], str(settings))
    with (OUT / f"{module}.log").open("w+", encoding="utf-8") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | own)
        try:
            yield wait_for_address(server, Path(log.name), first)
        finally:
            server.terminate()
            server.wait()


def wait_for_address(server, log, first):
    for _ in range(240):
        found = re.search(rf"(http://127\.0\.0\.1:\d+){first}(\?token=\w+)", log.read_text("utf-8"))
        if found:
            return found.groups()
        if server.poll() is not None:
            break
        time.sleep(0.5)
    raise SystemExit(f"no server started; see {log}")


@contextlib.contextmanager
def opened(window, name, address, path, problems):
    """A page with a notebook; what goes wrong in it is added to `problems`; then a screenshot."""
    from playwright.sync_api import TimeoutError

    page = window.new_page(viewport={"width": 1400, "height": 1000})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(f"error in the page: {error}"))
    folder = AS_COMMITTED if path.parent.name == AS_COMMITTED else ""
    host, token = address
    # JupyterLab would open again what was open before.
    page.goto(f"{host}{APPLICATIONS[name][2]}/{folder}/{path.name}{token}&reset")
    try:
        yield page
    except (TimeoutError, AssertionError) as failure:
        problems.append(str(failure).splitlines()[0])
    page.screenshot(path=OUT / f"{path.stem} in {name}{', ' * bool(folder)}{folder}.png")
    page.close()
    problems += [error for error in errors if ITS_OWN not in error]


def wait_for_cells(page, path):
    from playwright.sync_api import expect

    count = len(lessons.read_notebook(path)["cells"])
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(count, timeout=60_000)


def look(window, name, address, path):
    """Open a notebook as it is committed: a list of what its page lacks."""
    bundles = [
        output.get("data", {})
        for cell in lessons.read_notebook(path)["cells"]
        for output in cell.get("outputs", [])
    ]
    captions = ["".join(bundle.get("text/markdown", "")) for bundle in bundles]
    wanted = [
        sum("image/png" in bundle for bundle in bundles),
        sum(bool(re.fullmatch(r"\*[^*].*\*", caption, re.DOTALL)) for caption in captions),
        sum(CLAIM in bundle for bundle in bundles),
    ]
    problems: list[str] = []
    with opened(window, name, address, path, problems) as page:
        wait_for_cells(page, path)
        until = time.monotonic() + 60
        while (shown := page.evaluate(SHOWN)) != wanted and time.monotonic() < until:
            page.wait_for_timeout(500)
        if shown != wanted:
            problems.append(f"figures, captions and claims are {shown}, not {wanted}")
    return problems


def follow(window, name, address, folder):
    """From a notebook to a playground, as lessons lead there: a list of what went wrong."""
    from playwright.sync_api import expect

    shutil.copytree(PLAYGROUND.parent, Path(folder) / "book" / "playgrounds", dirs_exist_ok=True)
    to = f"../book/playgrounds/{PLAYGROUND.stem}"
    line = f"[Move the boxes]({to}.html)\n\n[![A screenshot]({to}.png)]({to}.html)"
    path = Path(folder) / AS_COMMITTED / "playground.ipynb"
    notebook = new_notebook(cells=[new_markdown_cell(line)], metadata={"kernelspec": KERNEL})
    nbformat.write(notebook, path)
    problems: list[str] = []
    with opened(window, name, address, path, problems) as page:
        wait_for_cells(page, path)
        expect(page.locator(".jp-RenderedMarkdown a > img")).to_have_js_property(
            "naturalWidth", Image.open(PLAYGROUND.with_suffix(".png")).width
        )
        link = page.locator(".jp-RenderedMarkdown a", has_text="Move the boxes")
        if name == "JupyterLab":
            link.click()
            shown = page.frame_locator("iframe")
            expect(shown.locator("noscript em")).to_be_visible()
            page.get_by_role("button", name="Trust HTML").click()
            expect(shown.locator("rect[data-box]").first).to_be_visible()
        else:
            with page.expect_popup() as popup:
                link.click()
            expect(popup.value.locator("rect[data-box]").first).to_be_visible()
            popup.value.close()
    return problems


def run_all(window, name, address, path, seconds):
    """Open the notebook, Run All, wait for its end, save: a list of what went wrong."""
    problems: list[str] = []
    with opened(window, name, address, path, problems) as page:
        wait_for_cells(page, path)
        wait_for_kernel(page, address, path)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        wait_for_end(page, path, seconds)
        figures = page.locator(".jp-RenderedImage img")
        if figures.count():
            figures.last.evaluate("image => image.scrollIntoView({block: 'center'})")
        errors = page.locator('[data-mime-type="application/vnd.jupyter.error"]').count()
        if errors:
            problems.append(f"{errors} cells show an error")
    return problems


def wait_for_kernel(page, address, path):
    """Wait until the page talks to a kernel: "Run All" before asks which kernel is wanted."""
    for _ in range(120):
        sessions = page.request.get("/api/sessions".join(address)).json()
        of_page = [session for session in sessions if Path(session["path"]) == Path(path.name)]
        if any(session["kernel"]["connections"] for session in of_page):
            page.wait_for_timeout(1000)
            return
        page.wait_for_timeout(500)
    raise AssertionError("no kernel within a minute")


def wait_for_end(page, path, seconds):
    """Save now and then until no cell of the saved notebook is left to run, or one failed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        page.wait_for_timeout(3000)
        page.keyboard.press("Control+s")
        page.wait_for_timeout(500)
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code" and cell["source"]]
        failed = any(o["output_type"] == "error" for cell in code for o in cell["outputs"])
        if failed or all(cell["execution_count"] for cell in code):
            return
    raise AssertionError(f"not finished after {seconds / 60:.0f} minutes")


def compare(notebook, expected):
    """What a run lacks beside the committed notebook: cells, figures, claims; and checks."""
    problems = []
    for number, (cell, known) in enumerate(zip(notebook["cells"], expected["cells"], strict=True)):
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                problems.append(f"cell {number}: {output['ename']}: {output['evalue']}")
        for mime in ("image/png", CLAIM):
            counts = [
                sum(mime in output.get("data", {}) for output in side.get("outputs", []))
                for side in (cell, known)
            ]
            if counts[0] != counts[1]:
                problems.append(f"cell {number}: {counts[0]} of {counts[1]} outputs of {mime}")
        checked = any(CHECK in output.get("data", {}) for output in cell.get("outputs", []))
        if re.match(r"check\(", "".join(cell["source"])) and not checked:
            problems.append(f"cell {number}: no word on the answer")
    return problems


if __name__ == "__main__":
    sys.exit(cli.exit_status("lab", main))
