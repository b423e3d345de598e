import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts import tree

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
DEEPEST_NESTING = 3

SOURCES = tree.files("warroom", "checks", "screens", "tests")
Function = ast.FunctionDef | ast.AsyncFunctionDef
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


def functions(module: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(module) if isinstance(node, Function))


def lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def nesting(node: ast.AST) -> int:
    """How many blocks lie around the deepest statement of `node`; `elif` is no deeper than its `if`."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*Function.__args__, ast.ClassDef, ast.Lambda)):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        own = isinstance(child, _BLOCKS) and not is_elif
        deepest = max(deepest, own + nesting(child))
    return deepest


@pytest.mark.parametrize("source", SOURCES, ids=tree.name)
def test_files_and_functions_stay_small(source: Path) -> None:
    module = tree.parsed(source)
    problems = [
        *(f"{f.name} has {lines(f)} lines" for f in functions(module) if lines(f) > LONGEST_FUNCTION),
        *(f"{f.name} nests {nesting(f)} deep" for f in functions(module) if nesting(f) > DEEPEST_NESTING),
    ]
    length = len(source.read_text(encoding="utf-8").splitlines())
    if length > LONGEST_FILE:
        problems.append(f"the file has {length} lines")
    assert not problems


@pytest.mark.parametrize(
    ("code", "depth"),
    [
        pytest.param("return 1", 0, id="a plain statement is not nested"),
        pytest.param("if a:\n  return 1\n elif b:\n  return 2\n elif c:\n  return 3", 1, id="elif is not deeper"),
        pytest.param("for a in b:\n  if a:\n   with a:\n    return 1", 3, id="for, if, with is three"),
        pytest.param("try:\n  pass\n except E:\n  if a:\n   return 1", 2, id="an if in an except is two"),
        pytest.param("if a:\n  pass\n else:\n  if b:\n   pass\n  c()", 2, id="an if among others in else is deeper"),
    ],
)
def test_nesting_is_counted_as_a_reader_does(code: str, depth: int) -> None:
    assert nesting(ast.parse(f"def f():\n {code}").body[0]) == depth


def test_the_sources_of_all_rooms_are_seen() -> None:
    assert {tree.name(source).partition("/")[0] for source in SOURCES} == {"warroom", "checks", "screens", "tests"}
