"""Logging: one JSON line an event on standard error, without personal data."""

import json
import logging
import sys
from typing import Any

import structlog

_encode = json.JSONEncoder(ensure_ascii=False, default=repr).encode  # made once


def _line(event: Any, **_: Any) -> str:
    return _encode(event)


def to_standard_error(level: str) -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
