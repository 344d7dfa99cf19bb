"""An account that was made for a community is looked at again whenever the processor reports of it."""

from dataclasses import dataclass

from services.billing.gateways.accounts import SellerAccounts
from services.billing.gateways.reports import account_reported
from services.billing.merchant import commands
from services.billing.merchant.decider import MERCHANT, merchant_stream
from shared.consumer import Webhook
from shared.event_store import Fact
from shared.ids import Code
from shared.reaction import Action, ActionContext, Ask, Call, Reaction


@dataclass(frozen=True, slots=True)
class FetchAccount:
    account: Code


def when_processor_reported_fetch_account(fact: Fact) -> list[Call]:
    account = account_reported(fact.body)
    return [Call(FetchAccount(account))] if account else []


async def fetch_account(action: FetchAccount, context: ActionContext) -> Ask | None:
    accounts: SellerAccounts = context.gateways["accounts"]
    found = await accounts.find(action.account)
    if found is None or found.community_id is None:
        return None
    complete = commands.CompleteAccount(action.account, found.charges)
    community_id = found.community_id
    return Ask(MERCHANT, merchant_stream(community_id), complete, community_id=community_id)


REACTIONS = (
    Reaction(
        "billing.merchant.when_processor_reported_fetch_account",
        Webhook,
        when_processor_reported_fetch_account,
    ),
)
ACTIONS = (Action(FetchAccount, fetch_account),)
