"""What an operator of a cluster types: `python -m deploy.k8s secrets`, `python -m deploy.k8s once`."""

import argparse
import json
import os
import sys

import yaml

from deploy.k8s import once
from deploy.k8s.secrets import ASKED, items, manifests
from deploy.local.settings import SERVICES


def main() -> int:
    """Print what was asked for; nothing is kept."""
    parser = argparse.ArgumentParser(prog="python -m deploy.k8s", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="command")
    secrets = verbs.add_parser("secrets", help="make every secret of a new cluster, and print it")
    secrets.add_argument("--namespace", default="tessera")
    secrets.add_argument(
        "--database", default="postgres:5432", help="host:port, where --as objects"
    )
    secrets.add_argument("--kafka", default="kafka:9092", help="host:port, where --as objects")
    secrets.add_argument(
        "--as",
        dest="form",
        choices=("objects", "items"),
        default="objects",
        help="objects: Secrets for `kubectl apply -f -`; items: JSON for a secret store",
    )
    verb = verbs.add_parser(
        "once", help="make a Job of a worker's Deployment, read as JSON, that runs one verb"
    )
    verb.add_argument("verb", nargs=argparse.REMAINDER, help="as after python -m services.<name>")
    options = parser.parse_args()
    if "verb" in options:
        print(json.dumps(once.job(json.load(sys.stdin), options.verb)))
        return 0
    return _secrets(options)


def _secrets(options: argparse.Namespace) -> int:
    given = {
        name: os.environ[name] for names in ASKED.values() for name in names if name in os.environ
    }
    missing = sorted({name for names in ASKED.values() for name in names} - given.keys())
    if missing:
        print(
            f"Set {' and '.join(missing)} first: only your processor knows them.", file=sys.stderr
        )
        return 2
    made = items(given)
    if options.form == "items":
        print(json.dumps({f"tessera/{service}": made[service] for service in SERVICES}, indent=1))
        return 0
    objects = manifests(made, options.namespace, options.database, options.kafka)
    print(yaml.safe_dump_all(objects, sort_keys=False), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
