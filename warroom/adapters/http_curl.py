"""A request as a command line for a person: it repeats the request, and has names in place of secrets. Credentials
that have no name are withheld as in the evidence."""

from __future__ import annotations

import base64
import binascii
import os
import re
import shlex
from collections.abc import Mapping
from urllib.parse import quote, quote_plus, unquote_plus

from warroom.adapters import withhold
from warroom.adapters.http_request import Address, Headers
from warroom.contract import Request
from warroom.playbook.loaded import Target
from warroom.redact import Redactor

# What curl adds by itself, or what only matters between this program and the server.
_LEFT_OUT = frozenset(("host", "user-agent", "accept", "accept-encoding", "connection", "content-length"))
_FORM = "application/x-www-form-urlencoded"
_SHORTEST_SECRET = 4


def curl_line(
    target: Target, request: Request, address: Address, headers: Headers, proxy: str, secrets: Mapping[str, str]
) -> str:
    """A line for bash. Secrets appear as variables named like their inputs, form-encoded ones through jq; a secret in
    a spelling that no shell expression is known for becomes `[NAME]`, and any other credential `[withheld]`: then
    the line is for reading only."""
    write = _Writer(secrets)
    words = ["curl", "-i", "--max-time", f"{request.timeout_s:g}", *_method(request)]
    words += _transport_options(target, address, proxy, write)
    for name, value in headers:
        if name.lower() == "authorization" and value.startswith("Basic "):
            words += ["-u", _user(value, write)]
        elif name.lower() not in _LEFT_OUT:
            words += ["-H", write.header(name, value)]
    feed = ""
    if request.body:
        feed, options = _body(request, headers, write)
        words += options
    return write.guard(" ".join([*filter(None, [feed]), *words, write.body(address.url)]))


def _method(request: Request) -> list[str]:
    method = request.method.upper()
    if method == "HEAD":
        return ["--head"]
    usual = "POST" if request.body else "GET"
    return [] if method == usual else ["-X", shlex.quote(method)]


def _transport_options(target: Target, address: Address, proxy: str, write: _Writer) -> list[str]:
    words = []
    for option, value in (("--cacert", target.ca_file), ("--cert", target.client_cert), ("--key", target.client_key)):
        words += [option, shlex.quote(value)] if value else []
    if proxy:
        words += ["--proxy", write.text(proxy)]
    elif any(name.lower().endswith("_proxy") for name in os.environ):
        words += ["--noproxy", "'*'"]
    if re.search(r"[\[\]{}]", address.path):
        words.append("--globoff")
    if re.search(r"/\.\.?(/|$|\?)", address.path):
        words.append("--path-as-is")
    return words


def _user(value: str, write: _Writer) -> str:
    try:
        pair = base64.b64decode(value.removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return shlex.quote(withhold.WITHHELD)
    user, _, password = pair.partition(":")
    return write.text(f"{user}:") + write.credential(password)


def _body(request: Request, headers: Headers, write: _Writer) -> tuple[str, list[str]]:
    """What is piped into curl (empty for nothing), and curl's options for the body."""
    types = [value for name, value in headers if name.lower() == "content-type"]
    # Without this curl would declare a form.
    words = [] if types else ["-H", "'Content-Type:'"]
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        if write.hides(request.body.decode(errors="surrogateescape")):
            return f"printf '{withhold.WITHHELD}' |", [*words, "--data-binary", "@-"]
        octal = "".join(f"\\{byte:03o}" for byte in request.body)
        return f"printf '{octal}' |", [*words, "--data-binary", "@-"]
    if types and types[0].startswith(_FORM):
        return "", words + [word for part in text.split("&") for word in _form_field(part, write)]
    return "", [*words, *_data(text, write)]


def _data(text: str, write: _Writer) -> list[str]:
    # curl takes what begins with @ for the name of a file, save in raw data.
    return ["--data-raw" if text.startswith("@") else "--data-binary", write.body(text)]


def _form_field(part: str, write: _Writer) -> list[str]:
    name, _, value = part.partition("=")
    plain = unquote_plus(value)
    if write.values.get(plain):
        return ["--data-urlencode", f'{shlex.quote(name + "=")}"${write.values[plain]}"']
    return _data(part, write)


class _Writer:
    """Quotes text for bash, with `"$NAME"` wherever a secret stands. `values` maps secrets to variable names."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self.values = {
            value: re.sub(r"\W", "_", name, flags=re.ASCII).upper()
            for name, value in secrets.items()
            if len(value) >= _SHORTEST_SECRET
        }
        self._spellings: dict[str, str] = {}
        for value, name in self.values.items():
            encoded = f'"$(printf %s "${name}" | jq -sRr @uri)"'
            self._spellings |= {quote_plus(value): encoded, quote(value, safe=""): encoded}
        self._spellings |= {value: f'"${name}"' for value, name in self.values.items()}
        self._redact = Redactor()
        for value, name in self.values.items():
            self._redact.add(name, value)

    def text(self, text: str) -> str:
        """`text` as one word of a command line."""
        if not self._spellings:
            return _quoted(text)
        pieces = re.split(f"({self._any_spelling()})", text)
        return "".join(self._spellings.get(piece) or _quoted(piece) for piece in pieces if piece) or "''"

    def header(self, name: str, value: str) -> str:
        """A header as one word; one that carries a credential keeps its scheme and the secrets that have names."""
        if not value:
            return _quoted(f"{name};")
        if not withhold.hides_header(name, value):
            return self.body(f"{name}: {value}")
        scheme = value.removesuffix(withhold.bare(value))
        return self.text(f"{name}: {scheme}") + self.credential(withhold.bare(value))

    def credential(self, value: str) -> str:
        """A credential as one word: secrets that have names, as they are or as `name=secret`; else withheld."""
        if not value:
            return ""
        mark, marked = self._marked(value)
        only = re.compile(rf"(?:[A-Za-z]+ )?(?:[\w.-]+=)?{mark}(?:; *[\w.-]+={mark})*", re.ASCII)
        return self.text(value) if only.fullmatch(marked) else _quoted(withhold.WITHHELD)

    def body(self, text: str) -> str:
        """`text` as one word, without the credentials in it that have no names."""
        mark, marked = self._marked(text)
        kept = withhold.body(marked, mark)
        if kept == marked:
            return self.text(text)
        secrets = iter(re.findall(self._any_spelling(), text) if self._spellings else ())
        lost = kept.count(mark) != marked.count(mark)
        return _quoted(withhold.WITHHELD) if lost else self.text(re.sub(mark, lambda _: next(secrets), kept))

    def hides(self, text: str) -> bool:
        """Whether `text` holds a secret or another credential."""
        return self._redact(text) != text or withhold.body(text) != text

    def _any_spelling(self) -> str:
        """A pattern for every spelling, the longest first."""
        return "|".join(map(re.escape, sorted(self._spellings, key=len, reverse=True)))

    def _marked(self, text: str) -> tuple[str, str]:
        """A mark that `text` does not hold, and `text` with it in place of each secret."""
        mark = "\ue000"
        while mark in text:
            mark += "\ue000"
        return mark, re.sub(self._any_spelling(), mark, text) if self._spellings else text

    def guard(self, line: str) -> str:
        """`line` with any spelling of a secret that is still in it replaced."""
        return self._redact(line)


def _quoted(text: str) -> str:
    """For bash: plain where it can be, with escapes where it holds control characters."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = "".join(_escape(char) for char in text)
    return f"$'{escaped}'"


def _escape(char: str) -> str:
    if char in "\\'":
        return "\\" + char
    if char.isprintable():
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
