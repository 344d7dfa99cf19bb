"""A second decider beside the counter: a gate that people pass while it is open."""

from dataclasses import dataclass

from shared.decider import Decider, Rejected
from shared.feature import Feature
from shared.ids import Label

ADA = Label("ada")


@dataclass(frozen=True)
class OpenGate:
    pass


@dataclass(frozen=True)
class CloseGate:
    pass


@dataclass(frozen=True)
class PassGate:
    name: Label = ADA


@dataclass(frozen=True)
class BreakGate:
    """A command whose decision has a bug."""


@dataclass(frozen=True)
class GateOpened:
    pass


@dataclass(frozen=True)
class GateClosed:
    pass


@dataclass(frozen=True)
class GatePassed:
    name: Label


@dataclass(frozen=True)
class Gate:
    is_open: bool = False
    passed: int = 0


GateCommand = OpenGate | CloseGate | PassGate | BreakGate
GateEvent = GateOpened | GateClosed | GatePassed


def decide(command: GateCommand, gate: Gate) -> list[GateEvent]:
    match command:
        case OpenGate():
            return [] if gate.is_open else [GateOpened()]
        case CloseGate():
            return [GateClosed()] if gate.is_open else []
        case PassGate(name):
            if not gate.is_open:
                raise Rejected("gate_closed", "The gate is closed.")
            return [GatePassed(name)]
        case BreakGate():
            raise ZeroDivisionError


def evolve(gate: Gate, event: GateEvent) -> Gate:
    match event:
        case GateOpened():
            return Gate(is_open=True, passed=gate.passed)
        case GateClosed():
            return Gate(is_open=False, passed=gate.passed)
        case GatePassed():
            return Gate(gate.is_open, gate.passed + 1)


GATE: Decider[GateCommand, Gate, GateEvent] = Decider(
    "gate", initial=Gate(), decide=decide, evolve=evolve, commands=GateCommand, events=GateEvent
)
GATES = Feature(name="gate", deciders=(GATE,))
