"""What ruamel.yaml makes of YAML 1.2: events, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner


class _Trusting(Reader):
    """Reads text in which no character stands that YAML leaves out."""

    def check_printable(self, data: Any) -> None:
        # `reading.decode` has refused such characters with their place. Looking again takes 7 ms, half of them to
        # compile what is looked for.
        return


class _Remembering(Scanner):
    """Looks for further tokens once at each place in the text, however often the parser asks for the next one."""

    _looked_at = (-1, -1)

    def check_token(self, *choices: Any) -> bool:
        place = (self.tokens_taken, self.reader.index)
        if place != self._looked_at:
            while self.need_more_tokens():
                self.fetch_more_tokens()
            self._looked_at = (self.tokens_taken, self.reader.index)
        return bool(self.tokens) and (not choices or isinstance(self.tokens[0], choices))


class _Bound(Parser):
    """Keeps its scanner, which it would look up for every token."""

    scanner = None

    def __init__(self, loader: Any) -> None:
        self.scanner = loader.scanner
        super().__init__(loader)


def events(text: str) -> Iterator[Any]:
    """The events of `text`, which `reading.decode` has let pass. Raises ruamel's YAMLError where they end."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Reader, yaml.Scanner, yaml.Parser = _Trusting, _Remembering, _Bound
    return iter(yaml.parse(text))
