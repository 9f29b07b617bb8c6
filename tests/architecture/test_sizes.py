"""How long a thing may be before it wants a room of its own (design.md, section 8)."""

import ast
from pathlib import Path

import pytest
from house import PACKAGE, ROOT, files, tree

FILE_LINES = 400
FUNCTION_LINES = 60
ROUTE_LINES = 16  # about ten, and its decorators' neighbours

TEST_FILES = sorted((ROOT / "tests").rglob("*.py"))


@pytest.mark.parametrize("path", files() + TEST_FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_longer_than_a_person_reads(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_function_is_too_long(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            route = any("allow(" in ast.unparse(d) for d in node.decorator_list)
            most = ROUTE_LINES if route else FUNCTION_LINES
            assert length <= most, f"{path.name}: {node.name} has {length} lines"


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_module_says_what_lives_in_it(path: Path) -> None:
    assert ast.get_docstring(tree(path))
