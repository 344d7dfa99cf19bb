"""What may be asked of taking debits."""

from dataclasses import dataclass

from services.billing.debit.events import AccessWhile


@dataclass(frozen=True, slots=True)
class TakeDebits:
    """`able`: the processor says that the seller's account may debit bank accounts."""

    access: AccessWhile
    able: bool


@dataclass(frozen=True, slots=True)
class StopDebits:
    pass


DebitCommand = TakeDebits | StopDebits
