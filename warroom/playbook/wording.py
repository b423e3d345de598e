"""pydantic's faults in the words of a playbook's author. Only the kind of fault and its limits are looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_MAPPING = "should be a mapping of keys and values"
_WORDING: Final = {
    "missing": "is missing",
    "extra_forbidden": "unknown key",
    "string_type": "should be text",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "bool_type": "should be true or false",
    "list_type": "should be a list",
    "tuple_type": "should be a list",
    "set_type": "should be a list",
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "none_required": "should be left out",
    "finite_number": "should be a finite number",
    "literal_error": "should be {expected}",
    "enum": "should be {expected}",
    "greater_than": "should be greater than {gt}",
    "greater_than_equal": "should be at least {ge}",
    "less_than": "should be less than {lt}",
    "less_than_equal": "should be at most {le}",
    "string_too_short": "should have at least {min_length} characters",
    "string_too_long": "should have at most {max_length} characters",
    "too_short": "should have at least {min_length}",
    "too_long": "should have at most {max_length}",
    "union_tag_invalid": "should be one of {expected_tags}",
    "union_tag_not_found": "{discriminator} is missing",
}
_PATTERNS: Final = {
    r"^[a-z][a-z0-9_]*$": "should be a name of small letters, digits and _, such as p95",
    r"^[A-Z][A-Z0-9_]*$": "should be a name of capital letters, digits and _, such as APP_URL",
}
QUOTES_NOTHING: Final = "quotes_nothing"
"""The kind of a fault that a model finds and whose message says all of it without a value."""

_ABOUT_TYPE: Final = frozenset(("none_required", "literal_error", "enum"))


def has_wording(fault_type: str) -> bool:
    """Whether the message of such a fault is ours, and so cannot quote a value."""
    return fault_type in _WORDING or fault_type in ("string_pattern_mismatch", QUOTES_NOTHING)


def is_about_type(fault_type: str) -> bool:
    """Whether such a fault says no more than that the value is of another kind."""
    return fault_type.endswith("_type") or fault_type in _ABOUT_TYPE


def message_of(details: Mapping[str, Any]) -> str:
    """The message of one of pydantic's error details."""
    fault_type, context = details["type"], details.get("ctx", {})
    if fault_type == "string_pattern_mismatch":
        return _PATTERNS.get(str(context["pattern"]), f"should match {context['pattern']}")
    if fault_type in _WORDING:
        return _WORDING[fault_type].format_map({key: str(value) for key, value in context.items()})
    message: str = details["msg"]
    return message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
