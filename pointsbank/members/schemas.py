"""Members as JSON and as forms, and what the member list is asked."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext

from pointsbank.members.labels import Labels
from pointsbank.members.minors import MOST_RELATION_CHARACTERS
from pointsbank.members.names import MOST_NAME_CHARACTERS
from pointsbank.members.rules import (
    MOST_NOTE_CHARACTERS,
    MOST_TEXT_CHARACTERS,
    MOST_TRAINING_MINUTES,
    Consent,
    ConsentWay,
    DeputyKind,
    Document,
    DocumentKind,
    Guardian,
    HonourLevel,
    NoteKind,
    PartyStatus,
    Secret,
    Sex,
)
from pointsbank.web.schemas import Day, Request, Text, View, Whole, choice


def _id(**options: Any) -> Whole:
    return Whole(least=1, **options)


class FormOfParts(Request):
    """A form, whose empty inputs count as nothing filled in."""

    @ma.pre_load
    def _drop_empty(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {name: data[name] for name in data if data[name] not in ("", [""])}


class FiltersQuery(FormOfParts):
    residence_id = _id(metadata={"description": "lives in this organisation or below it"})
    branch_id = _id()
    employer_id = _id()
    team_id = _id()
    party_status = choice(PartyStatus)
    stars = Whole(most=9, metadata={"description": "stands at this star today"})
    agreed = choice(Consent, metadata={"description": "agrees to this"})
    not_agreed = choice(Consent, metadata={"description": "does not, or no longer, agree to this"})
    left = ma.fields.Boolean(metadata={"description": "who left the register, not who is in it"})


class MembersQuery(FiltersQuery):
    sought = Text(400, least=0, load_default="", metadata={"description": "a sealed search"})
    after = _id(metadata={"description": "the member before the page's first"})
    before = _id(metadata={"description": "the member after the page's last"})


class CardsQuery(MembersQuery):
    """Whose cards, and the sheet of labels they go on; without one they are to be cut out."""

    labels = choice(Labels)
    first = Whole(
        least=1, load_default=1, metadata={"description": "the first label that is still there"}
    )


class MemberPageQuery(FiltersQuery):
    after = _id(metadata={"description": "the `next` of the page before"})
    most = Whole(least=1, most=200, load_default=50)


class SearchRequest(FiltersQuery):
    sought = Text(50, least=0, load_default="")


class MemberSearchRequest(FiltersQuery):
    sought = Text(
        50, required=True, metadata={"description": "name, pinyin, phone, document, card or number"}
    )


class RecordForm(FormOfParts):
    """The plain part of a record. A phone left empty stays as it is: it is never shown in full."""

    version = _id(required=True)
    name = Text(MOST_NAME_CHARACTERS, required=True)
    phone = Text(20)
    without_phone = ma.fields.Boolean(load_default=False)
    sex = choice(Sex, load_default=None)
    birth_on = Day(load_default=None)
    skills = ma.fields.List(Text(20), load_default=list)
    available = Text(MOST_TEXT_CHARACTERS, load_default="")

    @ma.post_load
    def _as_changes(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data.pop("without_phone"):
            data["phone"] = ""
        return {**data, "skills": tuple(data["skills"])}


class ChangeRequest(Request):
    """What is not named stays."""

    version = _id(required=True)
    name = Text(MOST_NAME_CHARACTERS)
    phone = Text(20, least=0, metadata={"description": "empty: none"})
    sex = choice(Sex, allow_none=True)
    birth_on = Day(allow_none=True)
    skills = ma.fields.List(Text(20))
    available = Text(MOST_TEXT_CHARACTERS, least=0)

    @ma.post_load
    def _as_changes(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "skills": tuple(data["skills"])} if "skills" in data else data


def _check_whole(data: Mapping[str, Any], *names: str) -> None:
    """All of these or none: a part left empty by mistake would take the whole away."""
    empty = [name for name in names if not data.get(name)]
    if 0 < len(empty) < len(names):
        raise ma.ValidationError([str(lazy_gettext("请填写此项。"))], empty[0])


class DocumentForm(FormOfParts):
    """No kind and no number: the document is registered no more."""

    version = _id(required=True)
    kind = choice(DocumentKind)
    number = Text(40)

    @ma.post_load
    def _as_changes(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        _check_whole(data, "kind", "number")
        kind, number = data.pop("kind", None), data.pop("number", None)
        return {**data, "document": Document(kind, number) if kind and number else None}


class GuardianForm(FormOfParts):
    version = _id(required=True)
    name = Text(MOST_NAME_CHARACTERS)
    phone = Text(20, load_default="")
    relation = Text(MOST_RELATION_CHARACTERS, load_default="")

    @ma.post_load
    def _as_changes(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        _check_whole(data, "name", "phone", "relation")
        phone, relation = data.pop("phone"), data.pop("relation")
        name = data.pop("name", None)
        return {**data, "guardian": Guardian(name, phone, relation) if name else None}


class MoveForm(FormOfParts):
    """What is not chosen is taken away, but for the residence."""

    residence_id = _id(required=True)
    branch_id = _id(load_default=None)
    employer_id = _id(load_default=None)
    on = Day(required=True)


class MemberMoveRequest(Request):
    residence_id = _id()
    branch_id = _id(allow_none=True)
    employer_id = _id(allow_none=True)
    on = Day(required=True)


class PartyStatusForm(FormOfParts):
    status = choice(PartyStatus, required=True)
    on = Day(required=True)
    joined_on = Day()


class TeamForm(FormOfParts):
    team_id = _id(required=True)
    on = Day(required=True)


class DayForm(FormOfParts):
    on = Day(required=True)


class ConsentForm(FormOfParts):
    kind = choice(Consent, required=True)
    way = choice(ConsentWay, load_default=ConsentWay.PAPER)


class ConsentRequest(Request):
    kind = choice(Consent, required=True)
    way = choice(ConsentWay, load_default=ConsentWay.PAPER)


class WithdrawalRequest(Request):
    kind = choice(Consent, required=True)


class WithdrawalForm(FormOfParts):
    kind = choice(Consent, required=True)


class SkillRequest(Request):
    org_id = _id(required=True)
    name = Text(20, required=True)


class SkillsView(View):
    skills = ma.fields.List(ma.fields.String())


class TrainingForm(FormOfParts):
    title = Text(MOST_NOTE_CHARACTERS, required=True)
    provider = Text(MOST_NOTE_CHARACTERS, least=0, load_default="")
    on = Day(required=True)
    minutes = Whole(most=MOST_TRAINING_MINUTES, load_default=0)


class HonourForm(FormOfParts):
    title = Text(MOST_NOTE_CHARACTERS, required=True)
    awarded_by = Text(MOST_NOTE_CHARACTERS, required=True)
    level = choice(HonourLevel, required=True)
    on = Day(required=True)


class DeputyForm(FormOfParts):
    kind = choice(DeputyKind, required=True)
    body = Text(MOST_NOTE_CHARACTERS, required=True)
    on = Day(required=True)


class TermForm(FormOfParts):
    note_id = _id(required=True)
    on = Day(required=True)


class NoteForm(FormOfParts):
    kind = choice(NoteKind, required=True)
    note_id = _id(required=True)


class LookForm(FormOfParts):
    what = choice(Secret, required=True)
    reason = Text(MOST_TEXT_CHARACTERS, load_default="")


class HouseholdForm(FormOfParts):
    head_id = _id(required=True)
    on = Day(required=True)


class RelativeForm(FormOfParts):
    number = Text(20, required=True, metadata={"description": "volunteer number"})
    on = Day(required=True)


class HeadForm(FormOfParts):
    head_id = _id(required=True)


class MemberView(View):
    id = ma.fields.Integer()
    number = ma.fields.String(metadata={"description": "volunteer number"})
    name = ma.fields.String()
    phone = ma.fields.String(metadata={"description": "masked; empty where there is none"})
    residence_id = ma.fields.Integer()
    branch_id = ma.fields.Integer(
        allow_none=True, metadata={"description": "null for roles that do not need it"}
    )
    employer_id = ma.fields.Integer(allow_none=True)
    party_status = choice(
        PartyStatus,
        allow_none=True,
        metadata={"description": "null for roles that do not need it"},
    )
    registered_on = ma.fields.Date()
    left_on = ma.fields.Date(allow_none=True)
    version = ma.fields.Integer(metadata={"description": "to be sent with a change"})


class MembersView(View):
    members = ma.fields.List(ma.fields.Nested(MemberView))
    next = ma.fields.Integer(
        allow_none=True, metadata={"description": "`after` of the next page; null on the last"}
    )


class FoundView(View):
    members = ma.fields.List(ma.fields.Nested(MemberView))
    more = ma.fields.Boolean(metadata={"description": "type more to see the others"})
