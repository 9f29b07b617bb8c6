"""What the architecture tests share: the program's files, read as syntax trees."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pointsbank"

# Left never imports right.
ORDER = (
    "core", "web", "ledger", "orgs", "local_rules", "members", "access", "trail", "accounts",
    "keys", "enrolment", "transfers", "notices", "earning", "hours", "events", "signups",
    "attendance", "settlement", "devices", "stars", "exchange", "passbook",
    "wishes", "visits", "receptions", "ideas", "honours", "evaluation", "scorecards", "bulletins",
    "persons", "demo",
)  # fmt: skip


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def feature_of(path: Path) -> str:
    """The folder of the package that a file lies in; empty for ``app.py`` and its neighbours."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every imported module's full name, ``from x import y`` as ``x.y``."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
