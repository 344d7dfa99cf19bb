"""kubectl, and a door into the cluster."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from deploy.local.settings import HOST, ROOT, free_port

OVERLAY = ROOT / "deploy" / "k8s" / "overlays" / "dev"
NAMESPACE = "tessera"
OURS = "app.kubernetes.io/component in (api,worker)"
PATIENCE = "600s"


class Unusable(Exception):
    """The cluster, or what is needed to reach it, is not there."""


def kubectl(*words: str, given: str | None = None, quiet: bool = False) -> str:
    """Do it in the cluster that KUBECONFIG names; what it printed."""
    program = shutil.which("kubectl")
    if program is None:
        raise Unusable("kubectl is not on the PATH.")
    if not os.environ.get("KUBECONFIG"):
        raise Unusable(
            "KUBECONFIG names no cluster; it is asked for, so that nothing is deployed by accident."
        )
    done = subprocess.run(
        [program, *words], input=given, capture_output=True, text=True, check=False
    )
    if done.returncode != 0 and not quiet:
        raise Unusable(f"kubectl {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def here(*words: str, quiet: bool = False) -> str:
    """The same in our namespace."""
    return kubectl("--namespace", NAMESPACE, *words, quiet=quiet)


def names(kind: str, selector: str) -> list[str]:
    """Every object of a kind that a selector finds."""
    return here("get", kind, "--selector", selector, "--output=name").split()


def apply(folder: Path, selector: str = "") -> None:
    """What an operator does; of everything, or of what a selector finds."""
    print(f"  kubectl apply -k {folder} {selector}", flush=True)
    chosen = ("--selector", selector) if selector else ()
    kubectl("apply", "--server-side", "--force-conflicts", "-k", str(folder), *chosen)


def wait_for_rollout(selector: str = "app.kubernetes.io/part-of=tessera") -> None:
    """Until every deployment has what it wants."""
    for name in names("deployment", selector):
        here("rollout", "status", name, f"--timeout={PATIENCE}")


def restarts() -> dict[str, int]:
    """How often the container of each of our own pods was started again."""
    path = (
        "{range .items[*]}{.metadata.name} {.status.containerStatuses[0].restartCount}{'\\n'}{end}"
    )
    lines = here(
        "get",
        "pods",
        "--selector",
        OURS,
        f"--output=jsonpath={path}",
    )
    return {name: int(count) for name, count in (line.split() for line in lines.splitlines())}


@contextlib.contextmanager
def door(service: str, port: int, *, chosen: int | None = None) -> Iterator[str]:
    """An address here that leads to a Service there."""
    program = shutil.which("kubectl") or "kubectl"
    chosen = chosen or free_port()
    command = [
        program,
        "--namespace",
        NAMESPACE,
        "port-forward",
        f"service/{service}",
        f"{chosen}:{port}",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            _until_open(chosen, process)
            yield f"http://{HOST}:{chosen}"
        finally:
            process.terminate()


def _until_open(port: int, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.1)
    raise Unusable(f"No way into the cluster: {process.stderr.read() if process.stderr else ''}")


def in_turn(things: Sequence[str]) -> Iterator[str]:
    """One after another, each told."""
    for thing in things:
        print(f"  {thing}", flush=True)
        yield thing
