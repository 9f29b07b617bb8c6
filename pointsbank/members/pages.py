"""The register: whom the reader may see, filtered and searched; their cards.

What is typed never stands in an address: a sealed text does. The filters are ids and do.
"""

import base64
from typing import Any

from cryptography.exceptions import InvalidTag
from flask import redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.encryption import seal, unseal
from pointsbank.core.errors import Conflict, Invalid, Refused, say
from pointsbank.core.narrowings import narrowing_of
from pointsbank.members import (
    card_pages,
    operations,
    own_pages,
    profile,
    queries,
    search,
    skill_pages,
)
from pointsbank.members.cards import label_sheet, sheet
from pointsbank.members.labels import SHEETS
from pointsbank.members.models import Member
from pointsbank.members.places import TEAM_STAFF
from pointsbank.members.rules import (
    CONSENT_NAMES,
    CONSENT_WAY_NAMES,
    DEPUTY_NAMES,
    DOCUMENT_NAMES,
    HONOUR_LEVEL_NAMES,
    LEAVING_NAMES,
    PARTY_STATUS_NAMES,
    RELATION_NAMES,
    SEX_NAMES,
    NoSuchMember,
    NothingToShow,
    SearchUnreadable,
)
from pointsbank.members.schemas import (
    CardsQuery,
    ConsentForm,
    DayForm,
    DeputyForm,
    DocumentForm,
    GuardianForm,
    HeadForm,
    HonourForm,
    HouseholdForm,
    LookForm,
    MembersQuery,
    MoveForm,
    NoteForm,
    PartyStatusForm,
    RecordForm,
    RelativeForm,
    SearchRequest,
    TeamForm,
    TermForm,
    TrainingForm,
    WithdrawalForm,
)
from pointsbank.members.search import Filters, Page
from pointsbank.web import PageBlueprint, actor, allow, form, query
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.navigation import Link

pages = PageBlueprint("members", __name__)
for _room in (own_pages, skill_pages, card_pages):
    pages.register_blueprint(_room.pages)
NAVIGATION = [Link("/members", say("成员名册"), 46, frozenset(queries.REGISTER_READERS))]
PAGE_SIZE = 30
Answer = Response | tuple[str, int]
WORDS = {
    "consents": CONSENT_NAMES, "ways": CONSENT_WAY_NAMES, "deputies": DEPUTY_NAMES,
    "documents": DOCUMENT_NAMES, "levels": HONOUR_LEVEL_NAMES, "leavings": LEAVING_NAMES,
    "party": PARTY_STATUS_NAMES, "relations": RELATION_NAMES, "sexes": SEX_NAMES,
}  # fmt: skip
_PLACE = ("sought", "after", "before", "labels", "first")


@pages.get("/members")
@allow(*queries.REGISTER_READERS)
def members() -> str:
    asked = query(MembersQuery)
    with snapshot() as session:
        found = _found(session, asked)
        homes = queries.homes(session, found.members)
        near = asked.get("residence_id")
        choices = profile.choices(session, actor(), near_id=near)
    return _listed(asked, found, homes, choices)


@pages.post("/members/searches")
@allow(*queries.REGISTER_READERS)
def searches() -> Response:
    asked = form(SearchRequest)
    sealed = _sealed(asked.pop("sought")) or None
    return redirect(url_for("members_pages.members", **_address(asked), sought=sealed), 303)


@pages.post("/members/cards")
@allow(*operations.CARD_STAFF)
def make_cards() -> Response:
    """Give a card to those shown who have none, then print them: a repeat prints again."""
    asked = form(CardsQuery)
    with transaction() as session:
        ids = [holder.id for holder in _holders(_found(session, asked))]
        operations.issue_missing_cards(session, actor(), member_ids=ids, at=clock.now())
    return redirect(url_for("members_pages.cards", **_address(asked)), 303)


@pages.get("/members/cards.pdf")
@allow(*operations.CARD_STAFF)
def cards() -> Response:
    asked = query(CardsQuery)
    with snapshot() as session:
        printed = queries.cards_to_print(session, _holders(_found(session, asked)))
    if labels := asked.get("labels"):
        content = label_sheet(printed, SHEETS[labels], asked["first"])
    else:
        content = sheet(printed)
    headers = {"Content-Disposition": 'inline; filename="cards.pdf"'}
    return Response(content, mimetype="application/pdf", headers=headers)


@pages.get("/members/<int:member_id>")
@allow(*queries.REGISTER_READERS)
def member(member_id: int) -> str:
    return _member(member_id)


@pages.post("/members/<int:member_id>/looks")
@allow(*operations.REGISTRARS)
def look(member_id: int) -> Answer:
    """In full, on this answer only: what was masked is not kept by the browser."""
    asked: dict[str, Any] = {}
    try:
        asked = form(LookForm)
        with transaction() as session:
            shown = operations.show(session, actor(), member_id=member_id, **asked, at=clock.now())
    except _MENDABLE as refused:
        return _member(member_id, part="look", refused=refused), status_of(refused)
    return _member(member_id, part="look", shown=(asked["what"], shown)), 200


@pages.post("/members/<int:member_id>/record")
@allow(*operations.REGISTRARS)
def change_record(member_id: int) -> Answer:
    return _done(member_id, "record", RecordForm, operations.change_member)


@pages.post("/members/<int:member_id>/document")
@allow(*operations.REGISTRARS)
def change_document(member_id: int) -> Answer:
    return _done(member_id, "document", DocumentForm, operations.change_member)


@pages.post("/members/<int:member_id>/guardian")
@allow(*operations.REGISTRARS)
def change_guardian(member_id: int) -> Answer:
    return _done(member_id, "guardian", GuardianForm, operations.change_member)


@pages.post("/members/<int:member_id>/moves")
@allow(*operations.REGISTRARS)
def move(member_id: int) -> Answer:
    return _done(member_id, "move", MoveForm, operations.move_member)


@pages.post("/members/<int:member_id>/party-status")
@allow(*operations.REGISTRARS)
def change_party_status(member_id: int) -> Answer:
    return _done(member_id, "party", PartyStatusForm, operations.change_party_status)


@pages.post("/members/<int:member_id>/teams")
@allow(*TEAM_STAFF)
def join_team(member_id: int) -> Answer:
    return _done(member_id, "team", TeamForm, operations.join_team)


@pages.post("/members/<int:member_id>/teams/end")
@allow(*TEAM_STAFF)
def leave_team(member_id: int) -> Answer:
    return _done(member_id, "team", TeamForm, operations.leave_team)


@pages.post("/members/<int:member_id>/consents")
@allow(*operations.REGISTRARS)
def give_consent(member_id: int) -> Answer:
    return _done(member_id, "consent", ConsentForm, operations.give_consent)


@pages.post("/members/<int:member_id>/consents/withdrawal")
@allow(*operations.REGISTRARS)
def withdraw_consent(member_id: int) -> Answer:
    return _done(member_id, "consent", WithdrawalForm, operations.withdraw_consent)


@pages.post("/members/<int:member_id>/training")
@allow(*operations.REGISTRARS)
def note_training(member_id: int) -> Answer:
    return _done(member_id, "training", TrainingForm, operations.note_training)


@pages.post("/members/<int:member_id>/honours")
@allow(*operations.REGISTRARS)
def note_honour(member_id: int) -> Answer:
    return _done(member_id, "honour", HonourForm, operations.note_honour)


@pages.post("/members/<int:member_id>/deputy-roles")
@allow(*operations.REGISTRARS)
def note_deputy_role(member_id: int) -> Answer:
    return _done(member_id, "deputy", DeputyForm, operations.note_deputy_role)


@pages.post("/members/<int:member_id>/deputy-roles/end")
@allow(*operations.REGISTRARS)
def end_deputy_role(member_id: int) -> Answer:
    return _done(member_id, "deputy", TermForm, operations.end_deputy_role)


@pages.post("/members/<int:member_id>/struck-out-notes")
@allow(*operations.REGISTRARS)
def strike_out(member_id: int) -> Answer:
    return _done(member_id, "note", NoteForm, operations.strike_out)


@pages.post("/members/<int:member_id>/return")
@allow(*operations.REGISTRARS)
def come_back(member_id: int) -> Answer:
    return _done(member_id, "return", DayForm, operations.come_back)


@pages.post("/households")
@allow(*operations.REGISTRARS)
def found_household() -> Response:
    asked = form(HouseholdForm)
    with transaction() as session:
        household = operations.found_household(session, actor(), **asked, at=clock.now())
        return redirect(f"/households/{household.id}", 303)


@pages.get("/households/<int:household_id>")
@allow(*profile.PROFILE_READERS)
def household(household_id: int) -> str:
    return _household(household_id)


@pages.post("/households/<int:household_id>/members")
@allow(*operations.REGISTRARS)
def join_household(household_id: int) -> Answer:
    return _at_home(household_id, RelativeForm, operations.join_household)


@pages.post("/households/<int:household_id>/members/end")
@allow(*operations.REGISTRARS)
def leave_household(household_id: int) -> Answer:
    return _at_home(household_id, RelativeForm, operations.leave_household)


@pages.post("/households/<int:household_id>/head")
@allow(*operations.REGISTRARS)
def change_head(household_id: int) -> Answer:
    return _at_home(household_id, HeadForm, operations.change_head)


_MENDABLE = (Invalid, Conflict, NothingToShow)


def _done(member_id: int, part: str, asked: Any, operation: Any) -> Answer:
    """Do what a form of her page asks for; a refusal that can be mended is shown beside it."""
    try:
        wanted = form(asked)
        with transaction() as session:
            operation(session, actor(), member_id=member_id, **wanted, at=clock.now())
    except _MENDABLE as refused:
        return _member(member_id, part=part, refused=refused), status_of(refused)
    return redirect(f"/members/{member_id}", 303)


def _member(
    member_id: int,
    *,
    part: str = "",
    refused: Refused | None = None,
    shown: tuple[str, str] | None = None,
) -> str:
    with snapshot() as session:
        found = profile.profile(session, actor(), member_id, clock.today())
        offered = profile.offered(session, actor(), found.member, clock.today())
    return render_template(
        "members/member.html", found=found, offered=offered, part_asked=part, shown=shown,
        refused=sentence_of(refused) if refused else "", errors=getattr(refused, "fields", {}),
        today=clock.today(), words=WORDS,
    )  # fmt: skip


def _at_home(household_id: int, asked: Any, operation: Any) -> Answer:
    """Do what a form of a household's page asks for."""
    try:
        wanted = form(asked)
        with transaction() as session:
            if number := wanted.pop("number", ""):
                found = queries.member_by_number(session, actor(), number)
                wanted["member_id"] = found.id
            operation(session, actor(), household_id=household_id, **wanted, at=clock.now())
    except (*_MENDABLE, NoSuchMember) as refused:
        return _household(household_id, refused=refused), status_of(refused)
    return redirect(f"/households/{household_id}", 303)


def _household(household_id: int, *, refused: Refused | None = None) -> str:
    with snapshot() as session:
        found = profile.household_page(session, actor(), household_id)
    return render_template(
        "members/household.html", found=found, today=clock.today(),
        refused=sentence_of(refused) if refused else "",
    )  # fmt: skip


def _filters(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if name not in _PLACE}


def _address(asked: dict[str, Any]) -> dict[str, Any]:
    """A query as it stands in an address: what is empty is left out."""
    return {
        name: "1" if value is True else getattr(value, "value", value)
        for name, value in asked.items()
        if value or (value == 0 and value is not False)
    }


def _found(session: Session, asked: dict[str, Any]) -> Page:
    typed, filters = _opened(asked["sought"]), Filters(**_filters(asked), on=clock.today())
    if typed:
        return search.search(session, actor(), typed=typed, filters=filters, size=PAGE_SIZE)
    place = {name: asked.get(name) for name in ("after", "before")}
    return search.listed(session, actor(), filters=filters, size=PAGE_SIZE, **place)


def _holders(found: Page) -> list[Member]:
    """Those of a page whose cards the reader may make."""
    asking = actor()
    return [m for m in found.members if asking.may(*operations.CARD_STAFF, org_id=m.residence_id)]


def _listed(
    asked: dict[str, Any], found: Page, homes: dict[int, str], choices: profile.Choices
) -> str:
    filters = _address(_filters(asked))
    sought = _opened(asked["sought"])
    ends = (found.members[0].id, found.members[-1].id) if found.members else (0, 0)
    before = found.before and url_for("members_pages.members", **filters, before=ends[0])
    after = found.after and url_for("members_pages.members", **filters, after=ends[1])
    return render_template(
        "members/members.html",
        found=found,
        homes=homes,
        choices=choices,
        filters=filters,
        asked=_address(asked),
        party=PARTY_STATUS_NAMES if actor().reach(*queries.PARTY_READERS) else None,
        stars=file.OPTIONS if (file := narrowing_of("stars")) else {},
        consents=CONSENT_NAMES,
        makes_cards=bool(_holders(found)),
        keeps=bool(actor().reach(*operations.REGISTRARS)),
        labels=[
            (name, gettext("%(size)s 毫米，一页 %(count)s 张", size=one.size, count=one.count))
            for name, one in SHEETS.items()
        ],
        most_labels=max(one.count for one in SHEETS.values()),
        sought=sought,
        sealed=asked["sought"],
        before_url="" if sought else before or "",
        after_url="" if sought else after or "",
        more=bool(sought) and found.after,
    )


def _sealed(text: str) -> str:
    """A search that an address may carry: no name or phone in histories and logs."""
    return base64.urlsafe_b64encode(seal(text)).decode() if text else ""


def _opened(sealed: str) -> str:
    try:
        return unseal(base64.urlsafe_b64decode(sealed)) if sealed else ""
    except (ValueError, InvalidTag):
        raise SearchUnreadable from None
