"""How a function call ended, for whoever counts errors."""

from typing import Literal

from fashionos.kit.functions import SWITCHED_OFF

SERVER_FAULTS = 500
CLIENT_FAULTS = 400

Outcome = Literal["ok", "refused", "off", "failed"]


def outcome(status: int, error: str) -> Outcome:
    """Tell a failure of ours from a refusal.

    Failed is what the server could not do, an apology with status 200 included; refused what it was right not to do;
    off what a rollout keeps back.
    """
    if error == SWITCHED_OFF:
        return "off"
    if status >= SERVER_FAULTS or (error and status < CLIENT_FAULTS):
        return "failed"
    return "refused" if status >= CLIENT_FAULTS else "ok"
