"""Make `.venv` what `requirements-dev.lock` says, or do nothing when it already is.

Runs on whatever `python3` is at hand, before anything is installed: standard library only, and no
syntax newer than the Python it may have to refuse.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(ROOT, ".venv")
LOCK = os.path.join(ROOT, "requirements-dev.lock")
STAMP = os.path.join(VENV, "installed")
LOG = os.path.join(VENV, "install.log")
OLDEST_PYTHON = (3, 11)
NEEDED_BYTES = 1500 * 10**6
REPORT_EVERY = 25


def main() -> "str | None":
    """Answer with the sentence that says why it cannot be done, if it cannot."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        version = "%d.%d" % sys.version_info[:2]
        return "Tessera needs Python 3.11, and python3 is %s: make PYTHON=python3.11" % version
    with open(LOCK) as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # a second `make` waits for the first
        stamp = [_digest(sys.version, VENV), _digest(guard.read())]
        known = _read(STAMP).split()
        if known == stamp:
            return None
        return _install(stamp, reuse=known[:1] == stamp[:1])


def _install(stamp: "list[str]", reuse: bool) -> "str | None":
    """Scripts name their interpreter by its path, so another Python or place needs a fresh one."""
    free = shutil.disk_usage(ROOT).free
    if free < NEEDED_BYTES:
        sizes = (ROOT, free // 10**6, NEEDED_BYTES // 10**6)
        return "The disk of %s has %d MB free and the packages need %d MB: make room." % sizes
    started = time.monotonic()
    print("Installing Python packages into .venv (again only when the lock changes)", flush=True)
    if not reuse:
        if os.path.islink(VENV):
            os.unlink(VENV)  # what it leads to is somebody else's, and would be cleared
        fresh = [sys.executable, "-m", "venv", "--clear", VENV]
        if subprocess.call(fresh, stdout=subprocess.DEVNULL) != 0:
            return (
                "python3 cannot make a virtual environment (Debian: apt-get install python3-venv)."
            )
    if _pip_install() != 0:
        said = _read(LOG)
        if "No space left on device" in said:
            return "The disk of %s is full: make room." % ROOT
        reason = [line for line in said.splitlines() if line.startswith("ERROR")] or [
            "no reason given"
        ]
        return "The packages could not be installed: %s (all of it in %s)" % (reason[-1], LOG)
    with open(STAMP, "w") as file:
        file.write("\n".join(stamp))
    print("  done in %d s" % (time.monotonic() - started), flush=True)
    return None


def _pip_install() -> int:
    """Run pip, its words going to the log and a count of packages to the terminal."""
    command = [os.path.join(VENV, "bin", "python"), "-m", "pip", "install", "--no-deps"]
    command += ["--require-hashes", "--progress-bar=off", "--disable-pip-version-check", "-r", LOCK]
    fetched = 0
    with open(LOG, "w") as log:
        pip = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
        )
        for line in pip.stdout or ():
            log.write(line)
            if line.startswith("Collecting "):
                fetched += 1
                if fetched % REPORT_EVERY == 0:
                    print("  %d packages fetched" % fetched, flush=True)
            elif line.startswith("Installing collected"):
                print("  %d packages fetched, unpacking" % fetched, flush=True)
        return pip.wait()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
