"""How much memory a process has needed."""

from pathlib import Path
import sys


def peak_memory():
    """The most memory that this process has had in use until now, in MB."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return psutil.Process().memory_info().peak_wset / 1e6
    status = Path("/proc/self/status")
    if status.exists():  # Linux, where getrusage counts what a parent needed before, too
        lines = status.read_text(encoding="utf-8").splitlines()
        (most_kb,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
        return 1.024 * int(most_kb) / 1e3
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most / 1e3
