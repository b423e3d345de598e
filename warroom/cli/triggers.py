"""What `warroom trigger` and `warroom baseline` ask of a launch."""

from __future__ import annotations

from warroom.errors import UsageError
from warroom.text import clean

_DOES = ("snooze", "resume", "declare")


def trigger_body(do: str, trigger: str, reason: str, for_: str) -> dict[str, str]:
    """The request that `warroom trigger LAUNCH DO TRIGGER` makes. Raises UsageError for another form."""
    if do not in _DOES:
        does = f"{', '.join(_DOES[:-1])} or {_DOES[-1]}"
        raise UsageError(
            f"warroom trigger LAUNCH takes {does}, then the trigger, not '{clean(do, limit=80)}' first",
            hint="such as: warroom trigger LAUNCH snooze TRIGGER --for 1h --reason TEXT",
        )
    body = {"request": do, "trigger": trigger, "reason": reason}
    if do == "snooze":
        if not for_:
            raise UsageError("a snooze ends some time", hint="add --for 1h; --for 0s ends one")
        return body | {"for": for_}
    if for_:
        raise UsageError("--for is for a snooze")
    return body
