"""The wheel holds exactly the tree, and runs beside folders of a user's own that are called like ours."""

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path, PurePosixPath

import pytest

import warroom
from tests.checks.test_registry import GOOD
from tests.contracts import tree

pytestmark = [pytest.mark.xdist_group("wheel"), pytest.mark.timeout(180)]


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints on stdout. A failure shows its whole output."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def expected(copy: Path) -> set[str]:
    """Every file of the shipped folders, under the name that it has once installed."""
    names = {path.relative_to(copy).as_posix() for path in tree.files(*tree.SHIPPED, pattern="*", root=copy)}
    return {one if one.startswith("warroom/") else f"warroom/{one}" for one in names}


def content(wheel: Path) -> set[str]:
    """The files of a wheel without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {one for one in archive.namelist() if not PurePosixPath(one).parts[0].endswith(".dist-info")}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `tree`, a copy; `direct.whl`, built from it; `packed.whl`, built from its source archive."""
    out = tmp_path_factory.mktemp("built")
    copy = out / "tree"
    for folder in tree.SHIPPED:
        shutil.copytree(
            tree.ROOT / folder, copy / folder, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("pyproject.toml", "setup.py", "README.md"):
        shutil.copy(tree.ROOT / name, copy)
    build = (sys.executable, "-m", "build", "--no-isolation")
    for target, options in (("packed", ()), ("direct", ("--wheel",))):
        run(*build, *options, "--outdir", out / target, cwd=copy)
        (made,) = (out / target).glob("*.whl")
        made.rename(out / f"{target}.whl")
        (out / f"{target}.name").write_text(made.name, encoding="utf-8")
    return out


@pytest.mark.parametrize("which", ["direct", "packed"])
def test_the_wheel_holds_exactly_the_tree(built: Path, which: str) -> None:
    assert content(built / f"{which}.whl") == expected(built / "tree")


def install(python: Path, wheel: Path) -> None:
    """Installs one wheel and nothing that it depends on."""
    pip = (sys.executable, "-m", "pip", "--python", python, "--quiet", "--quiet", "install")
    run(*pip, "--no-deps", "--no-index", wheel, cwd=wheel.parent)


@pytest.fixture(scope="module")
def python(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a clean environment: the wheel installed, the libraries lent by the one that runs the tests."""
    home = tmp_path_factory.mktemp("clean")
    venv.create(home, with_pip=False)
    made = home / "bin" / "python"
    wheel = home / (built / "direct.name").read_text(encoding="utf-8")
    shutil.copy(built / "direct.whl", wheel)
    install(made, wheel)
    purelib = run(made, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    Path(purelib, "lent.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return made


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """An operations repository with folders of its own that end the process when they are imported."""
    for name in tree.MAPPED:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(
            "raise SystemExit('the wrong folder was imported')", encoding="utf-8"
        )
    return tmp_path


# Imports every module of the two folders and prints where each came from.
IMPORT_ALL = """
import importlib, pkgutil, warroom.checks, warroom.screens
for package in (warroom.checks, warroom.screens):
    print(package.__name__, package.__file__)
    for one in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        print(one.name, importlib.import_module(one.name).__file__)
"""


def test_every_check_and_screen_loads_from_the_wheel(built: Path, python: Path, foreign: Path) -> None:
    loaded = dict(line.split(" ", 1) for line in run(python, "-c", IMPORT_ALL, cwd=foreign).splitlines())
    sources = {
        tree.name(path).removesuffix(".py").removesuffix("/__init__") for path in tree.files("checks", "screens")
    }
    assert set(loaded) == {f"warroom.{one.replace('/', '.')}" for one in sources}
    assert all(Path(place).is_relative_to(python.parents[1]) for place in loaded.values())


def test_it_runs_beside_folders_that_are_called_like_ours(python: Path, foreign: Path) -> None:
    assert warroom.__version__ in run(python, "-m", "warroom", "--version", cwd=foreign)


def test_the_command_runs_beside_folders_that_are_called_like_ours(python: Path, foreign: Path) -> None:
    assert warroom.__version__ in run(python.parent / "warroom", "--version", cwd=foreign)


def test_the_playbooks_are_beside_the_installed_code(built: Path, python: Path, foreign: Path) -> None:
    code = "import importlib.resources as r\nfor one in (r.files('warroom') / 'playbooks').iterdir(): print(one.name)"
    installed = set(run(python, "-c", code, cwd=foreign).splitlines())
    assert installed - {"__pycache__"} == {path.name for path in (built / "tree" / "playbooks").glob("[!.]*")}


PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "acme-checks"
version = "1.2"
[project.entry-points."warroom.checks"]
temperature = "acme_checks:KIND"
[tool.setuptools]
py-modules = ["acme_checks"]
"""
PLAYBOOK = """
warroom: 1
launch: {id: attic, title: Attic}
checks:
  heat: {kind: temperature, room: attic}
suites: {verify: {title: Verification, checks: [heat]}}
"""


def test_a_kind_of_another_distribution_runs_once_that_is_installed(python: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "acme_checks.py").write_text(GOOD, encoding="utf-8")
    playbook = tmp_path / "attic.yaml"
    playbook.write_text(PLAYBOOK, encoding="utf-8")
    verify = (python, "-m", "warroom", "verify", playbook, "--headless", "--evidence", tmp_path / "evidence")
    before = subprocess.run(list(map(str, verify)), capture_output=True, text=True, timeout=120, check=False)
    assert (before.returncode, "temperature" in before.stderr) == (2, True)
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path / "dist", cwd=tmp_path)
    install(python, next((tmp_path / "dist").glob("*.whl")))
    assert "attic is cool" in run(*verify, cwd=tmp_path)
