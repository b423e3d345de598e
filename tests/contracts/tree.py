"""The project's own files, for the tests that read them."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAPPED = ("checks", "screens", "playbooks")
SHIPPED = ("warroom", *MAPPED)


def files(*folders: str, pattern: str = "*.py", root: Path = ROOT) -> list[Path]:
    """The files of `folders` that match `pattern`, sorted; the links inside warroom/ are not followed."""
    found = (path for folder in folders for path in _walk(root / folder))
    return sorted(path for path in found if path.match(pattern))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_symlink() or path.name in ("__pycache__", "node_modules") or path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


def name(path: Path) -> str:
    """`path` as seen from the top of the tree, with forward slashes; ids of tests are made of it."""
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_bytes(), filename=str(path))


def imported(path: Path) -> frozenset[str]:
    """The full names of all modules that a file imports by absolute name, wherever in the file."""
    nodes = list(ast.walk(parsed(path)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    froms = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return frozenset(plain | froms)
