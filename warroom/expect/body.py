"""The body of an answer, read as JSON once."""

from __future__ import annotations

import re
from dataclasses import dataclass

from warroom.contract import Response
from warroom.expect.jsonpath import JsonPath
from warroom.strict_json import parse_json
from warroom.text import one_line
from warroom.units import Actual, Json

_TITLE = re.compile(r"<title[^>]*>([^<]{0,2000})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Body:
    """A body read as JSON once: the document, or the sentence that says why there is none."""

    document: Json = None
    problem: str = ""

    @classmethod
    def of(cls, response: Response) -> Body:
        """Never raises."""
        try:
            return cls(parse_json(response.body))
        except ValueError as error:
            return cls(None, not_json(response, str(error)))

    def one(self, path: JsonPath) -> Actual:
        """The value at `path`, MISSING where it leads nowhere. Raises ValueError with the reason otherwise."""
        if self.problem:
            raise ValueError(self.problem)
        return path.one(self.document)


def not_json(response: Response, error: str) -> str:
    """Why a body is not the JSON that was expected, with what it looks like instead."""
    text = response.body.lstrip()[:4_000].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text:
        return "the answer is not JSON: it is empty"
    if text.startswith("<"):
        title = _TITLE.search(text)
        named = f' "{one_line(title[1], limit=80)}"' if title else ""
        return f"the answer is not JSON: {'HTML' if title or '<html' in text.lower() else 'markup'} page{named}"
    return f'the answer is {one_line(error)}; it begins with "{one_line(text, limit=60)}"'
