"""What a community has decided about debits of bank accounts, whose money takes days."""

from dataclasses import dataclass
from typing import Literal

DEBITED = "EUR"
"""What alone is debited: SEPA knows no other money."""

AccessWhile = Literal["at_once", "when_paid"]
"""Whether a subscription begins while its first debit is on its way, or with its money."""


@dataclass(frozen=True, slots=True)
class DebitsTaken:
    """Buyers may pay in euros by a debit of their bank account."""

    access: AccessWhile


@dataclass(frozen=True, slots=True)
class DebitsStopped:
    """From now on nobody may choose it; mandates that were given go on."""


DebitEvent = DebitsTaken | DebitsStopped
