"""The API over TCP, where a person asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from warroom.api.guard import Guard
from warroom.api.listener import Address, Application, TcpListener, address_of
from warroom.api.refusals import Refusals
from warroom.api.tokens import Tokens
from warroom.cli.folders import command_for
from warroom.errors import UsageError


def listen_at(text: str, *, expose: bool) -> Address | None:
    """The address that `--listen` names; None where it is empty. Raises UsageError where others could reach it and
    nobody said that they may."""
    if not text:
        return None
    address = address_of(text)
    if not address.is_loopback and not expose:
        raise UsageError(
            f"--listen {address}: other machines can reach this address, and tokens travel unencrypted",
            hint="listen on 127.0.0.1 behind a tunnel or a TLS proxy; or say --expose, if you know this network",
        )
    return address


def tcp_listener(address: Address, app: Application, folder: Path, refusals: Refusals) -> TcpListener:
    """A listener that lets only bearers of the launch's tokens through."""
    tokens = Tokens(folder)
    return TcpListener(address, lambda hosts: Guard(app, tokens, hosts, refusals))


async def listen(tcp: TcpListener, folder: Path, say: Callable[[str], None]) -> None:
    """Accepts connections, and says where, what is missing, and what is dangerous. Where it cannot, it says that, for
    posts that are owed do not wait until an address is free."""
    try:
        announce(await tcp.open(), folder, say)
    except UsageError as error:
        say(f"WARNING: the launch runs, but nobody reaches it over TCP: {error.message}; {error.hint}")


def announce(address: Address, folder: Path, say: Callable[[str], None]) -> None:
    """Says where it listens, what is dangerous, and what is missing. Raises UsageError where the file of the tokens
    is not to be trusted."""
    say(f"listens on http://{address}")
    if not address.is_loopback:
        say("WARNING: other machines reach this address, and whoever is on the way can read the tokens")
    if not Tokens(folder).all():
        say(f"nobody has a token yet, so everybody is refused; make one with: {command_for(folder, 'token', 'NAME')}")
