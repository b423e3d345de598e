"""Answers and assertions in the short form that the tables use."""

import json
from typing import Any

from warroom.contract import Parameters, Response
from warroom.expect import Expectation, Expectations, evaluate
from warroom.verdict import Result


class Holder(Parameters):
    """Something in a playbook that holds assertions."""

    expect: Expectations = ()


def assertions(*written: Any) -> tuple[Expectation, ...]:
    """What a playbook writes, as the models."""
    return Holder.model_validate({"expect": list(written)}).expect


def answer(body: Any = b"", status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """An answer; a body that is not bytes is written as JSON."""
    return Response(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def lines(response: Response, *written: Any) -> tuple[Result, ...]:
    """The assertions held against the answer."""
    return evaluate(assertions(*written), response)


def line(response: Response, written: Any) -> Result:
    """One assertion held against the answer."""
    (only,) = lines(response, written)
    return only
