"""What enrolment asks and answers: forms of pages, and JSON."""

from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext
from marshmallow import fields

from pointsbank.enrolment.headings import Column
from pointsbank.enrolment.rules import ApplicationState, ImportState
from pointsbank.members.rules import Consent, PartyStatus, Sex
from pointsbank.web.schemas import Day, Instant, Request, Text, View, Whole, choice, repeat_key

MOST_PAGES = 10_000


class FormRequest(Request):
    """From a page, where what was left empty is not given."""

    @ma.pre_load
    def _given(self, typed: Any, **_: Any) -> Any:
        for name in [name for name in typed if not any(typed.data.getlist(name))]:
            del typed[name]
        return typed


class PersonRequest(Request):
    """Who is to be registered."""

    name = Text(50, required=True)
    phone = Text(20, least=0, load_default="")
    document_number = Text(
        40, least=0, load_default="", metadata={"description": "its form tells its kind"}
    )
    sex = choice(Sex, load_default=None, allow_none=True)
    birth_on = Day(load_default=None, allow_none=True)
    available = Text(200, least=0, load_default="")
    skills = fields.List(Text(20), load_default=list)
    guardian_name = Text(50, least=0, load_default="")
    guardian_phone = Text(20, least=0, load_default="")
    guardian_relation = Text(20, least=0, load_default="")


class EnrolmentRequest(PersonRequest):
    residence_id = Whole(least=1, required=True)
    party_status = choice(PartyStatus, load_default=PartyStatus.NONE)
    joined_party_on = Day(load_default=None, allow_none=True)
    employer = Text(80, least=0, load_default="", metadata={"description": "the unit's name"})
    branch = Text(80, least=0, load_default="", metadata={"description": "the branch's name"})
    consented = fields.Boolean(
        load_default=False, metadata={"description": "has agreed on paper to be registered"}
    )
    although_similar = fields.Boolean(load_default=False)
    key = repeat_key()


class EnrolmentForm(FormRequest, EnrolmentRequest):
    pass


class AlikeForm(FormRequest):
    """What is typed so far; anything else on the form says nothing of who she is."""

    class Meta:
        unknown = ma.EXCLUDE

    name = fields.String(load_default="")
    phone = fields.String(load_default="")
    document_number = fields.String(load_default="")
    birth_on = fields.String(load_default="")


class ApplicationForm(FormRequest, PersonRequest):
    phone = Text(20, required=True)
    org_id = Whole(least=1, required=True)
    consents = fields.List(choice(Consent), load_default=list)
    key = repeat_key()


class CodeForm(Request):
    code = Text(40, required=True)


class ApprovalRequest(Request):
    residence_id = Whole(least=1, load_default=None, allow_none=True)
    although_similar = fields.Boolean(load_default=False)


class ApprovalForm(FormRequest, ApprovalRequest):
    pass


class ApplicationRefusalRequest(Request):
    reason = Text(200, required=True)


class ApplicationsQuery(Request):
    state = choice(ApplicationState, load_default=ApplicationState.PENDING)


class DeskQuery(Request):
    residence_id = Whole(least=1)


class ImportForm(Request):
    org_id = Whole(least=1, required=True)
    sheet = Text(31, least=0, load_default="")
    key = repeat_key()


class FileForm(Request):
    file = fields.Raw(
        required=True,
        metadata={"type": "string", "format": "binary", "description": "XLSX, XLS or CSV"},
    )


class ColumnsRequest(Request):
    columns = fields.List(
        choice(Column), required=True, metadata={"description": "one for each of the file's"}
    )


class ApplyRequest(Request):
    takes_doubtful = fields.Boolean(load_default=False)
    consented = fields.Boolean(
        load_default=False, metadata={"description": "these people have agreed on paper"}
    )


class ReportInRequest(Request):
    member_id = Whole(least=1, required=True)
    grid_id = Whole(least=1, load_default=None, allow_none=True)
    duty = Text(100, least=0, load_default="")
    on = Day(required=True)
    key = repeat_key()


class ReportInForm(FormRequest, ReportInRequest):
    pass


class LookupForm(Request):
    sought = Text(40, required=True)


class ReceiptRequest(Request):
    on = Day(required=True)
    to = Text(50, least=0, load_default="")


class EndRequest(Request):
    on = Day(required=True)


class ReportInsQuery(Request):
    waiting = fields.Boolean(load_default=False)
    ended = fields.Boolean(load_default=False)
    page = Whole(least=1, most=MOST_PAGES, load_default=1)


class ImportView(View):
    id = fields.Integer()
    org_id = fields.Integer()
    state = choice(ImportState)
    columns = fields.List(choice(Column), metadata={"description": "what each column holds"})
    headings = fields.List(fields.String(), metadata={"description": "empty once removed"})
    row_count = fields.Integer()
    steps_done = fields.Integer(attribute="next_chunk")
    steps = fields.Integer(attribute="chunk_count")
    new = fields.Integer(metadata={"description": "rows that can be registered"})
    known = fields.Integer(metadata={"description": "rows of people who are registered"})
    doubtful = fields.Integer()
    bad = fields.Integer()
    registered_count = fields.Integer()
    kept_count = fields.Integer(metadata={"description": "who stayed when it was undone"})


class ImportsView(View):
    imports = fields.List(fields.Nested(ImportView))


class ApplicationView(View):
    id = fields.Integer()
    org_id = fields.Integer()
    state = choice(ApplicationState)
    applied_at = Instant()
    decided_at = Instant(allow_none=True)
    reason = fields.String()
    member_id = fields.Integer(allow_none=True)


class ApplicationsView(View):
    applications = fields.List(fields.Nested(ApplicationView))


class EnrolledView(View):
    member_id = fields.Integer()
    number = fields.String(metadata={"description": "volunteer number"})
    password = fields.String(metadata={"description": "to print once; it is stored nowhere"})


class ReportInView(View):
    id = fields.Integer()
    number = fields.String()
    member_id = fields.Integer()
    community_id = fields.Integer()
    grid_id = fields.Integer(allow_none=True)
    employer_id = fields.Integer()
    branch_id = fields.Integer(allow_none=True)
    duty = fields.String()
    reported_on = fields.Date()
    receipt_on = fields.Date(allow_none=True)
    ended_on = fields.Date(allow_none=True)


class ReportInsView(View):
    report_ins = fields.List(fields.Nested(ReportInView))
    total = fields.Integer()


NO_FILE = lazy_gettext("请选择要上传的文件。")
