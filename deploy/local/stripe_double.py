"""The Stripe double `localstripe`, on loopback and in memory, as a process of its own.

Its own command listens on every interface and writes each change to a pickle in /tmp; here neither happens. It reports
payments without what the payer wrote beside their card, and no charges; stripe_reports.py does as the real one does.
stripe_accounts.py has sellers' accounts, stripe_debits.py has its debits take their time, stripe_pages.py has its own
page, stripe_payments.py lists what happened on an account.
"""

import argparse
import logging
from pathlib import Path

from aiohttp import web
from localstripe.resources import Store
from localstripe.server import app
from localstripe.webhooks import register_webhook

from deploy.local import (
    stripe_accounts,
    stripe_debits,
    stripe_pages,
    stripe_payments,
    stripe_reports,
)
from deploy.local.settings import HOST


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default=HOST, help="another in a container")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--webhook", help="where its events go; otherwise whoever asks registers that"
    )
    parser.add_argument("--secret", type=Path, help="the file of what it signs them with")
    options = parser.parse_args()

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")  # webhooks it sent
    Store.dump_to_disk = lambda _: None
    stripe_reports.install()
    stripe_accounts.install(app)
    stripe_debits.install(app)
    stripe_pages.install(app)
    stripe_payments.install(app)
    if options.webhook:
        register_webhook("tessera", options.webhook, options.secret.read_text(), None)
    web.run_app(app, host=options.host, port=options.port, access_log=None, print=None)


if __name__ == "__main__":
    main()
