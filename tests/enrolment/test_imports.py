"""Imports: what the dry run finds, what is registered, what is undone, and what refuses."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlmodel import Session, col

from pointsbank.access import operations as access
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.audit import AuditEntry
from pointsbank.core.errors import Forbidden
from pointsbank.enrolment import batches, imports, rules, steps
from pointsbank.enrolment.headings import Column
from pointsbank.enrolment.models import ImportChunk, ImportedMember, MemberImport
from pointsbank.enrolment.rules import (
    ColumnsMiscounted,
    ContentRemoved,
    ImportNotThere,
    ImportState,
    KeyReused,
    NoSuchImport,
    NotACommunity,
)
from pointsbank.enrolment.workbook import Book, WorkbookEmpty
from pointsbank.ledger.operations import post_all
from pointsbank.ledger.rules import Posting, SystemKind, member_account, system_account
from pointsbank.members import operations as members
from pointsbank.members.models import Affiliation, Member, MemberConsent
from pointsbank.members.rules import Leaving
from pointsbank.orgs.rules import NoSuchOrganisation
from tests.community import Community
from tests.enrolment.importing import HEADINGS, applied, begun, checked, imported, run
from tests.enrolment.sheets import id_number
from tests.statements import noting

PEOPLE = [
    ["郑秀兰", "13900000001", id_number(2), "", "", "第一网格", "ZY001"],
    ["冯国强", "13900000002", "", "", "幸福社区", "", ""],
    ["陈秀英", "", "", "1955-05-05", "", "", ""],
]


def verdicts(session: Session, import_id: int) -> list[str]:
    return [row.judgement.verdict.value for row in batches.judged_rows(session, import_id)]


def reasons(session: Session, import_id: int) -> list[list[str]]:
    return [
        [finding.trouble.value for finding in row.judgement.findings]
        for row in batches.judged_rows(session, import_id)
    ]


def count(session: Session, table: type = Member) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_hopeless_upload_is_refused_fault_by_fault(
    session: Session, community: Community
) -> None:
    book = Book("", (), [HEADINGS])
    who = community.organiser
    with pytest.raises(NoSuchOrganisation):
        begun(session, 999_999, [], who, book=book)
    with pytest.raises(Forbidden):
        begun(session, community.grid, [], who, book=book)
    who = community.secretary
    for place in (community.grid, community.branch):
        with pytest.raises(NotACommunity):
            begun(session, place, [], who, book=book)
    with pytest.raises(WorkbookEmpty):
        begun(session, community.community, [], who, book=book)
    first = begun(session, community.community, PEOPLE, who, key="mine")
    assert begun(session, community.community, PEOPLE, who, key="mine") == first
    with pytest.raises(KeyReused):
        begun(session, community.community, PEOPLE[:1], who, key="mine")


def test_a_hopeless_wish_for_an_import_is_refused_fault_by_fault(
    session: Session, community: Community
) -> None:
    at = clock.now()
    none = [Column.IGNORED]
    with pytest.raises(NoSuchImport):
        imports.check(session, SYSTEM, import_id=999_999, columns=none, at=at)
    one = begun(session, community.community, PEOPLE, community.secretary)
    for verb in (imports.undo, imports.discard, steps.step, imports.give_back):
        with pytest.raises(NoSuchImport):
            verb(session, community.stranger, import_id=one, at=at)
    with pytest.raises(ColumnsMiscounted):
        imports.check(session, community.secretary, import_id=one, columns=none, at=at)
    with pytest.raises(ImportNotThere):
        imports.give_back(session, SYSTEM, import_id=one, at=at)
    asked = {"takes_doubtful": False, "consented": False, "at": at}
    with pytest.raises(ImportNotThere):
        imports.apply(session, SYSTEM, import_id=one, **asked)
    with pytest.raises(ImportNotThere):
        imports.undo(session, SYSTEM, import_id=one, at=at)
    checked(session, one)
    imports.remove_content(session, before=at + timedelta(days=1))
    session.execute(update(MemberImport).values(state=ImportState.CHECKED))
    session.expire_all()
    with pytest.raises(ContentRemoved):
        imports.check(session, SYSTEM, import_id=one, columns=none, at=at)
    with pytest.raises(ContentRemoved):
        imports.apply(session, SYSTEM, import_id=one, **asked)
    with pytest.raises(ContentRemoved):
        imports.give_back(session, SYSTEM, import_id=one, at=at)
    with pytest.raises(ContentRemoved):
        list(batches.judged_rows(session, one))
    session.execute(update(MemberImport).values(state=ImportState.CHECKING, next_chunk=0))
    session.expire_all()
    with pytest.raises(ContentRemoved):
        steps.step(session, SYSTEM, import_id=one, at=at)


def test_the_dry_run_counts_and_writes_nothing_to_the_register(
    session: Session, community: Community
) -> None:
    rows = [
        *PEOPLE,
        ["王桂芳", "13800000001", "", "", "", "", ""],
        [],
        ["李建国二", "13800000002", "", "", "", "", ""],
        ["坏证件", "", "123", "", "", "", ""],
        ["无网格", "13900000008", "", "", "", "九网格", ""],
    ]
    before = count(session)
    one = begun(session, community.community, rows, community.secretary)
    found = checked(session, one, community.secretary)
    assert (found.state, count(session)) == (ImportState.CHECKED, before)
    assert batches.counts(session, one) == batches.Counts(new=3, known=1, doubtful=1, bad=2)
    assert verdicts(session, one) == [
        "new", "new", "new", "known", "empty", "bad", "bad", "doubtful",
    ]  # fmt: skip
    assert reasons(session, one)[3:] == [
        ["registered"], [], ["phone_of_another"], ["document"], ["no_grid"],
    ]  # fmt: skip
    troubled = batches.troubled_rows(session, one)
    assert [row.number for row in troubled] == [8, 9, 10]
    assert batches.troubled_rows(session, one, most=1) == troubled[:1]
    assert batches.sample(session, one)[0][0] == "郑秀兰"
    assert run(session, one).state is ImportState.CHECKED


def test_the_good_rows_are_registered_with_all_they_say(
    session: Session, community: Community
) -> None:
    found = imported(session, community.community, PEOPLE)
    assert (found.state, found.registered_count) == (ImportState.APPLIED, 3)
    rows = session.execute(
        select(Member, ImportedMember)
        .join(ImportedMember, col(ImportedMember.member_id) == col(Member.id))
        .order_by(col(ImportedMember.row))
    ).all()
    assert [(m.name, i.row, i.former_number) for m, i in rows] == [
        ("郑秀兰", 3, "ZY001"), ("冯国强", 4, ""), ("陈秀英", 5, ""),
    ]  # fmt: skip
    assert rows[0][0].residence_id == community.grid
    assert rows[0][0].birth_on == date(1980, 1, 31)
    assert count(session, MemberConsent) == 3
    again = imports.apply(
        session, SYSTEM, import_id=found.id, takes_doubtful=True, consented=False, at=clock.now()
    )
    assert (again.state, again.takes_doubtful) == (ImportState.APPLIED, False)


def test_doubtful_rows_are_registered_only_when_that_is_asked(
    session: Session, community: Community
) -> None:
    rows = [["无网格", "13900000008", "", "", "", "九网格", ""]]
    assert imported(session, community.community, rows).registered_count == 0
    one = begun(session, community.community, rows, key="again")
    assert applied(session, one, doubtful=True).registered_count == 1


def test_the_same_or_an_overlapping_file_registers_nobody_twice(
    session: Session, community: Community
) -> None:
    assert imported(session, community.community, PEOPLE).registered_count == 3
    assert imported(session, community.community, PEOPLE, key="2").registered_count == 0
    more = [PEOPLE[2], ["新人", "13900000009", "", "", "", "", ""], PEOPLE[0]]
    found = imported(session, community.street, [[*r[:4], "幸福社区", *r[5:]] for r in more])
    assert found.registered_count == 1
    assert verdicts(session, found.id) == ["known", "new", "known"]


def test_one_person_twice_in_a_file_is_told_across_chunks(
    session: Session, community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (rules, imports):
        monkeypatch.setattr(module, "CHUNK_ROWS", 1)
    rows = [
        PEOPLE[0],
        ["郑秀兰", "", id_number(2), "", "", "", ""],
        ["别人", "13900000001", "", "", "", "", ""],
        ["郑秀兰", "13900000001", id_number(4), "", "", "", ""],
        ["陈秀英", "13900000007", "", "1955-05-05", "", "", ""],
        ["陈秀英", "", "", "1955-05-05", "", "", ""],
        ["陈秀英", "13900000006", id_number(5, date(1955, 5, 5)), "", "", "", ""],
    ]
    one = begun(session, community.community, rows)
    assert checked(session, one).chunk_count == 7
    assert reasons(session, one) == [
        [], ["same_as_row"], ["same_phone_in_row"], ["document_differs"], [], ["same_as_row"],
        ["same_as_row"],
    ]  # fmt: skip
    assert applied(session, one).registered_count == 2
    assert verdicts(session, one) == ["new", "known", "bad", "bad", "new", "known", "known"]


def test_who_is_known_by_what(session: Session, community: Community) -> None:
    imported(session, community.community, PEOPLE)
    members.leave(
        session, SYSTEM, member_id=community.chen, leaving=Leaving.LEFT, on=clock.today(),
        at=clock.now(),
    )  # fmt: skip
    session.execute(
        update(Member).where(col(Member.id) == community.chen).values(birth_on=date(1950, 1, 1))
    )
    born = date(1980, 1, 31)
    rows = [
        ["别的名字", "", id_number(2), "", "幸福社区", "", ""],
        ["郑秀兰", "", id_number(4), "", "幸福社区", "", ""],
        ["郑秀兰", "", "", born.isoformat(), "光明社区", "", ""],
        ["郑秀兰", "", "", born.isoformat(), "幸福社区", "", ""],
        ["陈玉兰", "", "", "1950-01-01", "幸福社区", "", ""],
    ]
    one = begun(session, community.street, rows, key="who")
    checked(session, one)
    assert reasons(session, one) == [
        ["document_of_another"], ["same_name_and_birth"], ["lives_elsewhere"], ["registered"],
        ["has_left"],
    ]  # fmt: skip


def test_a_stopped_import_goes_on_where_it_was(
    session: Session, community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (rules, imports):
        monkeypatch.setattr(module, "CHUNK_ROWS", 1)
    one = begun(session, community.community, PEOPLE)
    checked(session, one)
    asked = {"takes_doubtful": False, "consented": False, "at": clock.now()}
    imports.apply(session, SYSTEM, import_id=one, **asked)
    steps.step(session, SYSTEM, import_id=one, at=clock.now())
    session.expunge_all()
    assert session.get_one(MemberImport, one).next_chunk == 1
    assert run(session, one).registered_count == 3


def test_a_whole_import_is_undone_but_for_those_to_whom_something_has_happened(
    session: Session, community: Community
) -> None:
    before, ties = count(session), count(session, Affiliation)
    rows = [[f"新人{n}", f"1390000001{n}", "", "", "", "", ""] for n in range(6)]
    found = imported(session, community.community, rows)
    ids = list(
        session.execute(
            select(col(ImportedMember.member_id)).order_by(col(ImportedMember.row))
        ).scalars()
    )
    at = clock.now()
    access.open_user(session, SYSTEM, member_id=ids[0], at=at)
    members.issue_card(session, SYSTEM, member_id=ids[1], at=at)
    members.move_member(
        session, SYSTEM, member_id=ids[2], residence_id=community.grid, on=clock.today(), at=at
    )
    given = Posting(
        key="gift", source=system_account("morality", SystemKind.ADJUSTED),
        destination=member_account(ids[3], "morality"), amount=5,
        effective_on=clock.today(), reason="opening",
    )  # fmt: skip
    post_all(session, SYSTEM, [given], at=at)
    imports.undo(session, community.secretary, import_id=found.id, at=at)
    done = run(session, found.id, community.secretary)
    assert (done.state, done.kept_count) == (ImportState.UNDONE, 4)
    assert [m.id for m in batches.kept(session, found.id)] == ids[:4]
    assert (count(session), count(session, ImportedMember)) == (before + 4, 4)
    assert count(session, Affiliation) == ties + 4
    assert imports.undo(session, SYSTEM, import_id=found.id, at=at).state is ImportState.UNDONE
    assert batches.touched(session, []) == set()
    again = imported(session, community.community, rows, key="again")
    assert again.registered_count == 2


def test_what_was_uploaded_is_given_up_or_forgotten_after_its_term(
    session: Session, community: Community
) -> None:
    at = clock.now()
    waiting = begun(session, community.community, PEOPLE, key="1")
    imports.discard(session, SYSTEM, import_id=waiting, at=at)
    assert imports.discard(session, SYSTEM, import_id=waiting, at=at).head_sealed is None
    waiting = begun(session, community.community, PEOPLE, key="2")
    done = imported(session, community.community, PEOPLE[:1], key="3").id
    half = begun(session, community.community, PEOPLE, key="4")
    checked(session, half)
    asked = {"takes_doubtful": False, "consented": False, "at": at}
    imports.apply(session, SYSTEM, import_id=half, **asked)
    assert imports.remove_content(session, before=at) == 0
    assert imports.remove_content(session, before=at + timedelta(seconds=1)) == 3
    session.expire_all()
    states = [session.get_one(MemberImport, one).state for one in (waiting, done, half)]
    assert states == [ImportState.DISCARDED, ImportState.APPLIED, ImportState.APPLIED]
    assert session.execute(select(ImportChunk.rows_sealed).distinct()).scalars().all() == [None]
    assert batches.file_name(session.get_one(MemberImport, done)) == ""
    with pytest.raises(ImportNotThere):
        imports.discard(session, SYSTEM, import_id=done, at=at)
    imports.undo(session, SYSTEM, import_id=done, at=at)
    assert run(session, done).state is ImportState.UNDONE


def test_a_thousand_rows_take_a_constant_number_of_statements(
    session: Session, community: Community
) -> None:
    def taken(rows: int) -> int:
        people = [[f"人{n}", f"137{rows:04d}{n:04d}", "", "", "", "", ""] for n in range(rows)]
        one = begun(session, community.community, people, key=f"k{rows}")
        with noting(session.connection()) as seen:
            applied(session, one)
        return len(seen)

    assert taken(1_000) <= taken(10) + 3


def test_nothing_of_anybody_is_kept_in_clear(session: Session, community: Community) -> None:
    one = begun(session, community.community, PEOPLE)
    checked(session, one)
    imports.give_back(session, SYSTEM, import_id=one, at=clock.now())
    kept = repr(session.execute(select(ImportChunk.__table__)).all())  # type: ignore[attr-defined]
    kept += repr(session.execute(select(MemberImport.__table__)).all())  # type: ignore[attr-defined]
    kept += repr(session.execute(select(AuditEntry.facts)).all())
    assert not [word for word in ("郑秀兰", "13900000001", id_number(2), "名册") if word in kept]
