"""Build the book into build/book, and check it. No notebook is run, and nothing is fetched."""

from pathlib import Path
import shutil
import sys
import time

from sphinx.cmd.build import main as sphinx

from book import check, pages
from course import ROOT, cli

BUILD = ROOT / "build"


def main():
    started = time.perf_counter()
    source, new, target = BUILD / "book-source", BUILD / "book-new", BUILD / "book"
    pages.stage(ROOT, source)
    shutil.rmtree(new, ignore_errors=True)
    options = ["--fail-on-warning", "--keep-going", "--quiet", "--fresh-env", "--write-all"]
    folders = ["--conf-dir", Path(__file__).parent, "--doctree-dir", BUILD / "book-doctrees"]
    if sphinx([*options, *map(str, [*folders, source, new])]):
        return 1
    for path in source.glob("book/playgrounds/*.html"):
        (new / "book" / "playgrounds").mkdir(exist_ok=True)
        text = pages.playground(path.read_text(encoding="utf-8"))
        (new / "book" / "playgrounds" / path.name).write_text(text, encoding="utf-8", newline="\n")
    problems = check.problems(new) + check.lost(new, sorted(source.glob("notebooks/*.ipynb")))
    if problems:
        print(*problems, f"{len(problems)} problems; the pages: {new}", sep="\n")
        return 1
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)
    count, size = check.extent(target)
    seconds = time.perf_counter() - started
    print(f"{count} pages, {size / 1e6:.0f} MB, in {seconds:.0f} s: {target / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(cli.exit_status("book", main))
