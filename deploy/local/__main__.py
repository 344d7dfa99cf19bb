"""The commands of the local stack: `python -m deploy.local up | parts | status | token | down`.

It runs in containers where an engine answers and as plain processes elsewhere; TESSERA_ENGINE=none keeps to processes.
"""

import argparse
import os
import sys

from deploy.local.composed import Composed
from deploy.local.engine import composes
from deploy.local.settings import SERVICES, Settings
from deploy.local.sign_in import sign_in
from deploy.local.stack import Stack
from deploy.local.trouble import Trouble, disk_full, is_disk_full
from deploy.local.welcome import EMAIL, welcome


def main() -> int:
    """Do what was asked, or say in one sentence why not."""
    options = _parser().parse_args()
    settings = None
    try:
        settings = Settings.from_environment()
        options.act(_stack(settings), options)
    except Trouble as trouble:
        return _refuse(str(trouble))
    except BrokenPipeError:  # whoever read the output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except PermissionError as error:
        return _refuse(f"{error.filename} may not be written by this user.")
    except OSError as error:
        if settings is None or not is_disk_full(error):
            raise
        return _refuse(str(disk_full(settings.state)))
    except KeyboardInterrupt:
        return _refuse("Interrupted: `make up` goes on from here, `make down` clears up.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="command")

    up = verbs.add_parser("up", help="start everything, or the parts and some services")
    up.add_argument("services", nargs="*", metavar="service", help=", ".join(SERVICES))
    up.set_defaults(act=_up)

    parts = verbs.add_parser("parts", help="start only what the services lean on")
    parts.set_defaults(act=lambda stack, _: stack.up(services=()))

    status = verbs.add_parser("status", help="say what runs")
    status.set_defaults(act=_status)

    token = verbs.add_parser("token", help="print a token to try the API with")
    token.add_argument("--email", default=EMAIL, help="whose (default: %(default)s)")
    token.set_defaults(act=lambda stack, options: print(sign_in(stack.settings, options.email)))

    run = verbs.add_parser("run", help="run a command of a service as the stack would")
    run.add_argument("service", choices=SERVICES)
    run.add_argument("words", nargs="+", metavar="word", help="such as: migrate, rebuild")
    run.set_defaults(act=lambda stack, options: stack.run(options.service, options.words))

    migrate = verbs.add_parser("migrate", help="bring the schema of every service up to date")
    migrate.set_defaults(act=lambda stack, _: [stack.run(name, ["migrate"]) for name in SERVICES])

    down = verbs.add_parser("down", help="end everything and forget its data")
    down.set_defaults(act=_down)
    return parser


def _stack(settings: Settings) -> Stack | Composed:
    """What runs already is gone on with."""
    processes = Stack(settings)
    return processes if processes.processes.names() or not composes() else Composed(settings)


def _up(stack: Stack | Composed, options: argparse.Namespace) -> None:
    unknown = set(options.services) - set(SERVICES)
    if unknown:
        raise Trouble(
            f"There is no service {', '.join(sorted(unknown))}; there are {', '.join(SERVICES)}."
        )
    stack.up(options.services or SERVICES)
    print(welcome(stack.settings, stack.places()))


def _status(stack: Stack | Composed, _: argparse.Namespace) -> None:
    states = stack.status()
    for name, runs in states.items():
        print(f"  {name:<19}{'running' if runs else 'ended by itself'}")
    if not states:
        print("Nothing runs; `make up` starts it.")


def _down(stack: Stack | Composed, _: argparse.Namespace) -> None:
    ended = stack.down()
    print(
        f"Ended {len(ended)} processes and removed their data." if ended else "Nothing was running."
    )


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
