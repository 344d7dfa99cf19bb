"""What may be asked of a message by other channels than mail, and of who carries it."""

from dataclasses import dataclass
from uuid import UUID

from services.membership.direct.events import DirectReason
from services.membership.preference.events import Channel, Mail
from shared.ids import Code, PersonId


@dataclass(frozen=True, slots=True)
class AskDirect:
    person_id: PersonId
    message_id: UUID
    template: Code
    channels: tuple[Channel, ...]
    mail: Mail
    broadcast_id: UUID | None


@dataclass(frozen=True, slots=True)
class RecordDirect:
    """`reason` is why the channel did not take it."""

    channel: Channel
    reason: DirectReason | None = None
    sure: bool = True


@dataclass(frozen=True, slots=True)
class RecordDirectReport:
    """What became of a message that was handed over."""

    channel: Channel
    arrived: bool
    reason: DirectReason | None


@dataclass(frozen=True, slots=True)
class GiveUpDirect:
    """Of a message that may never have been handed over, nothing was heard in time."""

    channel: Channel


DirectCommand = AskDirect | RecordDirect | RecordDirectReport | GiveUpDirect


@dataclass(frozen=True, slots=True)
class SendDirect:
    """A call to whoever carries what goes by this channel; its words and the account are opened when it is written."""

    message_id: UUID
    person_id: PersonId
    channel: Channel
