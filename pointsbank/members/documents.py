"""Identity documents: what their numbers say and may show. Pure, as rules are."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pointsbank.core.errors import Conflict, Invalid, say


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"


class DocumentKind(StrEnum):
    """What proves who somebody is. A residence permit is that of people from Hong Kong, Macao and
    Taiwan; a foreigner's card that of permanent residents.
    """

    ID_CARD = "id_card"
    RESIDENCE_PERMIT = "residence_permit"
    FOREIGNER_CARD = "foreigner_card"
    PASSPORT = "passport"
    OTHER = "other"


SEX_NAMES = {Sex.FEMALE: say("女"), Sex.MALE: say("男")}

DOCUMENT_NAMES = {
    DocumentKind.ID_CARD: say("居民身份证"),
    DocumentKind.RESIDENCE_PERMIT: say("港澳台居民居住证"),
    DocumentKind.FOREIGNER_CARD: say("外国人永久居留身份证"),
    DocumentKind.PASSPORT: say("护照"),
    DocumentKind.OTHER: say("其他证件"),
}


@dataclass(frozen=True, slots=True)
class Document:
    """An identity document as it was typed or, from ``check_document`` on, as it is."""

    kind: DocumentKind
    number: str


class DocumentInvalid(Invalid):
    sentence = say("证件号码有误，请对照%(kind)s核对。")


class DocumentTaken(Conflict):
    sentence = say("这个证件号码已经登记过，请先查询，不要重复登记。")


class BirthDisagrees(Invalid):
    sentence = say("出生日期与证件号码不一致，请核对。")


class SexDisagrees(Invalid):
    sentence = say("性别与证件号码不一致，请核对。")


def check_document(kind: DocumentKind, number: str) -> str:
    """The number as its document has it, or ``DocumentInvalid``.

    Of eighteen characters the check digit (GB 11643) and the birth date must hold; permits begin
    with 81, 82 or 83, foreigners' cards with 9. The region is not looked up: such lists change.
    """
    bare = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", number)).upper()
    if not _DOCUMENT_FORMS[kind].fullmatch(bare):
        raise DocumentInvalid(kind=DOCUMENT_NAMES[kind])
    follows_gb = len(bare) == _GB_11643 and kind in NUMBERED_KINDS
    if follows_gb and (with_check_digit(bare[:-1]) != bare or _birth(bare) is None):
        raise DocumentInvalid(kind=DOCUMENT_NAMES[kind])
    return bare


def with_check_digit(digits: str) -> str:
    """A number of seventeen digits with its eighteenth (GB 11643)."""
    weighed = sum(w * int(digit) for w, digit in zip(_WEIGHTS, digits, strict=True))
    return digits + "10X98765432"[weighed % 11]


_GB_11643 = 18
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
NUMBERED_KINDS = frozenset(
    {DocumentKind.ID_CARD, DocumentKind.RESIDENCE_PERMIT, DocumentKind.FOREIGNER_CARD}
)
_DOCUMENT_FORMS = {
    DocumentKind.ID_CARD: re.compile(r"(?!8[123]|9)[0-9]{17}[0-9X]"),
    DocumentKind.RESIDENCE_PERMIT: re.compile(r"8[123][0-9]{15}[0-9X]"),
    DocumentKind.FOREIGNER_CARD: re.compile(r"9[0-9]{16}[0-9X]|[A-Z]{3}[0-9]{12}"),
    DocumentKind.PASSPORT: re.compile(r"[A-Z0-9]{5,20}"),
    DocumentKind.OTHER: re.compile(r"[^\W_]{3,40}"),
}


def _birth(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def birth_of(document: Document) -> date | None:
    """The birth date that a checked number of eighteen characters holds."""
    numbered = document.kind in NUMBERED_KINDS and len(document.number) == _GB_11643
    return _birth(document.number) if numbered else None


def sex_of(document: Document) -> Sex | None:
    """The sex that a checked number of a Chinese document holds: its seventeenth digit."""
    if document.kind not in {DocumentKind.ID_CARD, DocumentKind.RESIDENCE_PERMIT}:
        return None
    return Sex.MALE if int(document.number[16]) % 2 else Sex.FEMALE


def document_tail(number: str) -> str:
    """What of a number may be shown: its last four, of a short one its last."""
    return number[-4:] if len(number) >= 8 else number[-1:]


def masked_document(tail: str) -> str:
    """****002X, from the tail that the register keeps in clear; nothing without a document."""
    return f"****{tail}" if tail else ""
