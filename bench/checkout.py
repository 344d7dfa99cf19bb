"""What does opening a checkout cost the server, beside a bare route with one INSERT?"""

import json
from datetime import timedelta

import httpx

from bench.command import CONNECTIONS, beside_bare
from bench.crowd import Generator, line
from bench.measure import Goal, Question, Result, until
from bench.stack import Stack
from deploy.local.settings import HOST
from services.billing.app import blueprint_of
from services.billing.settings import Settings
from shared.auth import Principal, TokenSigner
from shared.clock import real_now
from shared.contracts.membership_community import CommunityCreated
from shared.ids import random_id
from shared.service import opened
from tests.integration.arrivals import arrival_of

QUESTION = Question("checkout_vs_bare_route", "ms of CPU", Goal(">=", 0.4), cost=True)

ROOT = "/api/billing/v1"
OFFER = {"name": "Book", "price": {"minor": 1500, "currency": "EUR"}, "interval": "once"}
OURS = (
    "SELECT count(*), coalesce(sum(version), 0) FROM billing.events WHERE type = 'CheckoutOpened'"
)
BESIDE = "SELECT count(*), count(*) FROM bare_checkouts"


async def run(stack: Stack) -> list[Result]:
    stack.migrate("billing")
    api = stack.api("billing")
    stack.worker("billing")
    buyers, generator = Buyers(stack), Generator(stack.folder)
    await buyers.find_something_to_buy()
    ours, beside, samples = await beside_bare(
        stack, "billing", api, buyers.baskets, generator, (OURS, BESIDE)
    )
    return [
        QUESTION.compared(
            samples["ours"],
            samples["beside"],
            f"one thing in a basket, {CONNECTIONS} connections, a buyer per request, whose token is checked on both"
            " sides; user and system time of the API process alone, one process each, while our worker folds; load"
            f" from {generator.name}; {ours.rate}/s beside {beside.rate}/s",
        )
    ]


class Buyers:
    """People of one community, each with a token, who all want the one thing that it sells."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._signer = TokenSigner(json.dumps(stack.keys.token_key))
        self._community_id = random_id()
        self._offer_id = ""

    async def find_something_to_buy(self) -> None:
        """The community has been heard of, and has published an offer."""
        created = CommunityCreated(
            community_id=self._community_id,
            occurred_at=real_now(),
            kind="creator",
            name="Bench",
            currency="EUR",
            time_zone="Europe/Paris",
            mode="live",
        )
        settings = Settings.model_validate(self._stack.read("billing"))
        async with opened(blueprint_of(settings)) as service:
            await service.inbox.store([arrival_of(created)])
        port = self._stack.settings.ports["billing"]
        owner = self._token(Principal(random_id(), self._community_id, random_id(), ("owner",)))
        headers = {"Authorization": f"Bearer {owner}", "Idempotency-Key": "bench"}
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}{ROOT}") as client:

            async def published() -> bool:
                answer = await client.post("/offers", json=OFFER, headers=headers)
                if answer.status_code == 201:
                    self._offer_id = answer.json()["offer_id"]
                return bool(self._offer_id)

            await until("an offer", published, every=0.1)

            async def on_sale() -> bool:
                basket = self._basket()
                seen = await client.post("/checkouts/preview", json=basket, headers=headers)
                return seen.status_code == 200

            await until("the offer on sale", on_sale, every=0.1)

    async def baskets(self, number: int, port: int) -> list[str]:
        """Their requests to open a checkout, as lines for a generator of load."""
        people = [Principal(random_id(), self._community_id, random_id()) for _ in range(number)]
        return [
            line(port, "POST", f"{ROOT}/checkouts", self._token(one), self._basket())
            for one in people
        ]

    def _basket(self) -> dict[str, object]:
        back = f"{self._stack.settings.origin}/thanks"
        return {"lines": [{"offer_id": self._offer_id}], "return_url": back}

    def _token(self, who: Principal) -> str:
        return self._signer.sign(who, life=timedelta(hours=2))
