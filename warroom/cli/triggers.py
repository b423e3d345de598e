"""What `warroom trigger` and `warroom baseline` ask of a launch."""

from __future__ import annotations

from warroom.errors import UsageError

_DOES = ("snooze", "resume", "declare")


def trigger_body(do: str, trigger: str, reason: str, for_: str) -> dict[str, str]:
    """The request that `warroom trigger LAUNCH DO TRIGGER` makes. Raises UsageError for another form."""
    if do not in _DOES:
        raise UsageError(f"warroom trigger LAUNCH takes {', '.join(_DOES[:-1])} or {_DOES[-1]}")
    body = {"request": do, "trigger": trigger, "reason": reason}
    if do == "snooze":
        if not for_:
            raise UsageError("a snooze ends some time", hint="add --for 1h; --for 0s ends one")
        return body | {"for": for_}
    if for_:
        raise UsageError("--for is for a snooze")
    return body
