"""JSON: workbooks imported, applications decided, people enrolled at a desk, report-ins."""

from typing import Any

from pointsbank.core import clock
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.enrolment import batches, imports, operations, queries, report_ins, steps
from pointsbank.enrolment.headings import Column
from pointsbank.enrolment.import_pages import taken_in
from pointsbank.enrolment.models import MemberImport, ReportIn
from pointsbank.enrolment.pages import enrolment_of
from pointsbank.enrolment.rules import IMPORTERS, RECEIVERS, REPORT_READERS
from pointsbank.enrolment.schemas import (
    ApplicationRefusalRequest,
    ApplicationsQuery,
    ApplicationsView,
    ApplicationView,
    ApplyRequest,
    ApprovalRequest,
    ColumnsRequest,
    EndRequest,
    EnrolledView,
    EnrolmentRequest,
    FileForm,
    ImportForm,
    ImportsView,
    ImportView,
    ReceiptRequest,
    ReportInRequest,
    ReportInsQuery,
    ReportInsView,
    ReportInView,
)
from pointsbank.members.models import Member
from pointsbank.web import ApiBlueprint, actor, allow
from pointsbank.web.uploads import takes_file

api = ApiBlueprint("enrolment", __name__, description="登记 / enrolment")
IMPORT = "/imports/<int:import_id>"
APPLICATION = "/applications/<int:application_id>"
REPORT_IN = "/report-ins/<int:report_in_id>"


def _import(session: Session, found: MemberImport) -> dict[str, Any]:
    counts = batches.counts(session, found.id)
    return {
        **found.model_dump(),
        "columns": [Column(column) for column in found.columns],
        "headings": batches.head(found).headings if found.head_sealed else [],
        **{name: getattr(counts, name) for name in ("new", "known", "doubtful", "bad")},
    }


@api.get("/imports")
@api.response(200, ImportsView)
@allow(*IMPORTERS)
def listed() -> dict[str, Any]:
    """The imports of one's organisations, the newest first."""
    with snapshot() as session:
        return {"imports": [_import(session, one) for one in batches.imports(session, actor())]}


@api.post("/imports")
@takes_file("import_bytes")
@api.arguments(FileForm, location="files")
@api.arguments(ImportForm, location="form")
@api.response(201, ImportView)
@allow(*IMPORTERS)
def upload(_file: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Take in a workbook: nothing is registered; its columns are guessed."""
    found = taken_in(asked)
    with snapshot() as session:
        return _import(session, batches.member_import(session, actor(), found))


@api.get(IMPORT)
@api.response(200, ImportView)
@allow(*IMPORTERS)
def one(import_id: int) -> dict[str, Any]:
    """How an import stands."""
    with snapshot() as session:
        return _import(session, batches.member_import(session, actor(), import_id))


@api.post(f"{IMPORT}/check")
@api.arguments(ColumnsRequest)
@api.response(200, ImportView)
@allow(*IMPORTERS)
def check(asked: dict[str, Any], import_id: int) -> dict[str, Any]:
    """Begin the dry run; it goes on by steps."""
    with transaction() as session:
        return _import(
            session,
            imports.check(session, actor(), import_id=import_id, **asked, at=clock.now()),
        )


@api.post(f"{IMPORT}/registration")
@api.arguments(ApplyRequest)
@api.response(200, ImportView)
@allow(*IMPORTERS)
def register(asked: dict[str, Any], import_id: int) -> dict[str, Any]:
    """Begin to register; it goes on by steps."""
    with transaction() as session:
        return _import(
            session,
            imports.apply(session, actor(), import_id=import_id, **asked, at=clock.now()),
        )


@api.post(f"{IMPORT}/steps")
@api.response(200, ImportView)
@allow(*IMPORTERS)
def step(import_id: int) -> dict[str, Any]:
    """Do the next step of what is under way: ask until `state` no longer ends in -ing."""
    with transaction() as session:
        found = steps.step(session, actor(), import_id=import_id, at=clock.now())
        return _import(session, found)


@api.post(f"{IMPORT}/undoing")
@api.response(200, ImportView)
@allow(*IMPORTERS)
def undo(import_id: int) -> dict[str, Any]:
    """Begin to take back whom it registered; it goes on by steps."""
    with transaction() as session:
        found = imports.undo(session, actor(), import_id=import_id, at=clock.now())
        return _import(session, found)


@api.get("/applications")
@api.arguments(ApplicationsQuery, location="query")
@api.response(200, ApplicationsView)
@allow(*RECEIVERS)
def applications(asked: dict[str, Any]) -> dict[str, Any]:
    """The applications of one's communities; what applicants wrote is for the page alone."""
    with snapshot() as session:
        found = queries.applications(session, actor(), **asked)
        return {"applications": [application.model_dump() for application in found]}


@api.post(f"{APPLICATION}/approval")
@api.arguments(ApprovalRequest)
@api.response(201, EnrolledView)
@allow(*RECEIVERS)
def approve(asked: dict[str, Any], application_id: int) -> dict[str, Any]:
    """Register an applicant and open her account."""
    with transaction() as session:
        done = operations.approve(
            session, actor(), application_id=application_id, **asked, at=clock.now()
        )
        return _enrolled(done.member, done.password)


@api.post(f"{APPLICATION}/refusal")
@api.arguments(ApplicationRefusalRequest)
@api.response(200, ApplicationView)
@allow(*RECEIVERS)
def refuse(asked: dict[str, Any], application_id: int) -> dict[str, Any]:
    """Tell an applicant no, and why."""
    with transaction() as session:
        return operations.refuse(
            session, actor(), application_id=application_id, **asked, at=clock.now()
        ).model_dump()


@api.post("/enrolments")
@api.arguments(EnrolmentRequest)
@api.response(201, EnrolledView)
@allow(*RECEIVERS)
def enrol(asked: dict[str, Any]) -> dict[str, Any]:
    """Register somebody at a desk."""
    with transaction() as session:
        member = operations.enrol(session, actor(), **enrolment_of(session, asked), at=clock.now())
        return _enrolled(member, "")


def _enrolled(member: Member, password: str) -> dict[str, Any]:
    return {"member_id": member.id, "number": member.number, "password": password}


@api.get("/report-ins")
@api.arguments(ReportInsQuery, location="query")
@api.response(200, ReportInsView)
@allow(*REPORT_READERS)
def reported(asked: dict[str, Any]) -> dict[str, Any]:
    """The report-ins of one's communities and units, 50 a page."""
    with snapshot() as session:
        found, total = queries.report_ins(session, actor(), **asked)
        return {"report_ins": [_reported(row.report_in) for row in found], "total": total}


@api.post("/report-ins")
@api.arguments(ReportInRequest)
@api.response(201, ReportInView)
@allow(*RECEIVERS)
def report_in(asked: dict[str, Any]) -> dict[str, Any]:
    """Receive an in-service party member where she lives."""
    with transaction() as session:
        return _reported(report_ins.report_in(session, actor(), **asked, at=clock.now()))


@api.post(f"{REPORT_IN}/receipt")
@api.arguments(ReceiptRequest)
@api.response(200, ReportInView)
@allow(*RECEIVERS)
def return_receipt(asked: dict[str, Any], report_in_id: int) -> dict[str, Any]:
    """Note that the receipt went back to the unit."""
    with transaction() as session:
        return _reported(
            report_ins.return_receipt(
                session, actor(), report_in_id=report_in_id, **asked, at=clock.now()
            )
        )


@api.post(f"{REPORT_IN}/ending")
@api.arguments(EndRequest)
@api.response(200, ReportInView)
@allow(*RECEIVERS)
def end(asked: dict[str, Any], report_in_id: int) -> dict[str, Any]:
    """End a report-in: she moved, retired or changed her unit."""
    with transaction() as session:
        return _reported(
            report_ins.end_report_in(
                session, actor(), report_in_id=report_in_id, **asked, at=clock.now()
            )
        )


def _reported(found: ReportIn) -> dict[str, Any]:
    return {**found.model_dump(), "number": found.number}
