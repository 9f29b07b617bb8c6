"""What a feature's ``person.py`` does with a member's data; ``persons`` finds those files by name.

A feature has such a file if one of its tables says something of a member. A test holds it to that.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from pointsbank.core.database import Session

Row = Mapping[str, Any]
"""One line of a section: heading to value. Values are texts, numbers, days, instants, truths."""

Sections = Mapping[str, Sequence[Row]]
"""Headings to lines, each heading marked with ``say``. Empty sections are left out."""


class PersonFile(Protocol):
    """The functions of a ``person.py``. They are called by ``persons`` only, which asks who may,
    keeps the order and writes the audit trail; they refuse nothing.
    """

    TABLES: tuple[str, ...]
    """The feature's tables in which a row says something of a member."""

    def export(self, session: Session, member_id: int) -> Sections:
        """All that the feature holds of this one member, as she may read it: nothing masked, no
        other person's data, no hashes or digests.
        """

    def erase(self, session: Session, member_id: int, at: datetime) -> None:
        """Personal data goes for ever: names, numbers, texts, uploads. Rows that the ledger, a seal
        or another person's record needs stay, under the member's id. Harmless when repeated. The
        register's own is the last: until then she is found by her name and numbers.
        """


class ChangesHands(Protocol):
    """What a ``person.py`` has besides where rows change hands as two records become one person's.

    Most have not: rows stay where they are, and what is asked of a person is asked of all her
    records (``members.queries.same_person``).
    """

    def merge(
        self, session: Session, *, kept_id: int, other_id: int, at: datetime
    ) -> Mapping[str, Any]:
        """Give to the kept what must be hers alone; the facts that undo it: ids and names of
        columns that JSON holds, never personal data.
        """

    def unmerge(
        self,
        session: Session,
        *,
        kept_id: int,
        other_id: int,
        facts: Mapping[str, Any],
        at: datetime,
    ) -> None:
        """Both records as they were before ``merge``, by its facts."""
