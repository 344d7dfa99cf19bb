"""What may be asked of a community's rules of recognition, and of its rounds."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.recognition_rules.events import Rules


@dataclass(frozen=True, slots=True)
class SetRecognitionRules:
    """No levels: nobody is recognised any more."""

    rules: Rules


RecognitionRulesCommand = SetRecognitionRules


@dataclass(frozen=True, slots=True)
class BeginRoundAnew:
    """The rules are new; without a level in them this round is the last."""

    at: datetime
    goes_on: bool


@dataclass(frozen=True, slots=True)
class BeginRound:
    due: datetime


RecognitionRoundCommand = BeginRoundAnew | BeginRound
