"""How numbers, hours and times are written for people, in both languages."""

from datetime import date, datetime
from typing import Any

from flask import Flask
from flask_babel import format_date, gettext

from pointsbank.core import clock
from pointsbank.web.translations import chosen_language


def hours(minutes: int) -> str:
    """Minutes as hours, to a tenth, rounded down: 750 → ``12.5``."""
    tenths = abs(minutes) // 6
    text = f"{tenths // 10:,}.{tenths % 10}".removesuffix(".0")
    return f"-{text}" if minutes < 0 and tenths else text


def number(value: int) -> str:
    return f"{value:,}"


# Without the year, and with it: the year is left out when it is this one.
_DATES = {"zh": ("M月d日", "y年M月d日"), "en": ("d MMM", "d MMM y")}


def day(value: date | datetime) -> str:
    """A date as people write it."""
    if isinstance(value, datetime):
        value = clock.local_day(value)
    short, long = _DATES[chosen_language()]
    return str(format_date(value, short if value.year == clock.today().year else long))


def clock_time(instant: datetime) -> str:
    return clock.local(instant).strftime("%H:%M")


def instant(value: datetime) -> str:
    """A date and a time of day in the service's zone."""
    return f"{day(value)} {clock_time(value)}"


def input_time(value: datetime) -> str:
    """As a form's box for a time of day on a day holds it."""
    return clock.local(value).strftime("%Y-%m-%dT%H:%M")


def fact(value: Any) -> Any:
    """A refusal's fact as a person reads it; a word of ours (a state, a kind) in her language."""
    if isinstance(value, datetime):
        return clock_time(value) if clock.local_day(value) == clock.today() else instant(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, str):
        return gettext(value) if value else ""
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else value


def register(app: Flask) -> None:
    app.jinja_env.filters.update(
        hours=hours,
        number=number,
        day=day,
        clock=clock_time,
        instant=instant,
        input_time=input_time,
    )
