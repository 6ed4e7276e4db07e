"""A lesson in JupyterLab, in a real browser without a window: Run All, and look at the end.

The browser is the system's own Chromium or Chrome. The lesson is a copy without outputs, in a
folder of its own. Its screenshot and the notebook that the browser saved lie in build/lab/.
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

from course_utils import CLAIM
from environments import ROOT

from course import cli, lessons, results

BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
OUT = ROOT / "build" / "lab"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lesson", nargs="?", default="01", metavar="LESSON", help="default: 01")
    parser.add_argument("--minutes", type=float, default=10, help="give up after this time (10)")
    arguments = parser.parse_args()
    (path,) = lessons.find_lessons([arguments.lesson])
    browser = find_browser()
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="a lab ", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / path.name
        without_outputs(path, copy)
        with jupyterlab(folder) as address:
            problems = run_all(browser, address, copy, arguments.minutes * 60)
        shutil.copy(copy, OUT)
        notebook = lessons.read_notebook(copy)
        expected = lessons.read_notebook(path)
    problems += compare(notebook, expected)
    claims = results.gather(notebook)["claims"]
    for problem in problems:
        print(problem)
    held = sum(claim["passed"] for claim in claims)
    print(f"{path.stem} in JupyterLab: {held} of {len(claims)} claims; picture and notebook: {OUT}")
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
def jupyterlab(folder):
    """A JupyterLab server on `folder`: its address, with the token."""
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.port=0"]
    command += [f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    # Its own settings, not those of whoever runs the test.
    settings = Path(folder) / ".settings"
    own = dict.fromkeys(["JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR"], str(settings))
    with (OUT / "server.log").open("w+", encoding="utf-8") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | own)
        try:
            yield wait_for_address(server, Path(log.name))
        finally:
            server.terminate()
            server.wait()


def wait_for_address(server, log):
    for _ in range(240):
        found = re.search(r"http://127\.0\.0\.1:\d+/lab\?token=\w+", log.read_text("utf-8"))
        if found:
            return found[0]
        if server.poll() is not None:
            break
        time.sleep(0.5)
    raise SystemExit(f"JupyterLab did not start; see {log}")


def run_all(browser, address, path, seconds):
    """Open the notebook, Run All, wait for its end, save: a list of what went wrong."""
    from playwright.sync_api import TimeoutError, expect, sync_playwright

    problems = []
    with sync_playwright() as playwright:
        window = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        page = window.new_page(viewport={"width": 1400, "height": 1000})
        page.on("pageerror", lambda error: problems.append(f"error in the page: {error}"))
        page.goto(address.replace("/lab?", f"/lab/tree/{path.name}?"))
        panel = page.locator(".jp-NotebookPanel")
        try:
            expect(panel.locator(".jp-Notebook-cell").first).to_be_visible(timeout=60_000)
            wait_for_kernel(page, address)
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            status = panel.locator(".jp-Notebook-ExecutionIndicator")
            expect(status).to_have_attribute("data-status", "busy", timeout=60_000)
            wait_for_end(page, path, seconds)
            figures = panel.locator(".jp-RenderedImage img")
            page.keyboard.press("Control+End")
            expect(figures.last).to_be_visible(timeout=60_000)
            figures.last.evaluate("image => image.scrollIntoView({block: 'center'})")
            width = figures.last.evaluate("image => image.naturalWidth")
            if not width:
                problems.append("the last figure is empty")
            errors = panel.locator('[data-mime-type="application/vnd.jupyter.error"]').count()
            if errors:
                problems.append(f"{errors} cells show an error")
        except (TimeoutError, AssertionError) as failure:
            problems.append(str(failure).splitlines()[0])
        page.screenshot(path=OUT / f"{path.stem}.png")
        window.close()
    return problems


def wait_for_kernel(page, address):
    """Wait until the page talks to a kernel: "Run All" before asks which kernel is wanted."""
    for _ in range(120):
        sessions = page.request.get(address.replace("/lab?", "/api/sessions?")).json()
        if any(session["kernel"]["connections"] for session in sessions):
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
    """What a run lacks beside the committed notebook: cells, figures, claims."""
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
    return problems


if __name__ == "__main__":
    sys.exit(cli.exit_status("lab", main))
