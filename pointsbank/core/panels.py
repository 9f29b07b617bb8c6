"""What a feature's ``panel.py`` contributes to a member's page; the page finds those files by name.

Such a file has ``PLACE``, its order on the page, and ``panel(session, actor, member_id, on)``,
which gives a ``Panel`` or nothing; and, if it has something for a household's page too,
``household_panel(session, household_id)``. It is asked for readers of the whole profile, and where
it has ``EVERY_READER`` for every reader of the register: then it looks itself who that is.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as it is printed, what it is of, and its unit in a word."""

    label: str
    value: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a timeline. ``amount`` carries its sign."""

    on: date
    title: str
    detail: str = ""
    amount: str = ""
    unit: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """Where the reader may go from here."""

    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Headed numbers, what lately happened, ways on; titles and labels are Chinese."""

    title: str
    figures: tuple[Shown, ...] = ()
    lines: tuple[Happened, ...] = ()
    stars: int | None = None
    ways: tuple[Way, ...] = ()
