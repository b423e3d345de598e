"""JSONPath as RFC 9535 defines it, without its functions `match` and `search`: a pattern has no time limit there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from warroom.text import clean
from warroom.units import MISSING, Actual, Json

_SIMPLE = re.compile(r"\$(?:\.[A-Za-z_][A-Za-z0-9_]*)*")


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A compiled JSONPath."""

    text: str
    find: Callable[[Json], list[Json]] = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> JsonPath:
        """Raises ValueError with a sentence for the author of the playbook."""
        if _SIMPLE.fullmatch(text):
            # Nearly every path is like this, and the library costs 40 ms to import before the first request.
            names = text.split(".")[1:]
            return cls(text, lambda document: walk(document, names))
        return cls(text, _compile(text))

    def one(self, document: Json) -> Actual:
        """The value, MISSING where the path leads nowhere. Raises ValueError when it leads to several."""
        found = self.find(document)
        if len(found) > 1:
            raise ValueError(f"{clean(self.text, limit=200)} gives {len(found):,} values where one is expected")
        return found[0] if found else MISSING

    def __str__(self) -> str:
        return self.text


def walk(document: Json, names: Sequence[str]) -> list[Json]:
    for name in names:
        if not isinstance(document, dict) or name not in document:
            return []
        document = document[name]
    return [document]


def _compile(text: str) -> Callable[[Json], list[Json]]:
    import jsonpath

    environment = jsonpath.JSONPathEnvironment(strict=True)
    for name in ("match", "search"):
        del environment.function_extensions[name]
    try:
        query = environment.compile(text)
    except jsonpath.JSONPathError as error:
        # Its own text spans lines, and for an empty path it cannot be made at all.
        raise ValueError(f"'{text}' is not a JSONPath such as $.queue.depth: {error.args[0]}") from None

    def find(document: Json) -> list[Json]:
        try:
            return cast(list[Json], query.findall(document))
        except jsonpath.JSONPathError as error:
            raise ValueError(f"{clean(text, limit=200)} cannot be followed: {error.args[0]}") from None

    return find
