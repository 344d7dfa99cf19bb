"""What may be asked of a community's policy."""

from dataclasses import dataclass

from services.billing.policy.events import Policy


@dataclass(frozen=True, slots=True)
class SetPolicy:
    policy: Policy


PolicyCommand = SetPolicy
