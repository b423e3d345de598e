"""From the models of a playbook's sections to the values that the rest of the program reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from warroom.errors import Problem
from warroom.events import LaunchInfo
from warroom.playbook import models, nodes
from warroom.playbook.loaded import Gate, HintRule, Lever, ReadFrom, Suite, Target, Until
from warroom.playbook.nodes import Scalar
from warroom.playbook.procedure_build import lever_deed
from warroom.text import clean


def launch_info(model: models.Launch, targets: Mapping[str, Target]) -> LaunchInfo:
    """The launch; its links are the targets for people."""
    return LaunchInfo(
        id=model.id,
        title=clean(model.title) or model.id,
        owner=clean(model.owner),
        mode=clean(model.mode),
        facts=tuple((clean(name), clean(value)) for name, value in _facts(model)),
        rationale=tuple((clean(name), clean(text)) for name, text in model.rationale.items()),
        links=tuple((target.title, clean(target.url)) for target in targets.values() if target.human),
    )


def _facts(model: models.Launch) -> list[tuple[str, str]]:
    return ([("T0", model.t0)] if model.t0 else []) + list(model.facts.items())


def target(target_id: str, model: models.Target, node: nodes.Node, folder: Path) -> Target:
    """A target; its files are relative to `folder`."""
    url = node.get("url") if isinstance(node, nodes.Mapping) else None
    names = url.inputs if isinstance(url, Scalar) else ()
    why = (" and ".join(names) + (" is" if len(names) == 1 else " are") + " not set") if names else "its url is empty"
    return Target(
        id=target_id,
        url=model.url,
        title=clean(model.title) or target_id,
        human=model.human,
        ca_file=_file(folder, model.ca_file),
        client_cert=_file(folder, model.client_cert),
        client_key=_file(folder, model.client_key),
        proxy=model.proxy,
        trust_env=model.trust_env,
        connections=model.connections,
        bearer=model.bearer,
        basic=model.basic,
        allow_link_local=model.allow_link_local,
        not_configured="" if model.url else why,
    )


def _file(folder: Path, name: str) -> str:
    return str(folder / name) if name else ""


def target_problems(target_id: str, node: nodes.Mapping, folder: Path, *, look: bool) -> list[Problem]:
    """What is wrong with the addresses of a target and, where `look`, with its files; no value is shown."""
    problems = address_problems(f"targets.{target_id}", node, ("url", "proxy"))
    for key in ("ca_file", "client_cert", "client_key") if look else ():
        scalar = node.get(key)
        if not isinstance(scalar, Scalar) or not scalar.value or scalar.unfilled:
            continue
        if not _is_file(folder / str(scalar.value)):
            message = f"there is no file '{scalar.shown}', seen from the playbook's folder"
            problems.append(scalar.place.problem(f"targets.{target_id}.{key}", message))
    return problems


def address_problems(path: str, node: nodes.Mapping, keys: Iterable[str]) -> list[Problem]:
    """What is wrong with the addresses at `keys` of the entry at `path`; no value is shown."""
    problems = []
    for key in keys:
        scalar = node.get(key)
        if isinstance(scalar, Scalar) and isinstance(scalar.value, str) and scalar.value and not scalar.unfilled:
            trouble = url_trouble(scalar.value, with_user=key == "proxy")
            if trouble:
                giver = f"{scalar.giver} gives it" if scalar.inputs else ""
                problems.append(scalar.place.problem(f"{path}.{key}", trouble, giver))
    return problems


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def url_trouble(url: str, *, with_user: bool = False) -> str:
    """Why `url` cannot be an address to send requests to, without a word of it; empty when it can."""
    if clean(url, limit=len(url)) != url or any(char.isspace() or char in '\\"<>^`{|}' for char in url):
        return "has a space or another character that an address cannot have"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "is not an address: its host or port cannot be read"
    if parts.scheme not in ("http", "https"):
        return "should begin with http:// or https://"
    if not host:
        return "names no host"
    if not with_user and (parts.username is not None or parts.password is not None):
        return "holds user info; credentials belong into `basic` or `bearer`, taken from a secret input"
    return "has a fragment (#), which is never sent" if parts.fragment else ""


def lever(name: str, model: models.Lever) -> Lever:
    """A lever; its value stands at $.levers.NAME unless it says otherwise."""
    return Lever(
        name, model.expect, _lever_read(name, model.read), model.kill_switch, clean(model.note), lever_deed(model)
    )


def _lever_read(name: str, model: models.LeverRead) -> ReadFrom:
    if model.argv or model.attest:
        return ReadFrom(command=tuple(model.argv or ()))
    path = model.json_path.text if model.json_path else _lever_path(name)
    return ReadFrom(model.target or "", model.path, path)


def _lever_path(name: str) -> str:
    return f"$.levers.{name}" if name.replace("_", "a").isalnum() else f"$.levers['{name}']"


def gate(gate_id: str, model: models.Gate) -> Gate:
    """A gate."""
    read = _gate_read(model.read) if model.read else None
    title = clean(model.title) or gate_id
    return Gate(
        id=gate_id,
        title=title,
        system=clean(model.system),
        read=read,
        ttl_s=model.ttl.total_seconds(),
        note=clean(model.note),
        poll_s=model.poll.total_seconds() if model.poll else None,
        rerun=tuple(model.on_green.rerun) if model.on_green else (),
        holds=clean(model.holds),
    )


def _gate_read(model: models.GateRead) -> ReadFrom:
    state = model.state.text if model.state else "$.state"
    return ReadFrom(model.target, model.path, state, model.since.text if model.since else "$.since")


def suite(suite_id: str, model: models.Suite) -> Suite:
    """A suite."""
    until = Until(model.until.timeout.total_seconds(), model.until.every.total_seconds()) if model.until else None
    return Suite(suite_id, clean(model.title) or suite_id, tuple(model.checks), until)


def hint(model: models.Hint) -> HintRule:
    """A hint."""
    return HintRule(
        symptom=clean(model.symptom),
        cause=clean(model.cause),
        fix=clean(model.fix),
        severity=model.severity,
        checks=model.match.checks,
        verdicts=model.match.verdicts,
        match=model.match.symptom,
    )
