"""How what was heard of a buyer is asked of the decider."""

from typing import assert_never

from services.billing.commission.commands import (
    CommissionCommand,
    CountBuyerSent,
    CountDispute,
    CountPurchase,
    CountReturn,
)
from services.billing.commission.events import (
    BuyerSent,
    DisputeCounted,
    News,
    PurchaseCounted,
    ReturnCounted,
)


def asking(news: News) -> CommissionCommand:
    match news:
        case BuyerSent():
            return CountBuyerSent(news)
        case PurchaseCounted():
            return CountPurchase(news)
        case ReturnCounted():
            return CountReturn(news)
        case DisputeCounted():
            return CountDispute(news)
        case _:
            assert_never(news)
