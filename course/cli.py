"""The command line: what can be asked, and how it ends."""

import argparse
import contextlib
import math
import os
from pathlib import Path
import signal
import sys

from course_utils import __version__

import course
from course import UsageError, commands, detect


def main(argv=None):
    """The `course` command. Returns the exit status: 0, 1 (a failure), 2 (usage), 130."""
    arguments = _parser().parse_args(argv)
    return exit_status("course", lambda: arguments.action(arguments))


def exit_status(name, action):
    """What `action` returns, or 2 after a UsageError, 130 after Ctrl-C or SIGTERM, and one line.

    When the reader of a pipe has gone, as in `course stale | head`, nothing is left to say: 1.
    """
    try:
        with _terminate_as_interrupt():
            status = action()
            sys.stdout.flush()
            return status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the exit
        return 1
    except UsageError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 130


def _parser():
    parser = argparse.ArgumentParser(prog="course", description="Run the lessons of the course.")
    parser.add_argument("--version", action="version", version=f"course {__version__}")

    def show_help(_):  # for `course` alone
        parser.print_help()
        return 2

    parser.set_defaults(action=show_help)
    adding = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name, action, help, epilog=None):
        added = adding.add_parser(name, help=help, epilog=epilog)
        added.set_defaults(action=action)
        return added

    command("list", commands.list_lessons, "question, running and reading minutes of each lesson")

    run = command(
        "run",
        commands.run_lessons,
        "run lessons into notebooks and HTML pages",
        epilog="Meanwhile it says which section a lesson is in, and about how much time is left: "
        "a terminal shows it all the time, a log once for each section of more than three seconds. "
        "The time comes from the committed runs: not with --quick, nor with -p but for SEED.",
    )
    run.add_argument("lessons", nargs="*", metavar="LESSON", help="such as 01 or A; default: all")
    run.add_argument(
        "--quick", action="store_true", help="seconds, not minutes; claims not binding"
    )
    run.add_argument(
        "-p",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        dest="parameters",
        help="set a parameter of the lesson",
    )
    seeds = run.add_mutually_exclusive_group()
    seeds.add_argument("--seed", metavar="N", help="short for -p SEED N")
    seeds.add_argument(
        "--seeds", nargs="+", metavar="N", help="run under each; what is finished is not run again"
    )
    run.add_argument(
        "--scheduler", metavar="ADDRESS", help="run on the Dask cluster there (tcp://host:8786)"
    )
    run.add_argument("--timeout", type=_positive, metavar="MINUTES", help="end a lesson after that")
    run.add_argument(
        "--out", type=Path, default=course.ROOT / "build", metavar="DIR", help="default: build/"
    )

    publish = command(
        "publish", commands.publish_lessons, "run in full, write the committed notebooks"
    )
    publish.add_argument("lessons", nargs="*", metavar="LESSON")
    publish.add_argument(
        "--texts", action="store_true", help="run nothing: renew captions and shown sources alone"
    )

    results = command("results", commands.show_results, "the table of the committed results")
    results.add_argument(
        "file", nargs="?", type=Path, help="add the results of this results.json to them"
    )
    results.add_argument(
        "--write", action="store_true", help="keep the results, write the table into the README"
    )

    stale = command("stale", commands.show_stale, "what no longer belongs to the code as it is")
    stale.add_argument(
        "--strict", action="store_true", help="fail on what benchmarks/due.json lists, too"
    )

    listed = command("exercises", commands.show_exercises, "the exercises, and which are solved")
    listed.add_argument(
        "--write", action="store_true", help="write their notebooks and pages of solutions anew"
    )

    check = command(
        "check", commands.check_answers, "check a file's answers to exercises, or to a project"
    )
    check.add_argument("file", type=Path, help="a .py or .ipynb file, or a project's .json file")
    check.add_argument("exercises", nargs="*", metavar="EXERCISE", help="such as 03.1")
    check.add_argument(
        "--timeout", type=_positive, default=20, metavar="SECONDS", help="for each (default: 20)"
    )
    check.add_argument(
        "--seed", type=_from_0, metavar="N", help="of a project's scenes (default: the file's own)"
    )

    find = command(
        "detect",
        commands.detect_digits,
        "find and read digits in pictures of your own",
        epilog="Digits are found from 12 px on, however large the picture is: it is read in tiles, "
        "then again at half its size, at a quarter, and so on until it is one tile.",
    )
    find.add_argument(
        "pictures", nargs="+", type=Path, metavar="PICTURE", help="a file, or a folder of them"
    )
    find.add_argument(
        "--model",
        type=Path,
        default=detect.MODEL,
        metavar="FILE",
        help="the detector (default: the one that `course run 08` leaves)",
    )
    find.add_argument(
        "--out",
        type=Path,
        default=course.ROOT / "build" / "detect",
        metavar="DIR",
        help="for detections.json, a COCO file, and drawn pictures (default: build/detect)",
    )
    find.add_argument(
        "--score",
        type=_share,
        default=0.5,
        metavar="S",
        help="the least score of a detection, 0 to 1 (default: 0.5)",
    )

    colab = command("colab", commands.export_for_colab, "write each lesson as one file for Colab")
    colab.add_argument("lessons", nargs="*", metavar="LESSON")
    colab.add_argument("--out", type=Path, default=course.ROOT / "build" / "colab", metavar="DIR")
    colab.add_argument(
        "--repo",
        metavar="OWNER/NAME",
        help="write badges that open the files there; `none` removes them; default: the git remote",
    )
    colab.add_argument("--branch", default="colab", help="that holds the files (default: colab)")
    return parser


def _positive(text):
    with contextlib.suppress(ValueError):
        if 0 < float(text) < math.inf:
            return float(text)
    raise argparse.ArgumentTypeError(f"must be a number above 0, got {text!r}")


def _from_0(text):
    if text.isdecimal():
        return int(text)
    raise argparse.ArgumentTypeError(f"must be a whole number from 0 on, got {text!r}")


def _share(text):
    with contextlib.suppress(ValueError):
        if 0 <= float(text) <= 1:
            return float(text)
    raise argparse.ArgumentTypeError(f"must be a number from 0 to 1, got {text!r}")


@contextlib.contextmanager
def _terminate_as_interrupt():
    """Let SIGTERM end a run as Ctrl-C does: partial results kept, no kernel left behind."""

    def interrupt(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
