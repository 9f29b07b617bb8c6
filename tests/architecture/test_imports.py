"""Who may import whom (design.md, section 2)."""

from pathlib import Path

import pytest
from house import ORDER, PACKAGE, feature_of, files, imports

# A feature with many pages has them in several files, each named for what its pages are of.
PAGES = {p.stem for p in files() if p.stem == "pages" or p.stem.endswith("_pages")}
EDGES = PAGES | {"api", "commands", "schemas"}
SEEN_BY_OTHERS = {"rules", "models", "queries", "operations", "presets"}
LIBRARIES = {
    "flask": lambda p: feature_of(p) == "web" or p.stem in PAGES | {"api", "app", "server"},
    "flask_smorest": lambda p: feature_of(p) == "web" or p.stem in {"api", "app"},
    "marshmallow": lambda p: feature_of(p) == "web" or p.stem == "schemas",
    "sqlmodel": lambda p: feature_of(p) != "web" and p.stem not in EDGES | {"rules", "app"},
    "sqlalchemy": lambda p: feature_of(p) != "web" and p.stem not in EDGES | {"rules", "app"},
    "apscheduler": lambda p: p == PACKAGE / "core/jobs.py" or p.stem == "server",
    "qrcode": lambda p: p == PACKAGE / "core/qr.py",
    "typst": lambda p: p == PACKAGE / "core/printing.py",
    "fontTools": lambda p: p == PACKAGE / "core/typefaces.py",
    "python_calamine": lambda p: p == PACKAGE / "enrolment/workbook.py",
    "xlsxwriter": lambda p: p.stem == "sheet",
    "alembic": lambda p: p == PACKAGE / "core/migrations.py",
    "authlib": lambda p: p == PACKAGE / "access/provider.py",
    "joserfc": lambda p: p == PACKAGE / "access/provider.py",
    "requests": lambda p: p == PACKAGE / "access/provider.py",
    "pyotp": lambda p: p == PACKAGE / "access/authenticators.py",
    "argon2": lambda p: feature_of(p) == "access",
}


def _name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_every_feature_has_its_place_in_the_order() -> None:
    assert {feature_of(p) for p in files()} - {""} <= set(ORDER)


@pytest.mark.parametrize("path", files(), ids=_name)
def test_left_never_imports_right(path: Path) -> None:
    feature = feature_of(path)
    if not feature:
        return
    ours = [name.split(".") for name in imports(path) if name.startswith("pointsbank.")]
    for parts in ours:
        assert parts[1] in ORDER, f"{_name(path)} imports {'.'.join(parts)}"
        assert ORDER.index(parts[1]) <= ORDER.index(feature), f"{_name(path)} imports {parts[1]}"
        if feature == "core":
            assert parts[1] == "core"
        if parts[1] == "web" and feature != "web":
            assert path.stem in EDGES, f"{_name(path)} is no edge, but imports web"


@pytest.mark.parametrize("path", files(), ids=_name)
def test_of_another_feature_one_sees_only_its_open_rooms(path: Path) -> None:
    feature = feature_of(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "pointsbank" or len(parts) < 3 or parts[1] in {feature, "core", "web"}:
            continue
        if feature in {"demo", ""}:
            continue
        shared = path.stem in EDGES and parts[1:3] == ["access", "entrance"]
        assert shared or parts[2] in SEEN_BY_OTHERS, f"{_name(path)} imports {name}"


@pytest.mark.parametrize("path", files(), ids=_name)
def test_libraries_stay_in_their_rooms(path: Path) -> None:
    for name in imports(path):
        allowed = LIBRARIES.get(name.split(".")[0])
        assert allowed is None or allowed(path), f"{_name(path)} imports {name}"


# Parts of a feature's rules that have a room of their own; others see them through its rules.
PURE = {
    "consents",
    "documents",
    "minors",
    "names",
    "noting",
    "origins",
    "party",
    "repetition",
    "strength",
}


@pytest.mark.parametrize("path", [p for p in files() if p.stem in {"rules"} | PURE], ids=_name)
def test_rules_are_pure(path: Path) -> None:
    for name in imports(path):
        if not name.startswith("pointsbank."):
            continue
        parts = name.split(".")
        own = parts[1] == feature_of(path) and parts[2] in PURE
        core = parts[1:3] in (["core", "errors"], ["core", "actor"])
        assert core or own or parts[2] == "rules", name


@pytest.mark.parametrize(
    "path", [p for p in files() if p.stem in {"rules", "queries", "operations"}], ids=_name
)
def test_the_clock_is_read_at_the_edge_only(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for reading in ("clock.now(", "clock.today(", "datetime.now(", "date.today(", "time.time("):
        assert reading not in text, f"{_name(path)} reads the clock: {reading}"


@pytest.mark.parametrize("path", [p for p in files() if p.stem == "operations"], ids=_name)
def test_operations_never_commit(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ".commit(" not in text
    assert "transaction(" not in text
