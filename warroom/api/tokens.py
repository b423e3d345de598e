"""Who may reach a launch over TCP: a token for each person, of which only a hash is kept."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from warroom.errors import UsageError
from warroom.launch.entries import MACHINES
from warroom.strict_json import parse_json
from warroom.text import clean, did_you_mean

TOKENS: Final = "tokens.json"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@ -]{0,78}[A-Za-z0-9]|[A-Za-z0-9]", re.ASCII)
_PREFIX: Final = "wr_"
_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Token:
    """A token of `name`: the SHA-256 of its 256 random bits in hex, who made it and when."""

    name: str
    sha256: str
    by: str
    at: str


class Tokens:
    """The tokens of one launch, in a file (0600) in its folder that is read again when it changes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / TOKENS
        self._seen: tuple[int, int, int] | None = None
        self._known: tuple[Token, ...] = ()

    def name_of(self, token: str) -> str | None:
        """Whose token it is; None for one that is not known. Takes the same time for every wrong one.

        Raises UsageError where the file cannot be trusted.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
        found = None
        for known in self.all():
            if hmac.compare_digest(known.sha256, digest):
                found = known.name
        return found

    def all(self) -> Sequence[Token]:
        """Every token, the oldest first; empty where none was made. Raises UsageError as `name_of` does."""
        try:
            found = self._path.lstat()
        except FileNotFoundError:
            self._seen, self._known = None, ()
            return ()
        seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        if seen != self._seen:
            _require_private(self._path, found)
            self._known, self._seen = _read(self._path), seen
        return self._known

    def make(self, name: str, by: str, at: str) -> str:
        """A new token for `name`, which nobody can read here again. Raises UsageError for a name that is none."""
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"'{clean(name, limit=100)}' cannot be a name", hint="use letters, digits, . _ @ - and spaces"
            )
        if name.lower() in MACHINES:
            raise UsageError(f"'{name}' cannot be a name", hint="Warroom itself acts under it; name the person")
        token = _PREFIX + secrets.token_urlsafe(32)
        digest = hashlib.sha256(token.encode("ascii")).hexdigest()
        with self._alone() as known:
            if len(known) >= _MOST:
                raise UsageError(f"there are {_MOST:,} tokens already", hint="take some back with --revoke")
            self._write([*known, Token(name, digest, by, at)])
        return token

    def revoke(self, name: str) -> int:
        """Takes back every token of `name`; how many. Raises UsageError where there is none."""
        with self._alone() as known:
            left = [token for token in known if token.name != name]
            if len(left) == len(known):
                hint = did_you_mean(name, [token.name for token in known])
                raise UsageError(f"there is no token of '{clean(name, limit=100)}'", hint=hint)
            self._write(left)
        return len(known) - len(left)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[Sequence[Token]]:
        """The tokens as they are while nobody else changes them: what one writes, no other takes back unseen."""
        try:
            lock = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            folder = clean(str(self._path.parent))
            raise UsageError(f"the tokens in {folder} cannot be changed: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._seen = None
            yield self.all()
        finally:
            os.close(lock)

    def _write(self, tokens: Sequence[Token]) -> None:
        part = self._path.with_name(f".{TOKENS}.{os.getpid()}.part")
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(part, flags, 0o600), "w", encoding="ascii") as file:
                json.dump([asdict(token) for token in tokens], file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise UsageError(f"the tokens cannot be written to {clean(str(self._path))}: {error.strerror}") from error
        self._seen = None


def _require_private(path: Path, found: os.stat_result) -> None:
    plain = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
    if not plain or stat.S_IMODE(found.st_mode) & 0o077:
        raise UsageError(
            f"{clean(str(path))} is not a file of yours that nobody else can read (mode 0600)",
            hint="take it away and make the tokens again: others may know them, or have made one",
        )


def _read(path: Path) -> tuple[Token, ...]:
    try:
        items: Any = parse_json(path.read_bytes())
        return tuple(Token(**{name: clean(value) for name, value in item.items()}) for item in [*items[:]])
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{clean(str(path))} cannot be read: {type(error).__name__}") from error
