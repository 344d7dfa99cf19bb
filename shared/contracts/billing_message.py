"""tessera.billing.message.v1: what billing asks membership to tell people."""

from datetime import datetime
from typing import ClassVar

from shared.contracts import contract
from shared.contracts.contract import CodeText, LabelText, MoneyValue


class MessageRequested(contract.MessageRequested):
    """Billing asks for a message to a person."""

    topic: ClassVar[str] = "tessera.billing.message.v1"


class StaffMessageRequested(contract.Contract):
    """Billing asks for a message to everybody on the staff whose role carries `permission`."""

    topic: ClassVar[str] = "tessera.billing.message.v1"

    permission: CodeText
    template: CodeText
    values: dict[CodeText, LabelText | int | datetime | MoneyValue]
    link: LabelText | None = None
