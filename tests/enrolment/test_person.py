"""What enrolment keeps of one person: exported as she may read it, and erased."""

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.enrolment import batches, person
from pointsbank.enrolment.models import ImportedMember, ReportIn
from tests.community import Community
from tests.enrolment.importing import imported
from tests.enrolment.test_imports import PEOPLE
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


def test_her_report_in_stays_without_what_was_written(
    session: Session, community: Community
) -> None:
    one = reported(session, community)
    assert "政策宣传岗" in str(person.export(session, community.sun))
    person.erase(session, community.sun, clock.now())
    session.expire_all()
    kept = session.get_one(ReportIn, one.id)
    assert (kept.duty, kept.community_id) == ("", community.community)
