"""Report-ins: who reports where, in which order it is refused, and what the slip says."""

from datetime import date, timedelta

import pytest
from pypdfium2 import PdfDocument
from sqlmodel import Session

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.errors import Forbidden
from pointsbank.core.printing import GlyphMissing
from pointsbank.enrolment import queries, report_ins, slips
from pointsbank.enrolment.models import ReportIn
from pointsbank.enrolment.rules import (
    DayOutOfOrder,
    KeyReused,
    NoSuchReportIn,
    NotInService,
    NotInThisCommunity,
    ReceiptReturned,
    ReportedInAlready,
    ReportInEnded,
)
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members.rules import Leaving, MemberLeft, NoSuchMember
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import Line, NewOrganisation
from pointsbank.persons import operations as persons
from tests.community import Community

TODAY = date(2026, 11, 21)


def reported(session: Session, community: Community, **more: object) -> ReportIn:
    asked = {
        "member_id": community.sun, "on": TODAY, "key": "key-1", "grid_id": community.grid,
        "duty": "政策宣传岗", "at": clock.now(),
    } | more  # fmt: skip
    return report_ins.report_in(session, community.organiser, **asked)  # type: ignore[arg-type]


def test_a_hopeless_report_in_is_refused_fault_by_fault(
    session: Session, community: Community
) -> None:
    at = clock.now()
    asked: dict[str, object] = {
        "member_id": 999_999, "on": TODAY + timedelta(days=1), "key": "key-1", "at": at,
        "grid_id": community.other_grid,
    }  # fmt: skip

    def report(who: Actor = community.organiser) -> ReportIn:
        return report_ins.report_in(session, who, **asked)  # type: ignore[arg-type]

    with pytest.raises(NoSuchMember):
        report()
    asked["member_id"] = community.wang
    with pytest.raises(Forbidden):
        report(community.stranger)
    left = members.leave(
        session, SYSTEM, member_id=community.zhao, leaving=Leaving.LEFT, on=TODAY, at=at
    )
    asked["member_id"] = left.id
    with pytest.raises(MemberLeft):
        report()
    for somebody in (community.wang, community.li):
        asked["member_id"] = somebody
        with pytest.raises(NotInService):
            report()
    asked["member_id"] = community.sun
    for place in (community.other_grid, community.building_group):
        asked["grid_id"] = place
        with pytest.raises(NotInThisCommunity):
            report()
    asked["grid_id"] = community.grid
    with pytest.raises(DayOutOfOrder):
        report()
    asked["on"] = TODAY
    one = report()
    assert report().id == one.id
    with pytest.raises(KeyReused):
        report(community.secretary)
    asked["key"] = "key-2"
    with pytest.raises(ReportedInAlready):
        report()


def test_she_is_placed_in_a_grid_and_keeps_her_branch_and_unit(
    session: Session, community: Community
) -> None:
    members.move_member(
        session, SYSTEM, member_id=community.sun, residence_id=community.community,
        on=TODAY, at=clock.now(),
    )  # fmt: skip
    found = reported(session, community)
    sun = member_queries.member(session, community.sun)
    assert (sun.residence_id, sun.branch_id, sun.employer_id) == (
        community.grid, community.branch, community.employer,
    )  # fmt: skip
    assert (found.community_id, found.employer_id) == (community.community, community.employer)
    assert found.number == f"2026-{found.id:05d}"


def test_who_lives_in_a_part_of_the_grid_is_not_moved(
    session: Session, community: Community
) -> None:
    members.move_member(
        session, SYSTEM, member_id=community.sun, residence_id=community.building_group,
        on=TODAY, at=clock.now(),
    )  # fmt: skip
    reported(session, community)
    sun = member_queries.member(session, community.sun)
    assert sun.residence_id == community.building_group


def test_the_receipt_goes_back_once_and_a_report_in_ends_once(
    session: Session, community: Community
) -> None:
    found = reported(session, community)
    at = clock.now()
    asked = {"report_in_id": found.id, "on": TODAY - timedelta(days=1), "at": at}
    with pytest.raises(NoSuchReportIn):
        report_ins.return_receipt(session, community.stranger, **asked)
    with pytest.raises(NoSuchReportIn):
        report_ins.return_receipt(session, community.official, **asked)
    with pytest.raises(DayOutOfOrder):
        report_ins.return_receipt(session, community.organiser, **asked)
    asked["on"] = TODAY
    done = report_ins.return_receipt(session, community.organiser, **asked, to="李科长")
    assert (done.receipt_on, done.receipt_to) == (TODAY, "李科长")
    with pytest.raises(ReceiptReturned):
        report_ins.return_receipt(session, community.organiser, **asked)
    with pytest.raises(NoSuchReportIn):
        report_ins.end_report_in(session, community.clerk, **asked)
    assert report_ins.end_report_in(session, community.secretary, **asked).ended_on == TODAY
    with pytest.raises(ReportInEnded):
        report_ins.end_report_in(session, community.secretary, **asked)
    second = reported(session, community, key="key-2", grid_id=None)
    report_ins.end_report_in(session, community.secretary, report_in_id=second.id, on=TODAY, at=at)
    with pytest.raises(ReportInEnded):
        report_ins.return_receipt(
            session, community.secretary, report_in_id=second.id, on=TODAY, at=at
        )


def test_who_has_moved_away_or_changed_her_unit_reports_in_anew(
    session: Session, community: Community
) -> None:
    """Nobody of the new place could end what she began at the old one."""
    at, first = clock.now(), reported(session, community)
    members.move_member(
        session, SYSTEM, member_id=community.sun, residence_id=community.other_grid, on=TODAY, at=at
    )
    asked = {"member_id": community.sun, "at": at, "grid_id": None}
    with pytest.raises(DayOutOfOrder):
        report_ins.report_in(
            session, community.stranger, on=TODAY - timedelta(days=1), key="too-early", **asked
        )
    second = report_ins.report_in(session, community.stranger, on=TODAY, key="there", **asked)
    session.refresh(first)
    assert (first.ended_on, second.community_id) == (TODAY, community.other_community)
    [unit] = orgs.found_many(
        session, SYSTEM,
        [NewOrganisation("employer", "洮北区财政局", TODAY, parent_id=community.county)], at=at,
    )  # fmt: skip
    members.move_member(session, SYSTEM, member_id=community.sun, employer_id=unit, on=TODAY, at=at)
    third = report_ins.report_in(session, community.stranger, on=TODAY, key="anew", **asked)
    session.refresh(second)
    assert (second.ended_on, third.employer_id) == (TODAY, unit)


def test_a_place_of_a_towns_own_kind_receives_people_too(
    session: Session, community: Community
) -> None:
    at = clock.now()
    orgs.add_kind(
        session, SYSTEM, code="village", line=Line.TERRITORY, level=45, name="自然屯", at=at
    )
    row = NewOrganisation("village", "前屯", TODAY, parent_id=community.street)
    [village] = orgs.found_many(session, SYSTEM, [row], at=at)
    members.move_member(
        session, SYSTEM, member_id=community.sun, residence_id=village, on=TODAY, at=at
    )
    found = report_ins.report_in(
        session, SYSTEM, member_id=community.sun, on=TODAY, key="village", at=at
    )
    assert found.community_id == village
    assert queries.grids_beside(session, village) == []


def test_who_leaves_the_register_is_reported_in_no_more(
    session: Session, community: Community
) -> None:
    asked = {"member_id": community.sun, "on": TODAY - timedelta(days=9), "at": clock.now()}
    assert report_ins.end_report_ins(session, SYSTEM, **asked) == 0
    one = reported(session, community)
    persons.leave(
        session, community.secretary, leaving=Leaving.DIED, key="gone", **asked | {"on": TODAY}
    )
    session.refresh(one)
    assert one.ended_on == TODAY
    found, total = queries.report_ins(session, community.secretary)
    assert (found, total) == ([], 0)


def test_community_and_unit_see_it_and_nobody_else(session: Session, community: Community) -> None:
    found = reported(session, community)
    for who, seen in (
        (community.organiser, 1), (community.official, 1), (community.stranger, 0),
        (community.clerk, 0),
    ):  # fmt: skip
        rows, total = queries.report_ins(session, who)
        assert (len(rows), total) == (seen, seen)
    rows, _ = queries.report_ins(session, community.organiser, waiting=True)
    assert [row.member.id for row in rows] == [community.sun]
    assert queries.report_ins(session, community.organiser, ended=True) == ([], 0)
    with pytest.raises(NoSuchReportIn):
        queries.report_in(session, community.stranger, found.id)


def test_the_slip_and_its_receipt_are_one_page() -> None:
    said = {
        "number": "2026-00001", "name": "孙立军𠅤", "volunteer_number": "2026000004",
        "party_status": "正式党员", "unit": "洮北区教育局", "branch": "机关党支部",
        "community": "幸福社区", "grid": "第一网格", "duty": "政策宣传岗", "reported_on": TODAY,
    }  # fmt: skip
    with pytest.raises(GlyphMissing):
        slips.slip(**{**said, "name": "孙\U0003134a"})  # type: ignore[arg-type]
    page = PdfDocument(slips.slip(**{**said, "name": "孙立军"}))  # type: ignore[arg-type]
    text = page[0].get_textpage().get_text_range()
    assert len(page) == 1
    for part in ("报到单", "执", "孙立军", "洮北区教育局", "第一网格", "2026-00001"):
        assert part in text.replace("\r\n", "")
