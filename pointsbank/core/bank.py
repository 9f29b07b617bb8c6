"""One city's bank: folder, keys, settings and database, opened by every command."""

import importlib
from pathlib import Path

from pointsbank.core import clock, encryption
from pointsbank.core.config import Settings
from pointsbank.core.database import Database, open_database, telling
from pointsbank.core.migrations import upgrade
from pointsbank.core.resources import features

_settings: Settings | None = None


def load_models() -> None:
    """Import every feature's tables, so that the metadata is whole."""
    importlib.import_module("pointsbank.core.audit")
    importlib.import_module("pointsbank.core.jobs")
    for feature in features():
        name = f"pointsbank.{feature}.models"
        if importlib.util.find_spec(name):
            importlib.import_module(name)


def open_bank(settings: Settings, *, as_owner: bool = False) -> Database:
    """Open a bank, making its folder, keys and tables where they are missing, and bring its tables
    up to date: ``as_owner`` with the rights of ``migration_url``, else with those of the service.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    if not settings.keys_file.exists():
        encryption.make_keys(settings.keys_file)
    load_models()
    use(settings)
    database = open_database(settings.database, settings.migration_url if as_owner else "")
    with telling():
        upgrade(database)
    return database


def use(settings: Settings) -> None:
    """Make these settings the process's: time zone, keys, and what ``settings()`` answers."""
    global _settings  # noqa: PLW0603 - one process serves one bank
    _settings = settings
    clock.use_zone(settings.time_zone)
    encryption.use_keys(settings.keys_file)


def settings() -> Settings:
    """The settings of the bank that this process serves."""
    if _settings is None:
        raise RuntimeError("no bank is open: call open_bank first")
    return _settings


def folder() -> Path:
    return settings().data
