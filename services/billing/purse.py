"""What of a payment may still go back, whoever asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.billing.payment.events import MoneyLine
from services.billing.taxes import returned
from shared.money import Money


@dataclass(frozen=True, slots=True)
class Purse:
    """What is `left` of each thing it was `charged` for, and of all of it what is `refundable`.

    While it is `disputed`, a bank decides whose it is, and none of it moves.
    """

    left: tuple[MoneyLine, ...]
    refundable: Money
    disputed: bool = False
    charged: tuple[MoneyLine, ...] = ()

    def still_there(self, wanted: Sequence[MoneyLine]) -> tuple[MoneyLine, ...]:
        """Of these lines what is there yet, in their order, with the tax that is in it."""
        rest = {line.charged_for: line.amount for line in self.left}
        purse, back = self.refundable, []
        for line in wanted:
            part = min(line.amount, rest.get(line.charged_for, line.amount * 0), purse)
            part = max(part, part * 0)
            purse -= part
            if part:
                back.append(MoneyLine(line.charged_for, part))
        return returned(self.charged, self.left, back)
