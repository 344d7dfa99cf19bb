"""`python -m bench [question...]`: asks all questions, or those named, and writes bench/out/results.json.

BENCH_SCALE=0.02 makes a run tiny, to see that it works; its figures mean nothing and go to bench/out/scaled.json.
BENCH_FULL=1 asks about ten million events and ten minutes of load, which takes long.
"""

import argparse
import gc
import json
import logging
import os
import platform
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import psutil
import uvloop

from bench.measure import FULL, SCALE, Result, WrongCount
from bench.stack import running
from deploy.local.trouble import Trouble
from shared.cli import YOUNG

QUESTIONS = (
    "append",
    "hot_stream",
    "command",
    "checkout",
    "relay",
    "catchup",
    "latency",
    "failover",
    "growth",
    "memory",
    "billing_run",
    "activity",
    "invited",
)
OUT = Path(__file__).parent / "out"


def main() -> int:
    """1 when a question could not be answered or a count was wrong; a goal that is missed is only said."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("question", nargs="*", help=", ".join(QUESTIONS))
    asked = parser.parse_args().question or QUESTIONS
    if unknown := set(asked) - set(QUESTIONS):
        parser.error(f"There is no question {', '.join(sorted(unknown))}.")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it finds what is still starting
    gc.set_threshold(YOUNG)  # as in a service
    results: list[Result] = []
    unanswered = False
    for name in asked:
        started = time.monotonic()
        try:
            answers = _ask(name)
        except (WrongCount, Trouble) as error:
            unanswered = True
            _say(f"{name}: {error}")
        except Exception:  # noqa: BLE001 - the other questions can still be answered
            unanswered = True
            _say(f"{name}: {traceback.format_exc()}")
        else:
            results += answers
            _write(answers)
            _say(f"{name}: {time.monotonic() - started:.0f} s")
    print(_table(results))
    return 1 if unanswered else 0


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _ask(name: str) -> list[Result]:
    with running(name) as stack:
        found: list[Result] = uvloop.run(import_module(f"bench.{name}").run(stack))
        return found


def _table(results: Sequence[Result]) -> str:
    lines = [("", "ours", "beside", "ratio", "goal", "")]
    lines += [
        (
            result.name,
            f"{result.ours:g} {result.unit}",
            "" if result.beside is None else f"{result.beside:g}",
            "" if result.ratio is None else f"{result.ratio:g}",
            result.goal,
            {True: "met", False: "MISSED", None: ""}[result.met],
        )
        for result in results
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _write(results: Sequence[Result]) -> None:
    """Rows that were not asked for stay as they were; a scaled run has a file of its own."""
    OUT.mkdir(exist_ok=True)
    path = OUT / ("results.json" if SCALE >= 1 else "scaled.json")
    try:
        before = {row["name"]: row for row in json.loads(path.read_text())["results"]}
    except FileNotFoundError:
        before = {}
    rows = before | {result.name: asdict(result) for result in results}
    found = {"machine": _machine(), "results": list(rows.values())}
    path.write_text(json.dumps(found, indent=2) + "\n")


def _machine() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 1),
        "full": FULL,
    }


if __name__ == "__main__":
    sys.exit(main())
