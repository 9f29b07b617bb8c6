"""Runs the WSGI server and the scheduler."""

import signal
import threading

import click
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from pointsbank.app import create_app
from pointsbank.core import bank, config, jobs, logs


def run(settings: config.Settings) -> None:
    """Serve a bank until stopped. On SQLite one process serves, with the scheduler inside."""
    workers = 1 if settings.database.startswith("sqlite") else settings.workers
    Granian(
        "pointsbank.server:load",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=settings.threads,
        log_access=False,
        log_level=LogLevels.warning,
        static_path_mount=None,
    ).serve(wrap_loader=False, target_loader=_loader(settings))


def _loader(settings: config.Settings):  # type: ignore[no-untyped-def]
    def load(_target: str) -> Flask:
        logs.to_standard_error(settings.log_level)
        database = bank.open_bank(settings)
        app = create_app()
        if database.dialect == "sqlite":
            threading.Thread(target=_schedule_when_leader, daemon=True).start()
        return app

    return load


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
    logs.to_standard_error(settings.log_level)
    bank.open_bank(settings)
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
