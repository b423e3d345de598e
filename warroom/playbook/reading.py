"""One YAML 1.2 file, read with every cap, as a tree of nodes with their places.

The tree is built from the parser's events: that is where aliases can be counted, tags refused and equal keys seen,
before anything grows.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from warroom.errors import PlaybookError
from warroom.playbook.nodes import Entry, Mapping, Node, Place, Scalar, Sequence, Source
from warroom.text import clean

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 50
MAX_ALIASES: Final = 100
MAX_NODES: Final = 100_000
MAX_KEY: Final = 200

_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]{1,4})?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}
# What YAML's c-printable leaves out, and the byte order mark. Said the other way round it takes 3 ms to compile.
_NOT_YAML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_LINE_END = re.compile("\r\n|\r|\n")
# Line ends in YAML 1.1 only; tabs, tags, anchors and aliases, and a block that begins with blanks: there the two
# readers differ.
_DISPUTED = re.compile(r"[\t\x85\u2028\u2029]|(?:^|[\s,:?\[\]{}-])[&*!]|[|>][-+0-9]*\n +(?:\n|\Z)")


def read_bytes(path: Path, shown: str, limit: int = MAX_BYTES) -> bytes:
    """The content of a regular file. Raises PlaybookError with the reason, in the file's name `shown`."""
    source = Source(shown, ())
    try:
        # Without O_NONBLOCK a named pipe would be waited for.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        raise PlaybookError([Place(source, 0, 0).problem("", f"cannot be read: {reason_of(error)}")]) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise PlaybookError([Place(source, 0, 0).problem("", "is not a regular file")])
    with os.fdopen(handle, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise PlaybookError([Place(source, 0, 0).problem("", f"is larger than {limit // 1024:,} KiB")])
    return data


def reason_of(error: OSError | ValueError) -> str:
    """Why a file cannot be read, in a few words without its name."""
    if isinstance(error, OSError) and error.errno == errno.ENOENT:
        return "there is no such file"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "its name is not one of a file"


def decode(data: bytes, shown: str) -> Source:
    """The text of a file. Raises PlaybookError for anything but UTF-8 without control characters."""
    text = data.decode("utf-8", "replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or data[:2] == b"\0" or data[1:2] == b"\0":
        raise PlaybookError([_at(text[:0], shown, 0, "is UTF-16 or UTF-32; save it as UTF-8")])
    if data.startswith(b"\xef\xbb\xbf"):
        raise PlaybookError([_at(text[:0], shown, 0, "begins with a byte order mark; save it as UTF-8 without one")])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise PlaybookError([_at(before, shown, len(before), message)]) from None
    if bad := _NOT_YAML.search(text):
        message = f"the character {clean(bad[0])} may not stand in YAML"
        raise PlaybookError([_at(text, shown, bad.start(), message)])
    return Source(shown, tuple(_LINE_END.split(text)))


def _at(text: str, shown: str, index: int, message: str) -> Any:
    before = _LINE_END.split(text[:index])
    return Place(Source(shown, tuple(_LINE_END.split(text))), len(before), len(before[-1]) + 1).problem("", message)


def parse(source: Source) -> Mapping:
    """The document in `source`. Raises PlaybookError for what is not one YAML 1.2 mapping within the caps."""
    text = "\n".join(source.lines)
    top = _quickly(source, text) or _carefully(source, text)
    if isinstance(top, Scalar) and top.value is None:
        raise PlaybookError([Place(source, 1, 1).problem("", "is empty; a playbook begins with `warroom: 1`")])
    if not isinstance(top, Mapping):
        raise PlaybookError([top.place.problem("", "is not a mapping; a playbook begins with `warroom: 1`")])
    return top


def _quickly(source: Source, text: str) -> Mapping | None:
    """The mapping that libyaml reads, in a twentieth of the time; None for all that the other reader must look at."""
    if _DISPUTED.search(text):
        return None
    from ruamel.yaml.error import YAMLError

    try:
        from _ruamel_yaml import CParser

        top = _Composer(source, iter(CParser(text).get_event, None)).document()
    except (ImportError, PlaybookError, YAMLError, ValueError, OverflowError):
        return None
    return top if isinstance(top, Mapping) else None


def _carefully(source: Source, text: str) -> Node:
    """What ruamel.yaml reads, which knows YAML 1.2 and whose words on what is wrong people see."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return _Composer(source, iter(YAML(typ="safe", pure=True).parse(text))).document()
    except MarkedYAMLError as error:
        raise PlaybookError([_syntax_problem(source, error)]) from None
    except (YAMLError, ValueError, OverflowError) as error:
        # A character escape beyond Unicode, for example, is an error of Python's own.
        message = f"not YAML 1.2: {clean(str(error), limit=200)}"
        raise PlaybookError([Place(source, 1, 1).problem("", message)]) from None


def _syntax_problem(source: Source, error: MarkedYAMLError) -> Any:
    mark = error.problem_mark or error.context_mark
    place = Place(source, mark.line + 1, mark.column + 1) if mark else Place(source, 1, 1)
    problem = error.problem or "cannot be read"
    if "'\\t'" in problem:
        return place.problem("", "a tab; YAML is indented with spaces")
    context = f" {error.context}" if error.context else ""
    return place.problem("", f"not YAML 1.2: {problem}{context}", "is a quote, colon or indent missing?")


class _Composer:
    """Builds nodes from events. An alias is counted with all that it stands for."""

    def __init__(self, source: Source, events: Iterator[Any]) -> None:
        self._source = source
        self._events = events
        self._anchors: dict[str, tuple[Node, int, int]] = {}
        self._aliases = 0
        self._nodes = 0
        self._deepest = 0

    def document(self) -> Node:
        next(self._events)  # the start of the stream
        start = next(self._events)
        if type(start).__name__ == "StreamEndEvent":
            return Scalar(None, "", Place(self._source, 1, 1))
        if getattr(start, "version", None) not in (None, (1, 2)):
            raise self._refuse(start, "says that it is another version of YAML; Warroom reads YAML 1.2")
        node = self._node(next(self._events), 1)
        next(self._events)  # the end of the document
        after = next(self._events)
        if type(after).__name__ != "StreamEndEvent":
            raise self._refuse(after, "a second document begins here; a playbook is one document")
        return node

    def _node(self, event: Any, depth: int) -> Node:
        self._grow(event, 1, depth)
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._alias(event, depth)
        before, deepest, self._deepest = self._nodes, self._deepest, depth
        node: Node
        if kind == "MappingStartEvent":
            node = self._mapping(event, depth)
        elif kind == "SequenceStartEvent":
            node = self._sequence(event, depth)
        else:
            node = self._scalar(event)
        if event.anchor:
            self._anchors[event.anchor] = (node, self._nodes - before + 1, self._deepest - depth)
        self._deepest = max(deepest, self._deepest)
        return node

    def _grow(self, event: Any, by: int, depth: int) -> None:
        self._nodes += by
        self._deepest = max(self._deepest, depth)
        if self._nodes > MAX_NODES:
            raise self._refuse(event, f"more than {MAX_NODES:,} values, aliases counted with what they stand for")
        if depth > MAX_DEPTH:
            raise self._refuse(event, f"nested deeper than {MAX_DEPTH} levels")

    def _alias(self, event: Any, depth: int) -> Node:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            raise self._refuse(event, f"more than {MAX_ALIASES} aliases")
        if event.anchor not in self._anchors:
            raise self._refuse(event, f"the alias '*{event.anchor}' names no anchor that ends before it")
        node, size, height = self._anchors[event.anchor]
        self._grow(event, size, depth + height)
        return node

    def _mapping(self, event: Any, depth: int) -> Mapping:
        self._core_tag(event, "map")
        entries: dict[str, Entry] = {}
        while type(key := next(self._events)).__name__ != "MappingEndEvent":
            name = self._key(key)
            if name in entries:
                first = entries[name].key_place.line
                raise self._refuse(key, f"the key '{name}' stands here a second time; the first is in line {first}")
            value = next(self._events)
            node = self._node(value, depth + 1)
            if isinstance(node, Scalar) and node.plain and not node.text and not value.anchor:
                node = Scalar(None, "", self._place(key))
            entries[name] = Entry(self._place(key), node)
        return Mapping(entries, self._place(event))

    def _key(self, event: Any) -> str:
        if type(event).__name__ != "ScalarEvent":
            raise self._refuse(event, "a key has to be a word")
        self._core_tag(event, "str")
        if event.value == "<<" and event.implicit[0]:
            raise self._refuse(event, "YAML 1.2 has no merge key `<<`", "use `defaults:`")
        if not event.value:
            raise self._refuse(event, "a key is missing before the colon")
        if clean(event.value, limit=MAX_KEY) != event.value:
            raise self._refuse(event, f"a key has no control characters and at most {MAX_KEY} characters")
        self._grow(event, 1, 0)
        return str(event.value)

    def _sequence(self, event: Any, depth: int) -> Sequence:
        self._core_tag(event, "seq")
        items = []
        while type(item := next(self._events)).__name__ != "SequenceEndEvent":
            items.append(self._node(item, depth + 1))
        return Sequence(tuple(items), self._place(event))

    def _scalar(self, event: Any) -> Scalar:
        tag = self._core_tag(event, *_TYPES)
        text: str = event.value
        is_plain = bool(event.implicit[0]) and event.style in (None, "") and tag is None
        if _is_broken(text):
            raise self._refuse(event, "an escape in this text is half of a character (a lone surrogate)")
        value = _resolve(text) if is_plain or tag not in (None, "str") else text
        if tag and not isinstance(value, _TYPES[tag]):
            raise self._refuse(event, f"the tag !!{tag} does not fit the value")
        return Scalar(value, text, self._place(event), plain=is_plain)

    def _core_tag(self, event: Any, *allowed: str) -> str | None:
        """The short name of an explicit tag, None without one. Raises for all but the core tags."""
        tag = event.tag
        if tag is None:
            return None
        name = str(tag).removeprefix(_TAG)
        if tag == name or name not in allowed:
            raise self._refuse(event, f"the tag '{tag}' is not allowed; a playbook has text, numbers, true and false")
        return name

    def _place(self, event: Any) -> Place:
        return Place(self._source, event.start_mark.line + 1, event.start_mark.column + 1)

    def _refuse(self, event: Any, message: str, suggestion: str = "") -> PlaybookError:
        return PlaybookError([self._place(event).problem("", message, suggestion)])


def _is_broken(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def _resolve(text: str) -> str | int | float | bool | None:
    """What the core schema of YAML 1.2 makes of a plain scalar. A number too long for one stays text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text
