"""What ruamel.yaml makes of YAML 1.2: events, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.reader import Reader


class _Trusting(Reader):
    """Reads text in which no character stands that YAML leaves out."""

    def check_printable(self, data: Any) -> None:
        # `reading.decode` has refused such characters with their place. Looking again takes 7 ms, half of them to
        # compile what is looked for.
        return


def events(text: str) -> Iterator[Any]:
    """The events of `text`, which `reading.decode` has let pass. Raises ruamel's YAMLError where they end."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Reader = _Trusting
    return iter(yaml.parse(text))
