"""What import-linter's layers cannot say: rooms with a list of what they may import, and libraries with one home."""

import functools
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.contracts import tree

GROUND = {"errors", "clock", "text", "spelling", "redact", "units"}

MAY_IMPORT = {
    "screens": {"screens", "errors", "events", "suite_state", "client", "verdict", "text", "clock", "units"},
    "simulator": {"simulator", *GROUND},
    "sampler": {"sampler"},
    "prober": {"prober", "sampler"},
}

HOMES = {
    "httpx": {"adapters"},
    "slack_sdk": {"adapters"},
    "prometheus_api_client": {"adapters"},
    "textual": {"screens"},
    "sqlalchemy": {"journal"},
    "apscheduler": {"adapters"},
    "starlette": {"api", "simulator"},
    "uvicorn": {"api", "simulator"},
    "typer": {"cli", "__main__"},
}


@functools.cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("warroom", include_external_packages=True, cache_dir=None)


def room(module: str) -> str:
    """`warroom.screens.checks` -> `screens`; the package itself -> ``."""
    return module.partition(".")[2].partition(".")[0]


def importers(library: str) -> set[str]:
    """The rooms that import `library` directly."""
    if library not in graph().modules:
        return set()
    return {room(module) for module in graph().find_modules_that_directly_import(library)}


@pytest.mark.parametrize(("name", "allowed"), MAY_IMPORT.items(), ids=MAY_IMPORT)
def test_a_room_imports_only_what_its_list_names(name: str, allowed: set[str]) -> None:
    inside = [module for module in graph().modules if room(module) == name and module.startswith("warroom.")]
    reached = {one for module in inside for one in graph().find_modules_directly_imported_by(module)}
    ours = {room(module) for module in reached if module.startswith("warroom.")}
    assert ours <= allowed


@pytest.mark.parametrize(("library", "homes"), HOMES.items(), ids=HOMES)
def test_a_library_stays_in_its_home(library: str, homes: set[str]) -> None:
    assert importers(library) <= homes


def test_the_graph_sees_through_the_links() -> None:
    assert {"warroom.checks", "warroom.screens"} <= graph().modules


def test_checks_lie_flat() -> None:
    assert {tree.name(source).count("/") for source in tree.files("checks")} == {1}


@pytest.mark.parametrize("source", tree.files("warroom", "checks", "screens", "tests"), ids=tree.name)
def test_nothing_imports_the_folders_by_their_top_level_names(source: Path) -> None:
    assert not {name.partition(".")[0] for name in tree.imported(source)} & set(tree.MAPPED)


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    tops = {
        top.partition(".")[0]
        for source in tree.files("warroom", "checks", "screens")
        for top in tree.imported(source)
    }
    foreign = tops - sys.stdlib_module_names - {"warroom"}
    owners = packages_distributions()
    undeclared = {top for top in foreign if not {canonicalize_name(one) for one in owners.get(top, ())} & declared}
    assert not undeclared


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the linters read, to spoil."""
    for folder in tree.SHIPPED:
        shutil.copytree(
            tree.ROOT / folder, tmp_path / folder, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(tree.ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        pytest.param(
            "warroom/units.py",
            "import warroom.verdict",
            "warroom.units -> warroom.verdict",
            id="room 1 imports room 2",
        ),
        pytest.param(
            "checks/spoiled.py",
            "import warroom.screens",
            "warroom.checks.spoiled -> warroom.screens",
            id="a check imports a screen",
        ),
        pytest.param(
            "checks/spoiled.py", "import httpx", "warroom.checks.spoiled -> httpx", id="a check imports httpx"
        ),
        pytest.param("warroom/nowhere.py", "", "nowhere", id="a module that stands in no room"),
    ],
)
def test_the_import_contracts_notice(copy: Path, file: str, line: str, broken: str) -> None:
    with (copy / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c(['--no-cache'])"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert broken in done.stdout


@pytest.mark.parametrize(
    ("code", "name"),
    [
        pytest.param("import checks", "warroom/x.py", id="checks by its top-level name"),
        pytest.param("from screens import main", "checks/x.py", id="screens by its top-level name"),
        pytest.param("import time\n\ntime.time()", "warroom/x.py", id="the time is read"),
        pytest.param(
            "from time import monotonic\n\nmonotonic()", "checks/x.py", id="the time is read by another name"
        ),
        pytest.param("import asyncio\n\nasyncio.sleep(1)", "screens/x.py", id="a sleep"),
        pytest.param(
            "from datetime import UTC, datetime\n\ndatetime.now(UTC)", "warroom/runner.py", id="the date is read"
        ),
    ],
)
def test_the_linter_notices(code: str, name: str) -> None:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--no-cache",
        "--select",
        "TID251",
        "--stdin-filename",
        name,
        "-",
    ]
    done = subprocess.run(command, cwd=tree.ROOT, input=code, capture_output=True, text=True, timeout=60, check=False)
    assert "TID251" in done.stdout
