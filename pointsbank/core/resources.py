"""Where the program's own files lie: beside the package in a checkout, inside it once installed."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def folder(name: str) -> Path:
    """The top-level folder ``static`` or ``migrations``, from a wheel and from a checkout alike."""
    installed = _PACKAGE / f"_{name}"
    return installed if installed.is_dir() else _PACKAGE.parent / name


def features() -> list[str]:
    """The package's feature folders, by name: each folder with an ``__init__.py``."""
    return sorted(p.parent.name for p in _PACKAGE.glob("*/__init__.py"))
