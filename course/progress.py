"""What those see who wait for a lesson: the section it is in, and about how long it still takes."""

import math
import re
import sys
import threading
import time

from course.results import fastest

PATIENCE = 3.0  # seconds in a section, after which a log has a line of it


class Estimate:
    """How long jobs take: as their committed runs did, at the pace of those already done here.

    left: seconds of the jobs that are not done, the next one first; None where nothing is known,
    as with other parameters than the committed run had.
    """

    def __init__(self, jobs, results):
        """jobs: as of `run`; results: the committed ones."""
        self._committed = [_committed(path, parameters, results) for path, parameters, _ in jobs]
        self._done = self._took = 0.0

    @property
    def left(self):
        pace = self._took / self._done if self._done else 1.0
        return [seconds and pace * seconds for seconds in self._committed]

    def __str__(self):
        left = self.left
        text = f", {about(left[0])}" if left[0] else ""
        return text + (f"; {about(sum(left))} to the end" if len(left) > 1 and all(left) else "")

    def done(self, result):
        """Take in the result of the next job."""
        seconds = self._committed.pop(0)
        if seconds and "error" not in result:
            self._done, self._took = self._done + seconds, self._took + result["seconds"]


def _committed(path, parameters, results):
    run = fastest(path, results) if set(parameters) <= {"SEED"} else None
    return run and run["seconds"]


def about(seconds):
    """A time in words that are no more exact than an estimate: "about 40 s", "about 3 min"."""
    if seconds > 90:
        return f"about {seconds / 60:.0f} min"
    return f"about {10 * max(1, math.ceil(seconds / 10))} s"


class Progress:
    """Where a lesson is, shown while it runs: a line that changes; in a log, a line a section.

    A context manager. `enter_cell` is for nbclient, which calls it before each cell. `section`: the
    heading (## or ###) above the code cell that ran last, "" before the first one.
    """

    def __init__(self, expected=None):
        """expected: seconds that the lesson will take, or None."""
        self.section = self._heading = ""
        self._expected, self._started = expected, time.monotonic()
        self._live = self._timer = None

    def __enter__(self):
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        def line():
            return Text(f"  {self}", no_wrap=True, overflow="crop")

        console = Console(highlight=False)
        if sys.stdout.isatty() and console.is_interactive:  # with FORCE_COLOR a file is the latter
            self._live = Live(
                console=console,
                get_renderable=line,
                refresh_per_second=2,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start(refresh=True)
        return self

    def __exit__(self, *_):
        if self._live:
            self._live.stop()
        if self._timer:
            self._timer.cancel()

    def enter_cell(self, cell, cell_index):
        if cell["cell_type"] == "markdown":
            text = re.sub(r"^```.*?^```", "", cell["source"], flags=re.DOTALL | re.MULTILINE)
            headings = re.findall(r"^###? +(.*\S)", text, re.MULTILINE)
            self._heading = headings[-1] if headings else self._heading
        elif cell["cell_type"] == "code" and self.section != self._heading:
            self.section = self._heading
            if self._timer:
                self._timer.cancel()
            if not self._live:
                self._timer = threading.Timer(PATIENCE, lambda: print(f"  {self}", flush=True))
                self._timer.daemon = True
                self._timer.start()

    def __str__(self):
        """Such as "0:31 (about 40 s left) The task": what a narrow terminal cuts off is the end."""
        elapsed = time.monotonic() - self._started
        text = f"{elapsed // 60:.0f}:{int(elapsed % 60):02}"
        if self._expected:
            left = self._expected - elapsed
            text += f" ({about(left)} left)" if left > 0 else " (longer than expected)"
        return f"{text} {printable(self.section)}".rstrip()


def printable(text):
    """A text as it can be shown: names of files may hold what no terminal, or not this one, has."""
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text.encode(sys.stdout.encoding, "replace").decode(sys.stdout.encoding)
