"""Identity documents, minors, and what a row must be before it is registered."""

from dataclasses import replace
from datetime import date

import pytest

from pointsbank.core.errors import Refused
from pointsbank.members import rules
from pointsbank.members.rules import (
    BirthDisagrees,
    DayInFuture,
    Document,
    DocumentInvalid,
    DocumentKind,
    Guardian,
    GuardianMissing,
    JoinedWithoutParty,
    NameInvalid,
    NewMember,
    NoSuchSkill,
    PartyStatus,
    PhoneInvalid,
    RegistrationRule,
    RelationInvalid,
    Sex,
    SexDisagrees,
    TooLong,
    TooYoung,
)

DAY = date(2026, 11, 21)
K = DocumentKind


@pytest.mark.parametrize(
    ("kind", "typed", "number"),
    [
        (K.ID_CARD, "11010519491231002X", "11010519491231002X"),
        (K.ID_CARD, " 110105 19491231 002x ", "11010519491231002X"),
        (K.ID_CARD, "１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        (K.ID_CARD, "440524188001010014", "440524188001010014"),
        (K.ID_CARD, "34052419800101001X", "34052419800101001X"),
        (K.ID_CARD, "220802197001010016", "220802197001010016"),
        (K.RESIDENCE_PERMIT, "810000199408230021", "810000199408230021"),
        (K.RESIDENCE_PERMIT, "830000199201300022", "830000199201300022"),
        (K.FOREIGNER_CARD, "ABC110080010101", "ABC110080010101"),
        (K.PASSPORT, "e-1234 5678", "E12345678"),
        (K.OTHER, "军字第0012345号", "军字第0012345号"),
    ],
)
def test_a_document_is_taken_however_it_is_typed(
    kind: DocumentKind, typed: str, number: str
) -> None:
    assert rules.check_document(kind, typed) == number


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (K.ID_CARD, "110105194912310021"),  # the check digit
        (K.ID_CARD, "110105194902300021"),  # no such day
        (K.ID_CARD, "11010519491231002"),
        (K.ID_CARD, "810000199408230021"),  # a residence permit's number
        (K.RESIDENCE_PERMIT, "11010519491231002X"),
        (K.FOREIGNER_CARD, "11010519491231002X"),
        (K.PASSPORT, "123"),
        (K.OTHER, "12"),
        (K.OTHER, ""),
    ],
)
def test_what_is_no_such_document_is_refused(kind: DocumentKind, typed: str) -> None:
    with pytest.raises(DocumentInvalid):
        rules.check_document(kind, typed)


def test_a_number_that_checks_but_has_no_birth_date_is_refused() -> None:
    body = "11010519490230002"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    last = "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]
    with pytest.raises(DocumentInvalid):
        rules.check_document(K.ID_CARD, body + last)


def test_a_number_tells_birth_and_sex_and_shows_four_characters_at_most() -> None:
    card = Document(K.ID_CARD, "11010519491231002X")
    assert (rules.birth_of(card), rules.sex_of(card)) == (date(1949, 12, 31), Sex.FEMALE)
    assert rules.sex_of(Document(K.ID_CARD, "440524188001010014")) is Sex.MALE
    passport = Document(K.PASSPORT, "E12345678")
    assert (rules.birth_of(passport), rules.sex_of(passport)) == (None, None)
    assert rules.masked_document(rules.document_tail(card.number)) == "****002X"
    assert rules.masked_document(rules.document_tail("E1234")) == "****4"
    assert rules.masked_document("") == ""


@pytest.mark.parametrize(
    ("born", "guardian", "rule", "refusal"),
    [
        (None, False, RegistrationRule(), None),
        (date(2008, 11, 21), False, RegistrationRule(), None),
        (date(2008, 11, 22), False, RegistrationRule(), GuardianMissing),
        (date(2008, 11, 22), True, RegistrationRule(), None),
        (date(2012, 11, 21), True, RegistrationRule(), None),
        (date(2012, 11, 22), True, RegistrationRule(), TooYoung),
        (date(2012, 11, 22), True, RegistrationRule(least_age=10), None),
        (date(2012, 11, 22), False, RegistrationRule(least_age=10), GuardianMissing),
        (date(2026, 11, 22), True, RegistrationRule(least_age=0), DayInFuture),
    ],
)
def test_minors_need_a_guardian_and_the_youngest_a_rule(
    born: date | None, guardian: bool, rule: RegistrationRule, refusal: type[Refused] | None
) -> None:
    if refusal is None:
        rules.check_age(born, has_guardian=guardian, on=DAY, rule=rule)
        return
    with pytest.raises(refusal):
        rules.check_age(born, has_guardian=guardian, on=DAY, rule=rule)


def test_a_hopeless_row_is_refused_fault_by_fault() -> None:
    card = Document(K.ID_CARD, "110105194912310021")
    row = NewMember(
        " ", 1, "138", document=card, birth_on=date(2027, 1, 1), sex=Sex.MALE,
        joined_party_on=date(2027, 1, 1), skills=("飞行",), available="久" * 201,
        guardian=Guardian("", "1", " "),
    )  # fmt: skip
    father = Guardian("王大山", "13900009999", "父亲")
    mendings: list[tuple[type[Refused], dict[str, object]]] = [
        (NameInvalid, {"name": "王桂芳"}),
        (PhoneInvalid, {"phone": ""}),
        (DocumentInvalid, {"document": replace(card, number="11010519491231002X")}),
        (BirthDisagrees, {"birth_on": None}),
        (SexDisagrees, {"document": None, "birth_on": date(2027, 1, 1)}),
        (DayInFuture, {"birth_on": date(2020, 1, 1)}),
        (TooYoung, {"birth_on": date(2010, 1, 1)}),
        (JoinedWithoutParty, {"party_status": PartyStatus.FULL}),
        (DayInFuture, {"joined_party_on": date(2026, 1, 1)}),
        (NoSuchSkill, {"skills": ("理发", "理发")}),
        (TooLong, {"available": " 周末 "}),
        (NameInvalid, {"guardian": replace(father, phone="1", relation=" ")}),
        (PhoneInvalid, {"guardian": replace(father, relation=" ")}),
        (RelationInvalid, {"guardian": father}),
    ]
    for refusal, mending in mendings:
        with pytest.raises(refusal):
            rules.checked(row, on=DAY, rule=RegistrationRule(), skills=rules.SKILLS)
        row = replace(row, **mending)  # type: ignore[arg-type]
    good = rules.checked(row, on=DAY, rule=RegistrationRule(), skills=rules.SKILLS)
    assert (good.skills, good.available, good.guardian) == (("理发",), "周末", father)
    with pytest.raises(GuardianMissing):
        rules.checked(
            replace(row, guardian=None), on=DAY, rule=RegistrationRule(), skills=rules.SKILLS
        )


def test_a_document_fills_in_what_was_left_out() -> None:
    row = NewMember("王桂芳", 1, document=Document(K.ID_CARD, "11010519491231002x"))
    good = rules.checked(row, on=DAY, rule=RegistrationRule(), skills=())
    assert (good.birth_on, good.sex) == (date(1949, 12, 31), Sex.FEMALE)
    passport = NewMember("Anna", 1, document=Document(K.PASSPORT, "E12345678"), sex=Sex.FEMALE)
    assert rules.with_document(passport).birth_on is None
