"""What is noted of a member beside her record: training, honours, deputy roles. Pure."""

from enum import StrEnum

from pointsbank.core.errors import Conflict, Invalid, NotFound, say


class NoteKind(StrEnum):
    TRAINING = "training"
    HONOUR = "honour"
    DEPUTY_ROLE = "deputy_role"


class DeputyKind(StrEnum):
    """两代表一委员: whose receptions and proposals are kept on file."""

    PARTY_DELEGATE = "party_delegate"
    PEOPLES_DEPUTY = "peoples_deputy"
    CPPCC_MEMBER = "cppcc_member"


class HonourLevel(StrEnum):
    """Who honoured her, from near to far."""

    COMMUNITY = "community"
    STREET = "street"
    COUNTY = "county"
    PREFECTURE = "prefecture"
    PROVINCE = "province"
    NATIONAL = "national"


DEPUTY_NAMES = {
    DeputyKind.PARTY_DELEGATE: say("党代表"),
    DeputyKind.PEOPLES_DEPUTY: say("人大代表"),
    DeputyKind.CPPCC_MEMBER: say("政协委员"),
}

HONOUR_LEVEL_NAMES = {
    HonourLevel.COMMUNITY: say("社区级"),
    HonourLevel.STREET: say("街道级"),
    HonourLevel.COUNTY: say("县级"),
    HonourLevel.PREFECTURE: say("市级"),
    HonourLevel.PROVINCE: say("省级"),
    HonourLevel.NATIONAL: say("国家级"),
}

MOST_NOTE_CHARACTERS = 80
MOST_TRAINING_MINUTES = 60_000


class NoteInvalid(Invalid):
    sentence = say("请填写名称和单位，各不超过 %(most)s 个字。")


class TrainingTooLong(Invalid):
    sentence = say("培训时长应为 0 到 %(most)s 分钟。")


class NoSuchNote(NotFound):
    sentence = say("没有这条记录。")


class AlreadyDeputy(Conflict):
    sentence = say("已登记为%(kind)s，请先结束原来的任期。")


class TermOver(Conflict):
    sentence = say("这一任期已于 %(until_on)s 结束。")


def check_note(text: str, *, least: int = 1) -> str:
    """A title, or the name of who gave it. Refuses: NoteInvalid."""
    bare = text.strip()
    if not least <= len(bare) <= MOST_NOTE_CHARACTERS:
        raise NoteInvalid(most=MOST_NOTE_CHARACTERS)
    return bare
