"""Runs the WSGI server and the scheduler."""

import gc
import os
import signal
import threading

import click
import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from pointsbank.app import create_app
from pointsbank.core import bank, config, encryption, jobs, logs, rights
from pointsbank.core.database import snapshot

_SETTINGS = "POINTSBANK_SERVED_SETTINGS"  # how a worker process hears what to serve
log = structlog.get_logger()


def run(settings: config.Settings) -> None:
    """Serve a bank until stopped. On SQLite one process serves, with the scheduler inside."""
    _require_one_key(settings)
    logs.to_standard_error(settings.log_level)
    bank.open_bank(settings).close()  # once and first, or each worker would make the tables
    os.environ[_SETTINGS] = settings.model_dump_json(exclude={"migration_url"})
    Granian(
        "pointsbank.server:load",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1 if settings.database.startswith("sqlite") else settings.workers,
        blocking_threads=settings.threads,
        log_level=LogLevels.error,
        workers_kill_timeout=10,
    ).serve()


def _require_one_key(settings: config.Settings) -> None:
    """While keys are being changed, half of the people could not be found."""
    path = settings.keys_file
    if path.exists() and len(encryption.keys_in(path)) > 1:
        raise click.ClickException(
            "密钥更换尚未完成，请先运行 pointsbank keys rotate"
            " / a change of keys is unfinished: run pointsbank keys rotate"
        )


def load() -> Flask:
    """The application, made anew in each worker process."""
    settings = config.Settings.model_validate_json(os.environ[_SETTINGS])
    logs.to_standard_error(settings.log_level)
    database = bank.open_bank(settings)
    _warn_of_rights()
    if database.dialect == "sqlite":
        threading.Thread(target=_schedule_when_leader, daemon=True).start()
    app = create_app()
    _settle()
    return app


def _warn_of_rights() -> None:
    with snapshot() as session:
        if excess := rights.excess(session.connection()):
            log.warning(
                "database_role_too_strong", rights=excess[:5], see="pointsbank database check"
            )


def _settle() -> None:
    """Keep the collector from walking the whole program, which lives as long as the process, for
    every few requests: measured, that was a third of a check-in's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _schedule_when_leader() -> None:
    with jobs.leadership() as leads:
        if not leads:
            return
        scheduler = BackgroundScheduler()
        jobs.schedule(scheduler)
        scheduler.start()
        threading.Event().wait()


def run_scheduler(settings: config.Settings) -> None:
    """Run the scheduler alone, until stopped, while no other process leads."""
    if settings.database.startswith("sqlite"):
        raise click.ClickException(
            "SQLite 上定时任务随 serve 运行 / on SQLite the scheduler runs inside `serve`"
        )
    _require_one_key(settings)
    logs.to_standard_error(settings.log_level)
    bank.open_bank(settings)
    _warn_of_rights()
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with jobs.leadership() as leads:
        if not leads:
            raise click.ClickException("已有一个定时任务进程在运行 / another scheduler is running")
        scheduler = BackgroundScheduler()
        jobs.schedule(scheduler)
        scheduler.start()
        stop.wait()
        scheduler.shutdown()
