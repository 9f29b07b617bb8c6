"""The ground of enrolment: an import, an application and a report-in that bad input could spoil,
and what each of its routes takes. The good bodies meet a refusal too: none may write.
"""

from dataclasses import dataclass
from typing import Any

from community import Community
from conftest import NOW

from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import Session
from pointsbank.enrolment import imports, operations, report_ins
from pointsbank.enrolment.workbook import Book
from pointsbank.members.rules import Consent, NewMember

VISITOR = Actor(kind="visitor", id=0, address="192.0.2.7")
KEY = "a-key-of-mine"
OPTIONAL = {
    "takes_doubtful", "consented", "residence_id", "although_similar", "grid_id", "duty", "to",
    "sex", "phone", "consents",
}  # fmt: skip
"""Fields without which a body is good."""


@dataclass(frozen=True, slots=True)
class Enrolments:
    """Ids: an import not checked yet, an application that was refused, a report-in that ended."""

    uploaded: int
    refused: int
    ended: int


def lay_enrolments(session: Session, place: Community) -> Enrolments:
    book = Book("", (), [["姓名", "手机号"], ["郑秀兰", "13900000001"]])
    found = imports.begin(
        session, SYSTEM, org_id=place.community, book=book, content=b"x", file_name="a.xlsx",
        key="uploaded-earlier", at=NOW,
    )  # fmt: skip
    person = NewMember("郑秀兰", place.community, "13900000001", consents=(Consent.REGISTRATION,))
    operations.apply(session, VISITOR, person=person, key="applied-earlier", at=NOW)
    refused = operations.refuse(session, SYSTEM, application_id=1, reason="已登记", at=NOW)
    reported = report_ins.report_in(
        session, SYSTEM, member_id=place.sun, on=NOW.date(), key="reported-earlier", at=NOW
    )
    report_ins.end_report_in(session, SYSTEM, report_in_id=reported.id, on=NOW.date(), at=NOW)
    return Enrolments(found.id, refused.id, reported.id)


def enrolment_jsons(
    place: Community, laid: Enrolments
) -> dict[tuple[str, str, str], dict[str, Any]]:
    one = f"/api/v1/imports/{laid.uploaded}"
    application = f"/api/v1/applications/{laid.refused}"
    report_in = f"/api/v1/report-ins/{laid.ended}"
    return {
        ("secretary", "POST", "/api/v1/imports"): {},
        ("secretary", "POST", f"{one}/check"): {"columns": ["name"]},
        ("secretary", "POST", f"{one}/registration"): {
            "takes_doubtful": True, "consented": True,
        },
        ("organiser", "POST", f"{application}/approval"): {
            "residence_id": place.grid, "although_similar": True,
        },
        ("organiser", "POST", f"{application}/refusal"): {"reason": "x"},
        ("organiser", "POST", "/api/v1/enrolments"): {
            "name": "郑秀兰", "residence_id": place.other_grid, "sex": "female", "key": KEY,
        },
        ("organiser", "POST", "/api/v1/report-ins"): {
            "member_id": place.wang, "grid_id": place.grid, "duty": "x", "on": "2026-11-21",
            "key": KEY,
        },
        ("organiser", "POST", f"{report_in}/receipt"): {"on": "2026-11-21", "to": "x"},
        ("organiser", "POST", f"{report_in}/ending"): {"on": "2026-11-21"},
    }  # fmt: skip


def enrolment_forms(place: Community, laid: Enrolments) -> dict[tuple[str, str], dict[str, Any]]:
    one = f"/enrolments/imports/{laid.uploaded}"
    application = f"/enrolments/applications/{laid.refused}"
    report_in = f"/report-ins/{laid.ended}"
    return {
        ("volunteer", "/register"): {
            "org_id": place.community, "name": "郑秀兰", "phone": "13900000001", "key": KEY,
            "consents": "registration", "skills": "理发",
        },
        ("volunteer", "/register/status"): {"code": "ACDEFGHJKMNP"},
        ("organiser", "/enrolments"): {
            "name": "郑秀兰", "residence_id": place.other_grid, "key": KEY, "party_status": "none",
        },
        ("secretary", f"{one}/columns"): {"columns": "name"},
        ("secretary", f"{one}/registration"): {"takes_doubtful": "1"},
        ("organiser", f"{application}/approval"): {"residence_id": place.grid},
        ("organiser", f"{application}/refusal"): {"reason": "x"},
        ("organiser", "/report-ins"): {
            "member_id": place.wang, "on": "2026-11-21", "key": KEY,
        },
        ("organiser", "/report-ins/lookups"): {"sought": "13800000000"},
        ("organiser", f"{report_in}/receipt"): {"on": "2026-11-21", "to": "x"},
        ("organiser", f"{report_in}/ending"): {"on": "2026-11-21"},
    }  # fmt: skip
