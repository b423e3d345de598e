"""Credentials in the text of a playbook: what looks like one is not shown, whatever is wrong beside it."""

from __future__ import annotations

import re
from typing import Final

SLACK: Final = re.compile(
    r"xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|https://hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[\w/-]{8,}"
)
"""What gives access to Slack: a token, or the address of a webhook."""
_GIVEN: Final = re.compile(
    r"""(?<=[\s{,"'])(?P<key>(?:token|webhook|secret|bearer|basic|client_secret)["']?\s*:\s*)"""
    r"""(?P<value>"[^"]{8,}"?|'[^']{8,}'?|[^\s"'{},$][^\s{},]{7,})"""
)
"""A key that gives access and its literal value, of a length at which values are kept out of reports."""


def masked(text: str) -> str:
    """`text` with a star for each character of what gives access; as long as before, so that a caret stands right."""
    return SLACK.sub(lambda found: "*" * len(found[0]), _GIVEN.sub(_hidden, text))


def _hidden(found: re.Match[str]) -> str:
    value = found["value"]
    return found[0] if "${" in value else found["key"] + "*" * len(value)
