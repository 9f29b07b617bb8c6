"""The only clock. Instants are aware UTC; days, months and years are those of the service's time
zone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_zone = ZoneInfo("Asia/Shanghai")
_frozen: datetime | None = None


def use_zone(name: str) -> None:
    """Set the service's time zone, once, at start-up."""
    global _zone  # noqa: PLW0603 - one service, one zone
    _zone = ZoneInfo(name)


def zone() -> ZoneInfo:
    return _zone


def now() -> datetime:
    return _frozen or datetime.now(UTC)


def today() -> date:
    return local_day(now())


def local(instant: datetime) -> datetime:
    return instant.astimezone(_zone)


def local_day(instant: datetime) -> date:
    return instant.astimezone(_zone).date()


def day_start(day: date) -> datetime:
    """The first instant of a calendar day of the service's time zone, in UTC."""
    return datetime.combine(day, time(), _zone).astimezone(UTC)


def year_span(year: int) -> tuple[date, date]:
    """First and last day of a calendar year."""
    return date(year, 1, 1), date(year, 12, 31)


def day_span(day: date) -> tuple[datetime, datetime]:
    """The half-open span of instants that make up a calendar day."""
    return day_start(day), day_start(day + timedelta(days=1))


@contextmanager
def frozen(instant: datetime) -> Iterator[None]:
    """Hold the clock at an instant: for tests and for writing a demo's past. Nests; not for threads
    at work.
    """
    global _frozen  # noqa: PLW0603 - the one clock
    before, _frozen = _frozen, instant.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before
