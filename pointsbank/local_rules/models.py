"""The columns that every table of local rules has: a row is a version, never rewritten."""

from datetime import date
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, UniqueConstraint

from pointsbank.core.database import Table, key, reference, table_of


class LocalRule(Table):
    """A version of an organisation's rule, in force until its next one begins. ``PART`` names the
    column that parts a kind into rules that follow one another by themselves.

    ``as_above``: from then on the organisation has no rule of its own. ``recalls``: the number of
    an earlier version that, before it began, was taken back; this row only says so. The terms of
    both are those of the version before, and decide nothing.
    """

    PART: ClassVar[str] = ""

    id: int = key()
    org_id: int = reference("organisation.id")
    version: int
    from_on: date
    as_above: bool = False
    recalls: int | None = None

    @property
    def part(self) -> str:
        return str(getattr(self, self.PART)) if self.PART else ""

    @property
    def terms(self) -> dict[str, Any]:
        """What was adopted: every column but those that every rule has, and the part."""
        names = [column.name for column in table_of(type(self)).columns]
        return {name: getattr(self, name) for name in names if name not in {*_EVERY, self.PART}}

    @classmethod
    def adoption(cls) -> str:
        """The adoption's name in the audit trail: ``feature.adopt_table``."""
        return f"{cls.__module__.split('.')[1]}.adopt_{table_of(cls).name}"


_EVERY = frozenset(LocalRule.model_fields)


def one_after_another(*part: str) -> tuple[UniqueConstraint, CheckConstraint, CheckConstraint]:
    """The constraints of such a table: of an organisation and part one version a number."""
    return (
        UniqueConstraint("org_id", *part, "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("recalls < version", name="recalls"),
    )
