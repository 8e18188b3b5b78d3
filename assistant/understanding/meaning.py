"""What was read in a message."""

from dataclasses import dataclass, field

from assistant.understanding.slots import Slots

INTENTS = ("navigation", "question", "action", "help", "out_of_scope")

_INTENT_OF = {
    "nav": "navigation",
    "act": "action",
    "dialog": "action",
    "help": "help",
    "smalltalk": "help",
    "out_of_scope": "out_of_scope",
}


@dataclass(frozen=True, slots=True)
class Understanding:
    """What was read: `skill` is a name of the registry, `confidence` its probability, 0..1.

    `decided` is whether to answer; otherwise ask which of `skill` and the first two `alternatives`
    was meant. `alternatives` are up to three next readings, best first, with their `probabilities`.
    """

    skill: str
    confidence: float
    slots: Slots = field(default_factory=Slots)
    alternatives: tuple[str, ...] = ()
    probabilities: tuple[float, ...] = ()
    decided: bool = True

    @property
    def intent(self) -> str:
        return intent_of(self.skill)


def intent_of(skill: str) -> str:
    """Return the coarse intent that a skill belongs to."""
    return _INTENT_OF.get(skill.partition(".")[0], "question")
