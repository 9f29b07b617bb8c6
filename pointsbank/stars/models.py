"""Star ladders: one row a version; levels are stars with the hours they take."""

from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field

from pointsbank.core.database import append_only, choice
from pointsbank.local_rules.models import LocalRule, one_after_another
from pointsbank.stars.rules import StarLadder, Window, levels_of


class StarLadderRow(LocalRule, table=True):
    """A version of an organisation's ladder; fields as in ``rules.StarLadder``."""

    __tablename__ = "star_ladder"
    __table_args__: Any = one_after_another()

    window: Window = Field(sa_type=choice(Window))
    levels: dict[str, int] = Field(sa_type=JSON)

    def frozen(self) -> StarLadder:
        return StarLadder(
            self.id, self.org_id, self.version, self.from_on, self.window, levels_of(self.levels)
        )


append_only("star_ladder")
