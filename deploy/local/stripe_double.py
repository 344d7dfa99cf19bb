"""The Stripe double `localstripe`, on loopback and in memory, as a process of its own.

Its own command listens on every interface and writes each change to a pickle in /tmp; here neither happens.
"""

import argparse
import logging

from aiohttp import web
from localstripe.resources import Store
from localstripe.server import app

from deploy.local.settings import HOST


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")  # webhooks it sent
    Store.dump_to_disk = lambda _: None
    web.run_app(app, host=HOST, port=port, access_log=None, print=None)


if __name__ == "__main__":
    main()
