"""Our double of Stripe, on loopback, as a process of its own: `python -m tests.doubles.stripe --port N`."""

import argparse
import gc

import uvicorn

from deploy.local.settings import HOST
from shared.cli import YOUNG
from tests.doubles.stripe.double import Stripe


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--account", action="append", default=[], help="one that lets us act")
    options = parser.parse_args()
    gc.set_threshold(YOUNG)  # as in a service
    double = Stripe()
    for account in options.account:
        double.connect(account)
    uvicorn.run(
        double, host=HOST, port=options.port, log_config=None, access_log=False, lifespan="off"
    )


if __name__ == "__main__":
    main()
