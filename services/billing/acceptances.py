"""Where and when a payer agreed to be debited, as a bank may ask to be shown: sealed until the processor is told."""

import json
from datetime import datetime

from fastapi import Request

from services.billing.gateways.gateway import Acceptance
from shared.http import Caller
from shared.ids import PersonId
from shared.personal_value import Sealed

LONGEST_AGENT = 500


async def sealed_acceptance(request: Request, caller: Caller, person_id: PersonId) -> Sealed:
    """What whoever calls is seen to come from, under the person's key."""
    told = {
        "at": caller.now.isoformat(),
        "address": request.client.host if request.client else "",
        "agent": request.headers.get("user-agent", "")[:LONGEST_AGENT],
    }
    return await caller.seal(person_id, json.dumps(told))


def opened_acceptance(text: str) -> Acceptance:
    """The reverse, of what the seal held."""
    told = json.loads(text)
    return Acceptance(datetime.fromisoformat(told["at"]), told["address"], told["agent"])
