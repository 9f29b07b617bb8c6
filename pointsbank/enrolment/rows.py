"""A row of a workbook, understood: whom it names, where she lives, what is wrong. Pure."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from pointsbank.core.errors import Refused
from pointsbank.enrolment.headings import COLUMN_NAMES, Column
from pointsbank.enrolment.rules import Finding, Trouble
from pointsbank.members.rules import (
    IN_THE_PARTY,
    MOST_TEXT_CHARACTERS,
    Document,
    DocumentKind,
    Guardian,
    GuardianMissing,
    NewMember,
    PartyStatus,
    RegistrationRule,
    Sex,
    TooYoung,
    birth_of,
    check_age,
    check_document,
    check_guardian,
    check_name,
    check_phone,
    checked,
    sex_of,
)
from pointsbank.orgs.rules import BUILDING, BUILDING_GROUP, ESTATE, GRID

MOST_FORMER_CHARACTERS = 40
_SEXES = {"女": Sex.FEMALE, "男": Sex.MALE, "女性": Sex.FEMALE, "男性": Sex.MALE}
_PARTY = {
    **dict.fromkeys(("中共党员", "党员", "正式党员", "中共正式党员"), PartyStatus.FULL),
    **dict.fromkeys(("中共预备党员", "预备党员"), PartyStatus.PROBATIONARY),
    **dict.fromkeys(
        ("入党申请人", "入党积极分子", "积极分子", "发展对象", "申请入党"), PartyStatus.APPLICANT
    ),
    **dict.fromkeys(
        (
            "",
            "群众",
            "普通居民",
            "共青团员",
            "团员",
            "无党派人士",
            "无党派",
            "民主党派",
            "少先队员",
        ),
        PartyStatus.NONE,
    ),
}
_DOCUMENT_WORDS = (
    ("居住证", DocumentKind.RESIDENCE_PERMIT),
    ("永久居留", DocumentKind.FOREIGNER_CARD),
    ("外国人", DocumentKind.FOREIGNER_CARD),
    ("护照", DocumentKind.PASSPORT),
    ("身份证", DocumentKind.ID_CARD),
)
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2}))?[日月]?(?: .*)?")
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_SERIAL_ZERO = date(1899, 12, 30)  # how a spreadsheet counts days
_LISTED = re.compile(r"[,，、;；/\s]+")


_NOBODY = NewMember("", 0)


@dataclass(frozen=True, slots=True)
class Places:
    """The organisations that rows may name, by name.

    ``only`` is the community of an import for one community; ``inside`` are its parts by community,
    kind and name; branches and teams come with the community that they are of.
    """

    only: int | None
    communities: Mapping[str, Sequence[int]]
    inside: Mapping[tuple[int, str, str], Sequence[int]]
    employers: Mapping[str, Sequence[tuple[int, int | None]]]
    branches: Mapping[str, Sequence[tuple[int, int | None]]]
    teams: Mapping[str, Sequence[tuple[int, int | None]]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a row is judged by: the day, each community's rule, the bank's skills."""

    on: date
    rules: Mapping[int, RegistrationRule]
    skills: Collection[str]


@dataclass(slots=True)
class Row:
    """What a row says. ``member`` is whom to register unless there are ``problems``."""

    facts: dict[str, Any]
    member: NewMember = _NOBODY
    community_id: int = 0
    former_number: str = ""
    problems: list[Finding] = field(default_factory=list)
    doubts: list[Finding] = field(default_factory=list)

    def bad(self, trouble: Trouble, **facts: object) -> None:
        self.problems.append(Finding(trouble, dict(facts)))

    def doubt(self, trouble: Trouble, **facts: object) -> None:
        self.doubts.append(Finding(trouble, dict(facts)))


def understood(cells: Mapping[Column, str], places: Places, terms: Terms) -> Row:
    """The row with everything that is wrong or doubtful about it, the register aside."""
    said = {column: _folded(text) for column, text in cells.items() if text}
    row = Row({"name": cells.get(Column.NAME, ""), "residence_id": 0})
    _place(row, said, places)
    _who(row, said)
    _when_born(row, said, terms)
    _party(row, said, places, terms)
    _volunteer(row, said, cells, places, terms)
    row.member = NewMember(**row.facts)
    if Column.REGISTERED_ON in said and not row.problems:
        _as_registered(row, said, terms)
    return row


def _as_registered(row: Row, said: Mapping[Column, str], terms: Terms) -> None:
    """Hold the row against the register's own rules on the day of registration that it names.

    Where it was another rule's day (she was a child, or joined the party later), today is taken.
    """
    rule = terms.rules.get(row.community_id, RegistrationRule())
    registered_on = _past_day(row, said, Column.REGISTERED_ON, terms)
    if registered_on is None:
        return
    new = replace(row.member, registered_on=registered_on)
    try:
        row.member = checked(new, on=registered_on, rule=rule, skills=terms.skills)
    except Refused:
        row.doubt(Trouble.REGISTERED_DIFFERS)


def day_of(text: str) -> tuple[date | None, bool]:
    """The day that a cell means, and whether it names the day and not the month alone."""
    found = _DAY.fullmatch(text) or _DIGITS.fullmatch(text)
    try:
        if found:
            year, month, day = found.groups()
            return date(int(year), int(month), int(day or 1)), day is not None
        if re.fullmatch(r"[1-6]\d{4}", text):
            return _SERIAL_ZERO + timedelta(days=int(text)), True
    except ValueError:
        pass
    return None, False


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _place(row: Row, said: Mapping[Column, str], places: Places) -> None:
    """Where she lives: the community named or the only one, then its grid and building group."""
    named = said.get(Column.COMMUNITY, "")
    found = _named(places.communities, named) if named else []
    community_id = found[0] if len(found) == 1 else None if named else places.only
    if community_id is None:
        row.bad(Trouble.NO_COMMUNITY)
        return
    residence_id = row.community_id = community_id
    for column, kinds, trouble in (
        (Column.GRID, (GRID, ESTATE), Trouble.NO_GRID),
        (Column.BUILDING_GROUP, (BUILDING_GROUP, BUILDING), Trouble.NO_BUILDING_GROUP),
    ):
        if name := said.get(column):
            inside = [
                o for kind in kinds for o in places.inside.get((residence_id, kind, name), ())
            ]
            if len(inside) == 1:
                residence_id = inside[0]
            else:
                row.doubt(trouble)
    row.facts["residence_id"] = residence_id


def _named(known: Mapping[str, Sequence[int]], name: str) -> Sequence[int]:
    return known.get(name) or known.get(f"{name}社区") or ()


def _who(row: Row, said: Mapping[Column, str]) -> None:
    """Name, phone, document, and sex."""
    name, phone, document = row.facts["name"], "", None
    try:
        name = check_name(name)
    except Refused:
        row.bad(Trouble.NAME)
    if typed := said.get(Column.PHONE):
        try:
            phone = check_phone(typed)
        except Refused:
            row.bad(Trouble.PHONE)
    if typed := said.get(Column.DOCUMENT):
        document = _document(row, typed, said.get(Column.DOCUMENT_KIND, ""))
    sex = _SEXES.get(said.get(Column.SEX, ""))
    if sex is None and said.get(Column.SEX):
        row.doubt(Trouble.SEX)
    proved = sex_of(document) if document else None
    if proved and sex and proved is not sex:
        row.doubt(Trouble.SEX_DIFFERS)
    row.facts |= {"name": name, "phone": phone, "document": document, "sex": proved or sex}


def _document(row: Row, typed: str, kind_typed: str) -> Document | None:
    if re.fullmatch(r"[\d.]+e\+\d+", typed, re.IGNORECASE):
        row.bad(Trouble.DOCUMENT_ROUNDED)
        return None
    kind = document_kind(typed.upper(), kind_typed)
    try:
        return Document(kind, check_document(kind, typed))
    except Refused:
        row.bad(Trouble.DOCUMENT)
        return None


def document_kind(number: str, typed: str) -> DocumentKind:
    """The kind that a cell names, or that the number's form gives away."""
    for word, kind in _DOCUMENT_WORDS:
        if word in typed:
            return kind
    if typed:
        return DocumentKind.OTHER
    if len(number) == 18 and number[:2] in {"81", "82", "83"}:
        return DocumentKind.RESIDENCE_PERMIT
    if (len(number) == 18 and number[0] == "9") or re.fullmatch(r"[A-Z]{3}\d{12}", number):
        return DocumentKind.FOREIGNER_CARD
    return DocumentKind.PASSPORT if re.fullmatch(r"[A-Z]{1,2}\d{7,8}", number) else (
        DocumentKind.ID_CARD
    )  # fmt: skip


def _when_born(row: Row, said: Mapping[Column, str], terms: Terms) -> None:
    """Birth date, by the document where both say; and whether a guardian must have agreed."""
    typed, exact = day_of(said.get(Column.BIRTH_ON, ""))
    document = row.facts["document"]
    proved = birth_of(document) if document else None
    if proved and typed and (typed if exact else typed.replace(day=proved.day)) != proved:
        row.doubt(Trouble.BIRTH_DIFFERS)
    born = proved or (typed if exact else None)
    if born is None and said.get(Column.BIRTH_ON):
        row.bad(Trouble.BIRTH_ON)
    if born and (born > terms.on or born.year < 1900):
        row.bad(Trouble.BIRTH_ON)
        born = None
    row.facts["birth_on"] = born
    tells = row.facts["phone"] or document or born
    if not tells and not row.problems:
        row.bad(Trouble.UNTELLABLE)
    if born:
        _young(row, said, terms, born)


def _young(row: Row, said: Mapping[Column, str], terms: Terms, born: date) -> None:
    """Nobody under the least age; of a minor a guardian, whose data a grown person's row loses."""
    rule = terms.rules.get(row.community_id, RegistrationRule())
    try:
        check_age(born, has_guardian=False, on=terms.on, rule=rule)
    except TooYoung:
        row.bad(Trouble.TOO_YOUNG, least=rule.least_age)
    except GuardianMissing:
        given = (Column.GUARDIAN_NAME, Column.GUARDIAN_PHONE, Column.GUARDIAN_RELATION)
        try:
            guardian = check_guardian(Guardian(*(said.get(column, "") for column in given)))
            row.facts["guardian"] = guardian
        except Refused:
            row.bad(Trouble.GUARDIAN)


def _party(row: Row, said: Mapping[Column, str], places: Places, terms: Terms) -> None:
    """Party status and since when, branch, employer."""
    status = _PARTY.get(said.get(Column.PARTY_STATUS, ""))
    if status is None:
        row.doubt(Trouble.PARTY_STATUS)
        status = PartyStatus.NONE
    joined_on = _past_day(row, said, Column.JOINED_PARTY_ON, terms)
    if joined_on and status not in IN_THE_PARTY:
        row.doubt(Trouble.JOINED_WITHOUT_PARTY)
        joined_on = None
    row.facts |= {
        "party_status": status,
        "joined_party_on": joined_on,
        "branch_id": _one(row, said.get(Column.BRANCH), places.branches, Trouble.NO_BRANCH),
        "employer_id": _one(row, said.get(Column.EMPLOYER), places.employers, Trouble.NO_EMPLOYER),
    }


def _past_day(row: Row, said: Mapping[Column, str], column: Column, terms: Terms) -> date | None:
    """A day until today; of a month its first. What cannot be read is left out, and said."""
    if not (typed := said.get(column)):
        return None
    day, _ = day_of(typed)
    if day is None or day > terms.on or day.year < 1900:
        row.doubt(Trouble.DATE, column=COLUMN_NAMES[column])
        return None
    return day


def _one(
    row: Row,
    name: str | None,
    known: Mapping[str, Sequence[tuple[int, int | None]]],
    trouble: Trouble,
) -> int | None:
    """The organisation of this name: her community's own, or the only one."""
    if not name:
        return None
    found = known.get(name, ())
    near = [org_id for org_id, community_id in found if community_id == row.community_id]
    chosen = near or [org_id for org_id, _ in found]
    if len(chosen) == 1:
        return chosen[0]
    row.doubt(trouble)
    return None


def _volunteer(
    row: Row,
    said: Mapping[Column, str],
    cells: Mapping[Column, str],
    places: Places,
    terms: Terms,
) -> None:
    """Number elsewhere, teams, skills, free times, since when."""
    for column, most in (
        (Column.FORMER_NUMBER, MOST_FORMER_CHARACTERS),
        (Column.AVAILABLE, MOST_TEXT_CHARACTERS),
    ):
        if len(cells.get(column, "").strip()) > most:
            row.bad(Trouble.TEXT_TOO_LONG, column=COLUMN_NAMES[column], most=most)
    row.former_number = said.get(Column.FORMER_NUMBER, "")
    teams = [
        _one(row, name, places.teams, Trouble.NO_TEAM)
        for name in _listed(said.get(Column.TEAM, ""), places.teams)
    ]
    skills = [skill for skill in _LISTED.split(said.get(Column.SKILLS, "")) if skill]
    if any(skill not in terms.skills for skill in skills):
        row.doubt(Trouble.NO_SKILL)
    row.facts |= {
        "team_ids": tuple(team_id for team_id in teams if team_id is not None),
        "skills": tuple(dict.fromkeys(skill for skill in skills if skill in terms.skills)),
        "available": cells.get(Column.AVAILABLE, "").strip(),
    }


def _listed(text: str, known: Collection[str]) -> list[str]:
    """The names in a cell: one that is known as it stands, or several with marks between."""
    return [text] if text in known else [name for name in _LISTED.split(text) if name]
