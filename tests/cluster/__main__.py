"""`make cluster-test`: deploys overlays/dev to the cluster that KUBECONFIG names, and shows there what is promised.

The images `tessera` and `tessera-doubles` of this release have to be where the cluster finds them (docs/deploy.md).
With TESSERA_PREVIOUS=<tag> it also goes back to the image of that tag and forward again, under load.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import zip_longest

from deploy.local.settings import ROOT
from tests.cluster import kube
from tests.cluster.kube import (
    NAMESPACE,
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
from tests.e2e.demo import Teller, Year
from tests.e2e.story import Organiser, World

OURS = "app.kubernetes.io/component in (api,worker)"
ORIGIN_PORT = 8080  # as TESSERA_ORIGIN in overlays/dev says: people are only sent back there
DOUBLES = {"TESSERA_STRIPE_KEY": "sk_test_local", "TESSERA_STRIPE_WEBHOOK_SECRET": "local"}


def deploy() -> None:
    """Secrets once, then everything; migrations and pods find their own order."""
    kubectl("apply", "--server-side", "-f", str(ROOT / "deploy/k8s/base/namespace.yaml"))
    if not here("get", "secret", "postgres", "--ignore-not-found"):
        command = [sys.executable, "-m", "deploy.k8s", "secrets", "--namespace", NAMESPACE]
        made = subprocess.run(
            command, cwd=ROOT, env=os.environ | DOUBLES, capture_output=True, text=True, check=True
        )
        kubectl("apply", "--server-side", "-f", "-", given=made.stdout)
    began = time.monotonic()
    apply(OVERLAY)
    for name in names("job", "app.kubernetes.io/component=migrate"):
        here("wait", "--for=condition=complete", name, f"--timeout={kube.PATIENCE}")
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
    """Change something while calls come in, and count."""
    print(f"{what}", flush=True)
    with Load(world, somebody(world), retry=retry) as load:
        time.sleep(3)
        began = time.monotonic()
        change()
        took = time.monotonic() - began
        time.sleep(3)
    again = f", {load.sent_again} sent again with the same key" if retry else ""
    print(
        f"  {took:.0f} s, {load.calls} calls, {len(load.answered)} writes answered, "
        f"{sum(load.lost.values())} lost{again}; the slowest answer took {load.slowest():.1f} s",
        flush=True,
    )
    for why, count in load.lost.most_common(5):
        print(f"    {count} x {why}", flush=True)
    load.check()
    print("  every answer still holds, and every event has arrived everywhere", flush=True)
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


def to_image(tag: str) -> None:
    """Another release's image in every deployment, and its migration first: it changes nothing that is there."""
    for deployment in names("deployment", OURS):
        container = deployment.rpartition("-")[2]
        here("set", "image", deployment, f"{container}=tessera:{tag}")
    kube.wait_for_rollout(OURS)


def current_tag() -> str:
    """The tag that the overlay deploys."""
    found = json.loads(here("get", "deployment", "membership-api", "--output=json"))
    image: str = found["spec"]["template"]["spec"]["containers"][0]["image"]
    return image.rpartition(":")[2]


def main() -> int:
    """All of it; the exit code is the verdict."""
    parts = sys.argv[1:] or ["deploy", "demo", "roll", "kill", "back"]
    lost = 0
    try:
        print("Deploying", flush=True)
        if "deploy" in parts:
            deploy()
        with (
            door("edge", 8080, chosen=ORIGIN_PORT) as origin,
            door("stripe", 8420) as processor,
            World(origin, processor) as world,
        ):
            if "demo" in parts:
                print("Playing the story", flush=True)
                play(world)
            if "roll" in parts:
                load = under_load("A rolling update, nobody sends anything again", world, roll)
                lost += sum(load.lost.values())
            if "kill" in parts:
                load = under_load(
                    "Every pod killed in turn, callers send again", world, kill, retry=True
                )
                lost += sum(load.lost.values())
            previous = os.environ.get("TESSERA_PREVIOUS")
            if "back" in parts and previous:
                now = current_tag()
                for tag in (previous, now):
                    load = under_load(f"To {tag}, under load", world, partial(to_image, tag))
                    lost += sum(load.lost.values())
        print(f"Restarts of containers by themselves: {sum(kube.restarts().values())}", flush=True)
    except Unusable as reason:
        print(reason, file=sys.stderr)
        return 2
    print("Nothing was lost." if lost == 0 else f"{lost} calls were lost.", flush=True)
    return 0 if lost == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
