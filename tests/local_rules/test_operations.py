"""Adopting a local rule: who, from when, once; what it leaves behind."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from community import Community
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from pointsbank.core import clock, database
from pointsbank.core.actor import SYSTEM
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Database
from pointsbank.core.errors import Forbidden, Invalid
from pointsbank.local_rules import queries
from pointsbank.local_rules.operations import adopt
from pointsbank.local_rules.rules import LaterRuleStands, RuleBackdated
from pointsbank.members.models import ConsentText
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import NoSuchOrganisation, OrganisationClosed
from pointsbank.transfers.models import TransferRuleRow
from tests.exchange.test_two_clerks import at_once

TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)


def adopted(session: Session, place: Community, **changes: Any) -> TransferRuleRow:
    asked = {
        "org_id": place.community, "from_on": TODAY, "terms": {"points": "expire"},
        "actor": place.secretary, **changes,
    }  # fmt: skip
    return adopt(session, asked.pop("actor"), TransferRuleRow, **asked, at=clock.now())


def refuse() -> None:
    raise Invalid


def test_refusals_in_order(session: Session, place: Community) -> None:
    closed = orgs.found(
        session, SYSTEM, parent_id=place.community, kind="grid", name="旧网格", on=TODAY - DAY,
        at=clock.now(),
    ).id  # fmt: skip
    orgs.close(session, SYSTEM, org_id=closed, on=TODAY, key="k", at=clock.now())
    adopted(session, place, from_on=TODAY + DAY)
    hopeless: dict[str, Any] = {
        "org_id": 999_999, "actor": place.organiser, "from_on": TODAY - DAY,
        "terms": {"points": "keep"}, "check": refuse,
    }  # fmt: skip
    for refusal, mended, facts in (
        (NoSuchOrganisation, {}, {}),
        (Forbidden, {"org_id": closed}, {}),
        (OrganisationClosed, {"actor": SYSTEM}, {"closed_on": TODAY}),
        (Forbidden, {"org_id": place.community, "actor": place.stranger}, {}),
        (RuleBackdated, {"actor": place.secretary}, {"today": TODAY}),
        (LaterRuleStands, {"from_on": TODAY}, {"version": 1, "from_on": TODAY + DAY}),
        (LaterRuleStands, {"from_on": TODAY + DAY}, {"version": 1, "from_on": TODAY + DAY}),
        (Invalid, {"from_on": TODAY + 2 * DAY}, {}),
    ):
        hopeless |= mended
        with pytest.raises(refusal) as refused:
            adopted(session, place, **hopeless)
        assert refused.value.facts == facts
    del hopeless["check"]
    assert adopted(session, place, **hopeless).version == 2


def test_a_version_of_that_day_with_these_terms_is_the_answer_to_a_repeat(
    session: Session, place: Community
) -> None:
    first = adopted(session, place)
    later = adopted(session, place, from_on=TODAY + DAY, terms={"points": "keep"})
    assert adopted(session, place) is first
    assert adopted(session, place, from_on=TODAY + DAY, terms={"points": "keep"}) is later
    assert [rule.version for rule in queries.own_versions(
        session, TransferRuleRow, place.community
    )] == [2, 1]  # fmt: skip
    entries = session.exec(
        select(AuditEntry).where(AuditEntry.action == "transfers.adopt_transfer_rule")
    ).all()
    assert len(entries) == 2


def test_the_trail_tells_what_was_and_what_is(session: Session, place: Community) -> None:
    adopted(session, place)
    later = adopted(session, place, from_on=TODAY + DAY, terms={"points": "keep"})
    entry = session.exec(select(AuditEntry).order_by(AuditEntry.id.desc())).first()  # type: ignore[union-attr]
    assert entry is not None
    assert (entry.subject_kind, entry.subject_id) == ("transfer_rule", later.id)
    assert (entry.org_id, entry.actor_id) == (place.community, place.secretary.id)
    assert entry.facts == {
        "version": 2, "from_on": "2026-11-22", "before": {"points": "expire"},
        "after": {"points": "keep"},
    }  # fmt: skip


def test_only_the_system_writes_down_what_was_decided_before_today(
    session: Session, place: Community
) -> None:
    assert adopted(session, place, actor=SYSTEM, from_on=date(2020, 1, 1)).version == 1


def test_parts_of_a_kind_follow_one_another_by_themselves(
    session: Session, place: Community
) -> None:
    asked: dict[str, Any] = {"org_id": place.city, "from_on": TODAY, "at": clock.now(), "after": 1}
    for part, version in (("sharing", 2), ("publication", 2)):
        text_ = adopt(session, SYSTEM, ConsentText, part=part, terms={"body": "新文本"}, **asked)
        assert (text_.part, text_.version, text_.terms) == (part, version, {"body": "新文本"})
    assert [one.part for one in queries.own_versions(
        session, ConsentText, place.city, "sharing"
    )] == ["sharing"]  # fmt: skip


def test_the_database_itself_refuses_to_rewrite_a_version(place: Community) -> None:
    with database.transaction() as session:
        for kind in queries.rule_kinds():
            part, terms = next(iter(kind.standing.items()))
            named = {kind.table.PART: part} if part else {}
            kind.adopt(
                session, SYSTEM, org_id=place.city, from_on=TODAY, at=clock.now(), **named, **terms
            )
    for kind in queries.rule_kinds():
        for change in ("UPDATE {} SET version = version + 1", "DELETE FROM {}"):
            refused = pytest.raises(DBAPIError, match=r"append-only|not authorized|permission")
            with refused, database.transaction() as session:
                session.execute(text(change.format(kind.subject)))


def test_who_adopt_at_once_adopt_one_after_the_other(place: Community, bank: Database) -> None:
    def adopting(points: str) -> Callable[[Session], TransferRuleRow]:
        return lambda session: adopted(session, place, terms={"points": points})

    outcomes = at_once(bank, [adopting("keep"), adopting("expire")] * 2)
    kinds = [type(one).__name__ for one in outcomes]
    assert sorted(kinds) == ["LaterRuleStands"] * 2 + ["TransferRuleRow"] * 2
    with database.snapshot() as session:
        (version,) = queries.own_versions(session, TransferRuleRow, place.community)
    assert version.version == 1
