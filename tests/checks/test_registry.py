import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from warroom.checks import BUILTIN, all_kinds
from warroom.checks.registry import COMMON_KEYS, fault_of
from warroom.contract import Context, Findings, Kind, Parameters
from warroom.playbook.check_specs import COMMON
from warroom.verdict import Result, Verdict

GOOD = """
from warroom.contract import Context, Findings, Kind, Parameters
from warroom.verdict import Result, Verdict


class TemperatureParameters(Parameters):
    room: str


async def run(params: TemperatureParameters, ctx: Context) -> Findings:
    return Findings((Result(Verdict.PASS, say=f"{params.room} is cool"),))


KIND = Kind(name="temperature", summary="how warm it is", params=TemperatureParameters, run=run)
"""

LISTING = """
from warroom.checks import all_kinds
from warroom.errors import UsageError
try:
    print("\\n".join(all_kinds()))
except UsageError as error:
    print("USAGE", error.message)
    print("HINT", error.hint)
"""


def distribution(
    folder: Path, name: str, code: str, *, module: str = "", entry: str = "temperature", attribute: str = "KIND"
) -> None:
    """What pip leaves behind when a distribution with one kind is installed into `folder`."""
    module = module or name.replace("-", "_")
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{name.replace('-', '_')}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[warroom.checks]\n{entry} = {module}:{attribute}\n")


def listing(folder: Path, code: str = LISTING) -> str:
    """What a fresh process prints that has `folder` on its path."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.append({str(folder)!r})\n{code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_installed_distribution_adds_its_kind(tmp_path: Path) -> None:
    distribution(tmp_path, "acme-checks", GOOD)
    assert listing(tmp_path).split() == [*(kind.name for kind in BUILTIN), "temperature"]


def test_a_check_of_a_third_party_kind_loads_and_runs(tmp_path: Path) -> None:
    distribution(tmp_path, "acme-checks", GOOD)
    playbook = tmp_path / "playbook.yaml"
    playbook.write_text(
        "warroom: 1\nlaunch: {id: l, title: L}\nchecks:\n  heat: {kind: temperature, room: attic}\n"
        "suites: {verify: {title: V, checks: [heat]}}\n"
    )
    code = f"""
import asyncio
from pathlib import Path
from warroom.checks import all_kinds
from warroom.playbook.inputs import InputValues
from warroom.playbook.load import load_playbook
spec = load_playbook(Path({str(playbook)!r}), kinds=all_kinds(), inputs=InputValues()).checks["heat"]
print(asyncio.run(spec.kind.run(spec.params, None)).results[0].say)
"""
    assert listing(tmp_path, code) == "attic is cool\n"


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        pytest.param("import no_such_module", "cannot be loaded: ModuleNotFoundError", id="it misses a module"),
        pytest.param("1 / 0", "cannot be loaded: ZeroDivisionError", id="it raises"),
        pytest.param("raise SystemExit(0)", "cannot be loaded: SystemExit", id="it would end the program"),
        pytest.param("", "cannot be loaded: AttributeError", id="it has no such thing"),
        pytest.param("KIND = 'temperature'", "is str, not a warroom.contract.Kind", id="it is no kind"),
        pytest.param(
            GOOD.replace('name="temperature"', 'name="http"'), "takes the name 'http', which Warroom has", id="taken"
        ),
        pytest.param(
            GOOD.replace('name="temperature"', 'name="A b"'), "has no name such as", id="a name with a space"
        ),
        pytest.param(
            GOOD.replace("async def run", "def run"), "has a `run` that is not an async function", id="not async"
        ),
        pytest.param(
            GOOD.replace("class TemperatureParameters(Parameters)", "class TemperatureParameters"),
            "not a subclass of warroom.contract.Parameters",
            id="parameters of another family",
        ),
        pytest.param(
            GOOD.replace("room:", "timeout:"), "has a parameter 'timeout', which is a key", id="a common key"
        ),
        pytest.param(
            GOOD.replace("    room: str", "    model_config = {'extra': 'allow'}\n    room: str"),
            "take unknown keys",
            id="it takes any key",
        ),
    ],
)
def test_a_broken_kind_is_named_with_its_distribution(tmp_path: Path, code: str, fault: str) -> None:
    distribution(tmp_path, "acme-checks", code)
    told = listing(tmp_path)
    assert told.startswith("USAGE the check kind 'temperature' of acme-checks 1.2 (acme_checks:KIND) ")
    assert fault in told
    assert "HINT update or uninstall what brings it" in told


def test_every_broken_kind_is_named_at_once(tmp_path: Path) -> None:
    distribution(tmp_path, "acme-checks", "1 / 0")
    distribution(tmp_path, "other-checks", "KIND = 1")
    told = listing(tmp_path)
    assert "acme-checks 1.2" in told
    assert "other-checks 1.2" in told


def test_two_distributions_cannot_share_a_name(tmp_path: Path) -> None:
    distribution(tmp_path, "acme-checks", GOOD)
    distribution(tmp_path, "other-checks", GOOD)
    assert "of other-checks 1.2 (other_checks:KIND) takes the name 'temperature', which acme-checks 1.2 has" in (
        listing(tmp_path)
    )


def test_without_distributions_there_are_the_built_in_kinds() -> None:
    assert list(all_kinds().values()) == list(BUILTIN)


def test_the_keys_that_every_check_has_are_those_of_the_playbook() -> None:
    assert frozenset(COMMON) == COMMON_KEYS


@pytest.mark.parametrize("kind", BUILTIN, ids=lambda kind: kind.name)
def test_the_built_in_kinds_hold_to_the_rules_for_others(kind: Kind[Parameters]) -> None:
    assert fault_of(kind) == ""


async def _run(params: Parameters, ctx: Context) -> Findings:
    return Findings((Result(Verdict.PASS, "fine"),))


def test_a_kind_can_be_judged_before_it_is_released() -> None:
    assert fault_of(Kind("mine", "for tests", Parameters, _run)) == ""
    needs: Mapping[str, type] = {}
    assert fault_of(needs) == "is dict, not a warroom.contract.Kind"
