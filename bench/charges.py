"""What the double of Stripe can do at most: `python -m bench.charges PORT NUMBER CONNECTIONS ACCOUNT CUSTOMER CARD`.

Each charge is announced and confirmed, as ours is, over connections that are kept open. Its last words are the seconds.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import uvloop

from deploy.local.settings import HOST
from shared.ids import random_id

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
INTENTS = "/v1/payment_intents"


class Charges:
    """So many, by one card."""

    def __init__(self, port: int, number: int, account: str, customer: str, card: str) -> None:
        self._port, self._account = port, account
        self._run = random_id()
        self._numbers: Iterator[int] = iter(range(number))
        self._charge = {
            "amount": "1000",
            "currency": "eur",
            "customer": customer,
            "payment_method": card,
            "payment_method_types[0]": "card",
        }
        self.made = 0

    async def make(self) -> None:
        """One after the other, until none is left."""
        stream = await asyncio.open_connection(HOST, self._port)
        for number in self._numbers:
            body = urlencode(self._charge | {"metadata[payment_id]": str(number)})
            intent = (await self._ask(stream, INTENTS, body, f"intent:{number}"))["id"]
            path = f"{INTENTS}/{intent}/confirm"
            done = await self._ask(stream, path, "", f"confirm:{intent}")
            self.made += done["status"] == "succeeded"
        stream[1].close()

    async def _ask(self, stream: Stream, path: str, body: str, key: str) -> Any:
        reader, writer = stream
        head = [
            f"POST {path} HTTP/1.1",
            "Host: localhost",
            "Authorization: Bearer sk_test_bench",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
            f"Stripe-Account: {self._account}",
            f"Idempotency-Key: {self._run}:{key}",
        ]
        writer.write("\r\n".join([*head, "", body]).encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        size = next(
            int(one.partition(b":")[2])
            for one in answer.lower().split(b"\r\n")
            if one.startswith(b"content-length:")
        )
        return json.loads(await reader.readexactly(size))


async def main(port: int, number: int, connections: int, *payer: str) -> None:
    charges = Charges(port, number, *payer)
    started = perf_counter()
    await asyncio.gather(*(charges.make() for _ in range(connections)))
    elapsed = perf_counter() - started
    assert charges.made == number, f"{charges.made} of {number} charges"
    print(elapsed)


if __name__ == "__main__":
    port, number, connections = (int(one) for one in sys.argv[1:4])
    uvloop.run(main(port, number, connections, *sys.argv[4:]))
