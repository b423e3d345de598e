"""Whether what a person answers is what was asked for."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Final, Literal

from warroom.text import one_line

AnswerType = Literal["yes_no", "text", "number", "timestamp"]

_TIMESTAMP: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
_NUMBER: Final = re.compile(r"[-+]?\d+(\.\d+)?", re.ASCII)


def problem_of(answer: str, answer_type: str) -> str:
    """Why `answer` is not one of that type, as a sentence; empty when it is."""
    text = answer.strip()
    shown = one_line(text, limit=60)
    match answer_type:
        case "yes_no" if text.lower() not in ("yes", "no"):
            return f"'{shown}' is neither yes nor no"
        case "text" if not text:
            return "the answer is empty"
        case "number" if not (_NUMBER.fullmatch(text) and math.isfinite(float(text))):
            return f"'{shown}' is not a number"
        case "timestamp" if not _is_timestamp(text):
            return f"'{shown}' is not a time such as 2025-11-01T02:00:00Z"
    return ""


def _is_timestamp(text: str) -> bool:
    if not _TIMESTAMP.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
