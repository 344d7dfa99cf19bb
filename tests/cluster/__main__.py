"""`make cluster-test`: deploys overlays/dev to the cluster that KUBECONFIG names, and shows there what is promised.

The images `tessera` and `tessera-doubles` of this release have to be where the cluster finds them (docs/deploy.md).
With TESSERA_PREVIOUS=<tag>, an image `tessera` of the release before the last migration (tests/cluster/releases.py), it
begins with that one in an empty namespace, and comes to this one by its migration, back, and forward again, under load.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

from deploy.local.settings import ROOT
from tests.cluster import kube
from tests.cluster.kube import (
    NAMESPACE,
    OURS,
    OVERLAY,
    Unusable,
    apply,
    door,
    here,
    in_turn,
    kubectl,
    names,
)
from tests.cluster.load import Load
from tests.cluster.releases import STANDS_AROUND, Release
from tests.e2e.conftest import Cast
from tests.e2e.demo import Teller, Year
from tests.e2e.story import Organiser, World, offer

ORIGIN_PORT = 8080  # as TESSERA_ORIGIN in overlays/dev says: people are only sent back there
DOUBLES = {"TESSERA_STRIPE_KEY": "sk_test_local", "TESSERA_STRIPE_WEBHOOK_SECRET": "local"}


def deploy(before: Release | None) -> None:
    """Secrets once, then everything; migrations and pods find their own order."""
    kubectl("apply", "--server-side", "-f", str(ROOT / "deploy/k8s/base/namespace.yaml"))
    if not here("get", "secret", "postgres", "--ignore-not-found"):
        command = [sys.executable, "-m", "deploy.k8s", "secrets", "--namespace", NAMESPACE]
        made = subprocess.run(
            command, cwd=ROOT, env=os.environ | DOUBLES, capture_output=True, text=True, check=True
        )
        kubectl("apply", "--server-side", "-f", "-", given=made.stdout)
    began = time.monotonic()
    if before is None:
        apply(OVERLAY)
    else:
        apply(OVERLAY, STANDS_AROUND)
        before.apply()
    (before or Release.now()).wait()
    kube.wait_for_rollout()
    print(f"  everything is ready after {time.monotonic() - began:.0f} s", flush=True)


def play(world: World) -> None:
    """The story that `make demo` plays, every figure checked."""
    teller = Teller(world)
    year = Year(world, teller)
    year.play()
    year.ines.end_all()
    print(f"  {teller.checks} checks", flush=True)


def somebody(world: World) -> Organiser:
    """An organiser with a community of her own."""
    tag = f"{int(time.time())}"
    organiser = Organiser(world, "Rita Ramos", f"rita.{tag}@example.org")
    organiser.sign_in()
    organiser.open_community("Rolling Choir", f"rolling-{tag}")
    return organiser


def under_load(what: str, world: World, change: Callable[[], None], *, retry: bool = False) -> Load:
    """Change something while calls come in, count, and look whether all of it holds."""
    load = counted(what, world, change, retry=retry)
    load.check()
    print("  every answer still holds, and every event has arrived everywhere", flush=True)
    return load


def counted(what: str, world: World, change: Callable[[], None], *, retry: bool) -> Load:
    """Change something while calls come in, and count."""
    print(what, flush=True)
    with Load(world, somebody(world), retry=retry) as load:
        time.sleep(3)
        began = time.monotonic()
        change()
        took = time.monotonic() - began
        time.sleep(3)
    again = f", {load.sent_again.total()} sent again with the same key" if retry else ""
    print(
        f"  {took:.0f} s, {load.calls} calls, {len(load.answered)} writes answered, "
        f"{load.lost.total()} lost{again}; the slowest answer took {load.slowest():.1f} s",
        flush=True,
    )
    for how, counts in (("lost", load.lost), ("sent again", load.sent_again)):
        for why, count in counts.most_common(5):
            print(f"    {count} {how}: {why}", flush=True)
    return load


def roll() -> None:
    """New pods for old, everywhere."""
    here("rollout", "restart", "deployment", "--selector", OURS)
    kube.wait_for_rollout(OURS)


def kill() -> None:
    """Every pod of ours in turn, without a word of warning; never both of a pair before the first is back."""
    seen: dict[str, list[str]] = {}
    for pod in names("pods", OURS):
        seen.setdefault(pod.rsplit("-", 2)[0], []).append(pod)
    for round_of_pods in zip_longest(*seen.values()):
        for pod in in_turn([pod for pod in round_of_pods if pod]):
            here("delete", pod, "--grace-period=0", "--force", "--wait=false", quiet=True)
            time.sleep(3)
        kube.wait_for_rollout(OURS)


def cross(world: World, before: Release, now: Release) -> Counter[str]:
    """From the release before to this one, back, and forward again; people join and pay all the time. What was lost."""
    if now.jobs():
        raise Unusable("This namespace has met this release already: begin with an empty one.")
    cast = Cast(world)
    loads: list[Load] = []

    def somebody_comes(name: str) -> None:
        cast.member(name).buy(offer(cast.monthly))

    def cross_to(release: Release, *, meanwhile: str, afterwards: str) -> None:
        def change() -> None:
            release.apply()
            somebody_comes(meanwhile)
            release.wait()
            somebody_comes(afterwards)

        what = f"To {release.version}, callers send again"
        loads.append(counted(what, world, change, retry=True))

    somebody_comes("Ada Before")
    cross_to(now, meanwhile="Bob Between", afterwards="Carla Now")
    done = now.migrated()
    print(f"  {'; '.join(done)}", flush=True)
    assert not all(": 0 migrations" in one for one in done), "no migration was crossed"
    cross_to(before, meanwhile="Dan Between", afterwards="Eva Back")
    cross_to(now, meanwhile="Fay Between", afterwards="Gil Again")
    for load in loads:  # not before: the older release leaves what only the newer one reads
        load.check()
    figures = cast.organiser.figures()
    assert (figures.members, figures.gross["subscription"]) == (7, 7 * 1200), figures
    print("  seven came and paid; every answer holds, and every event has arrived", flush=True)
    return sum((load.lost for load in loads), Counter())


def main() -> int:
    """All of it; the exit code is the verdict."""
    parts = sys.argv[1:] or ["deploy", "cross", "demo", "roll", "kill"]
    lost = Counter[str]()
    try:
        with tempfile.TemporaryDirectory() as folder:
            previous = os.environ.get("TESSERA_PREVIOUS")
            before = Release.before(previous, Path(folder)) if previous else None
            if "deploy" in parts:
                print("Deploying", flush=True)
                deploy(before)
            with (
                door("edge", 8080, chosen=ORIGIN_PORT) as origin,
                door("stripe", 8420) as processor,
                World(origin, processor) as world,
            ):
                if "cross" in parts and before:
                    lost += cross(world, before, Release.now())
                if "demo" in parts:
                    print("Playing the story", flush=True)
                    play(world)
                if "roll" in parts:
                    what = "A rolling update, nobody sends anything again"
                    lost += under_load(what, world, roll).lost
                if "kill" in parts:
                    what = "Every pod killed in turn, callers send again"
                    lost += under_load(what, world, kill, retry=True).lost
        print(f"Restarts of containers by themselves: {sum(kube.restarts().values())}", flush=True)
    except Unusable as reason:
        print(reason, file=sys.stderr)
        return 2
    print(f"{lost.total()} calls were lost." if lost else "Nothing was lost.", flush=True)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
