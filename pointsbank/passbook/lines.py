"""An entry of a passbook as it is told: what it came from, by which rule, by whom."""

import importlib
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType

from sqlalchemy import func, select
from sqlmodel import Session, col

from pointsbank.access.models import User
from pointsbank.attendance.models import Attendance
from pointsbank.core.resources import features
from pointsbank.core.stories import Story
from pointsbank.earning.queries import points_rules
from pointsbank.earning.rules import PointsRule
from pointsbank.exchange.models import Redemption
from pointsbank.hours.queries import hour_rules
from pointsbank.hours.rules import HourRule
from pointsbank.ledger.queries import StatementEntry, clips_of_transfers
from pointsbank.ledger.rules import Clip
from pointsbank.members.models import Member


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of the book with what it came from, the rule that decided it, what a cap took of
    it, and who made it.

    ``actor_name`` is empty for the program itself; ``is_own``: she made it herself. ``relative``,
    of a household's entry: who served or took the goods; empty if no longer of the household.
    """

    unit: str
    entry: StatementEntry
    story: Story | None
    rule: PointsRule | HourRule | None
    clip: Clip | None
    actor_name: str
    is_own: bool
    relative: str | None = None

    @property
    def rule_version(self) -> int | None:
        return self.rule.version if self.rule else None


def told(
    session: Session, member_id: int, entries: Sequence[tuple[str, StatementEntry]]
) -> list[Line]:
    """A member's entries with their stories, rules, clips and who made them, in the order given.

    One query a kind of origin, one a kind of rule, one each for the clips and the people.
    """
    written = [entry for _, entry in entries]
    stories = stories_of(session, ((entry.origin_kind, entry.origin_id) for entry in written))
    rules = rules_of(session, {entry.rule for entry in written})
    people = people_of(session, {e.actor_id for e in written if e.actor_kind == "user"})
    clipped = clips_of_transfers(session, (entry.id for entry in written))
    told = []
    for unit, entry in entries:
        person_id, name = people.get(entry.actor_id, (None, ""))
        is_own = entry.actor_kind == "user" and person_id == member_id
        story = stories.get((entry.origin_kind, entry.origin_id))
        rule, clip = rules.get(entry.rule), clipped.get(entry.id)
        told.append(Line(unit, entry, story, rule, clip, name, is_own))
    return told


def told_at_home(
    session: Session, member_id: int, relatives: Mapping[int, str], lines: Sequence[Line]
) -> list[Line]:
    """A household's lines with whose doing each was, for one of its ``relatives`` (id to name) or,
    with no ``member_id``, for who keeps the register. What leads to another's own page is cut off.
    """
    doers = _doers(session, [(line.entry.origin_kind, line.entry.origin_id) for line in lines])
    found = []
    for line in lines:
        doer = doers.get((line.entry.origin_kind, line.entry.origin_id))
        story = line.story
        if story and member_id and doer != member_id:
            story = replace(story, url="")
        name = None if doer is None else relatives.get(doer, "")
        found.append(replace(line, story=story, relative=name))
    return found


def _doers(session: Session, origins: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Whose record an origin is, as it is now: that of who was merged is the kept one."""
    found: dict[tuple[str, int], int] = {}
    for kind, of in (("attendance", Attendance), ("redemption", Redemption)):
        ids = {origin_id for origin, origin_id in origins if origin == kind}
        rows = session.execute(
            select(col(of.id), func.coalesce(col(Member.merged_into_id), col(Member.id)))
            .join(Member, col(Member.id) == col(of.member_id))
            .where(col(of.id).in_(ids))
        )
        found.update({(kind, origin_id): member_id for origin_id, member_id in rows})
    return found


def rules_of(session: Session, refs: Iterable[str]) -> dict[str, PointsRule | HourRule]:
    """The rules that entries name, by that name."""
    ids: dict[str, list[int]] = {}
    for ref in refs:
        kind, _, number = ref.partition(":")
        ids.setdefault(kind, []).append(int(number or 0))
    hours = hour_rules(session, ids.get("hour_rule", ()))
    points = points_rules(session, ids.get("points_rule", ()))
    return {f"hour_rule:{number}": rule for number, rule in hours.items()} | {
        f"points_rule:{number}": rule for number, rule in points.items()
    }


def people_of(session: Session, user_ids: set[int]) -> dict[int, tuple[int | None, str]]:
    """Which member a user is, if any, and her name."""
    if not user_ids:
        return {}
    rows = session.execute(
        select(col(User.id), col(User.member_id), func.coalesce(Member.name, User.display_name))
        .outerjoin(Member, col(Member.id) == col(User.member_id))
        .where(col(User.id).in_(user_ids))
    )
    return {user_id: (member_id, name) for user_id, member_id, name in rows}


def stories_of(
    session: Session, origins: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], Story]:
    """The stories of things by (kind, id), told by the features that wrote them."""
    by_kind: dict[str, set[int]] = {}
    for kind, origin_id in origins:
        by_kind.setdefault(kind, set()).add(origin_id)
    told_by_kind = {
        kind: tellers()[kind].stories(session, sorted(ids))
        for kind, ids in by_kind.items()
        if kind in tellers()
    }
    return {
        (kind, origin_id): story
        for kind, found in told_by_kind.items()
        for origin_id, story in found.items()
    }


@cache
def tellers() -> dict[str, ModuleType]:
    """Every feature's ``stories.py`` by the kind of origin that it tells of."""
    names = [f"pointsbank.{feature}.stories" for feature in features() if feature != "core"]
    modules = [importlib.import_module(name) for name in names if importlib.util.find_spec(name)]
    return {module.ORIGIN: module for module in modules}
