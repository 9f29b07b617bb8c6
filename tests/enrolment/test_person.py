"""What enrolment keeps of one person: exported as she may read it, and erased."""

from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.enrolment import batches, operations, person, queries
from pointsbank.enrolment.models import Application, ImportChunk, ImportedMember, ReportIn
from pointsbank.members import operations as members
from pointsbank.members.rules import Consent, NewMember
from tests.community import Community
from tests.enrolment.importing import begun, checked, imported
from tests.enrolment.test_imports import PEOPLE
from tests.enrolment.test_operations import VISITOR
from tests.enrolment.test_report_ins import reported


def test_the_row_that_registered_her_goes_with_her_and_the_others_stay(
    session: Session, community: Community
) -> None:
    found = imported(session, community.community, PEOPLE)
    hers = session.execute(select(ImportedMember).where(col(ImportedMember.row) == 3)).scalar_one()
    told = person.export(session, hers.member_id)
    assert "ZY001" in str(told)
    for _ in range(2):
        person.erase(session, hers.member_id, clock.now())
    assert "ZY001" not in str(person.export(session, hers.member_id))
    rows = [row.cells for row in batches.judged_rows(session, found.id)]
    assert rows == [[], *PEOPLE[1:]]


def test_whoever_is_erased_goes_from_every_workbook_and_application(
    session: Session, community: Community
) -> None:
    """From rows that registered nobody, from where she is another's contact; not her namesake."""
    born, at = date(1970, 3, 8), clock.now()
    members.change_member(
        session, SYSTEM, member_id=community.wang, version=1, birth_on=born, at=at
    )
    rows = [
        ["王桂芳", "138 0000 0001", "", "", "", "", ""],
        ["王桂芳", "", "", "1970/3/8", "", "", ""],
        ["王桂芳", "13911110000", "", "1991-01-01", "", "", ""],
        ["陈小雨", "13911110001", "", "", "", "", "１３８-0000-0001"],
        ["张三", "13911110002", "", "1980-01-31", "", "", ""],
    ]
    found = begun(session, community.community, rows)
    checked(session, found)
    for phone in ("13800000001", "13911110000"):
        asking = NewMember(
            "王桂芳", community.community, phone, consents=(Consent.REGISTRATION,)
        )  # fmt: skip
        operations.apply(session, VISITOR, person=asking, key=f"of {phone}", at=at)
    before = session.get_one(ImportChunk, (found, 0)).keys
    zhang = members.register(
        session, SYSTEM, name="张三", residence_id=community.grid, phone="13911110002", at=at
    )
    for member_id in (community.wang, community.wang, zhang.id):
        person.erase(session, member_id, at)
    session.expire_all()
    kept = [row.cells for row in batches.judged_rows(session, found)]
    assert kept[:3] == [[], [], ["王桂芳", "13911110000", "", "1991-01-01", "", "", ""]]
    assert kept[3:] == [["陈小雨", "13911110001", "", "", "", "", ""], []]
    pending = session.execute(select(Application)).scalars()
    assert [queries.applicant(one).phone for one in pending] == ["13911110000"]
    after = session.get_one(ImportChunk, (found, 0)).keys
    assert 0 < len(after) < len(before)
    assert zhang.phone_digest
    assert zhang.phone_digest[:16] in before
    assert zhang.phone_digest[:16] not in after


def test_her_report_in_stays_without_what_was_written(
    session: Session, community: Community
) -> None:
    one = reported(session, community)
    assert "政策宣传岗" in str(person.export(session, community.sun))
    person.erase(session, community.sun, clock.now())
    session.expire_all()
    kept = session.get_one(ReportIn, one.id)
    assert (kept.duty, kept.community_id) == ("", community.community)
