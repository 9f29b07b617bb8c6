"""The language of enrolment: imports and their findings, applications, report-ins."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from pointsbank.core.actor import Role
from pointsbank.core.errors import Conflict, Exhausted, Invalid, NotFound, say

IMPORTERS = (Role.SECRETARY, Role.ADMINISTRATOR)
"""Who may bring in a workbook: those who may register members."""
RECEIVERS = (Role.ORGANISER, Role.SECRETARY, Role.ADMINISTRATOR)
"""Who receives people at a desk: grid workers, secretaries, administrators."""
REPORT_READERS = (*RECEIVERS, Role.OFFICIAL)

CHUNK_ROWS = 1_000
"""How many rows one transaction takes: others' check-ins wait no longer than for these."""
APPLICATIONS_AN_HOUR = 20
"""From one address: more than a family's, fewer than a program's."""
APPLICATION_WINDOW = timedelta(hours=1)
APPLICATION_KEPT = timedelta(days=90)
"""How long an application waits; then what was written in it goes."""
CODE_LENGTH = 12
_CODE_LETTERS = "ACDEFGHJKMNPQRTUVWXY34679"  # read off paper: no 0/O, 1/I/L, 2/Z, 5/S, 8/B


class ImportState(StrEnum):
    """Where an import stands; those that end in -ing go on step by step."""

    UPLOADED = "uploaded"
    CHECKING = "checking"
    CHECKED = "checked"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    DISCARDED = "discarded"


STATE_NAMES = {
    ImportState.UPLOADED: say("待核对表头"),
    ImportState.CHECKING: say("检查中"),
    ImportState.CHECKED: say("检查完，未导入"),
    ImportState.APPLYING: say("导入中"),
    ImportState.APPLIED: say("已导入"),
    ImportState.UNDOING: say("撤销中"),
    ImportState.UNDONE: say("已撤销"),
    ImportState.DISCARDED: say("已作废"),
}
UNDER_WAY = frozenset({ImportState.CHECKING, ImportState.APPLYING, ImportState.UNDOING})


class Verdict(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    KNOWN = "known"
    DOUBTFUL = "doubtful"
    BAD = "bad"
    EMPTY = "empty"


VERDICT_NAMES = {
    Verdict.NEW: say("可登记"),
    Verdict.KNOWN: say("已登记"),
    Verdict.DOUBTFUL: say("有疑问"),
    Verdict.BAD: say("有错误"),
    Verdict.EMPTY: say("空行"),
}


class Trouble(StrEnum):
    """What is wrong with a row, or doubtful about it, or why it is not needed."""

    NAME = "name"
    PHONE = "phone"
    DOCUMENT = "document"
    DOCUMENT_ROUNDED = "document_rounded"
    BIRTH_ON = "birth_on"
    UNTELLABLE = "untellable"
    TOO_YOUNG = "too_young"
    GUARDIAN = "guardian"
    NO_COMMUNITY = "no_community"
    PHONE_OF_ANOTHER = "phone_of_another"
    DOCUMENT_OF_ANOTHER = "document_of_another"
    DOCUMENT_DIFFERS = "document_differs"
    HAS_LEFT = "has_left"
    SAME_PHONE_IN_ROW = "same_phone_in_row"
    TEXT_TOO_LONG = "text_too_long"

    REGISTERED = "registered"
    SAME_AS_ROW = "same_as_row"

    SEX = "sex"
    SEX_DIFFERS = "sex_differs"
    BIRTH_DIFFERS = "birth_differs"
    DATE = "date"
    PARTY_STATUS = "party_status"
    NO_GRID = "no_grid"
    NO_BUILDING_GROUP = "no_building_group"
    NO_EMPLOYER = "no_employer"
    NO_BRANCH = "no_branch"
    NO_TEAM = "no_team"
    NO_SKILL = "no_skill"
    REGISTERED_DIFFERS = "registered_differs"
    JOINED_WITHOUT_PARTY = "joined_without_party"
    SAME_NAME_AND_BIRTH = "same_name_and_birth"
    LIVES_ELSEWHERE = "lives_elsewhere"


TROUBLES = {
    Trouble.NAME: say("姓名为空或过长。"),
    Trouble.PHONE: say("手机号应为 11 位数字，以 1 开头。"),
    Trouble.DOCUMENT: say("证件号码不对，请核对每一位。"),
    Trouble.DOCUMENT_ROUNDED: say("证件号码存成了数字，末几位已丢失，请把该列设为文本后重填。"),
    Trouble.BIRTH_ON: say("出生日期看不懂，请写成 1980-01-31 这样。"),
    Trouble.UNTELLABLE: say("证件号码、手机号、出生日期至少填一项，否则无法判断是否重复登记。"),
    Trouble.TOO_YOUNG: say("未满 %(least)s 周岁，不能登记。"),
    Trouble.GUARDIAN: say("未满 18 周岁，请填写监护人姓名、电话和关系。"),
    Trouble.NO_COMMUNITY: say("没有找到这个社区，请填写系统中的社区名称。"),
    Trouble.PHONE_OF_ANOTHER: say("这个手机号已由别人登记，请核对；家人共用的可以留空。"),
    Trouble.DOCUMENT_OF_ANOTHER: say("这个证件号码已由别人登记，请核对姓名。"),
    Trouble.DOCUMENT_DIFFERS: say("同名、同手机号的人已登记，但证件号码不同，请核对。"),
    Trouble.HAS_LEFT: say("这个人登记过，后来退出了，请到成员页办理。"),
    Trouble.SAME_PHONE_IN_ROW: say("手机号与第 %(row)s 行相同，一个手机号只能登记一人。"),
    Trouble.TEXT_TOO_LONG: say("“%(column)s”一栏过长，请缩短到 %(most)s 个字以内。"),
    Trouble.REGISTERED: say("已经登记过，不重复登记。"),
    Trouble.SAME_AS_ROW: say("与第 %(row)s 行是同一人，不重复登记。"),
    Trouble.SEX: say("性别看不懂，将不填。"),
    Trouble.SEX_DIFFERS: say("性别与身份证不一致，将以身份证为准。"),
    Trouble.BIRTH_DIFFERS: say("出生日期与身份证不一致，将以身份证为准。"),
    Trouble.DATE: say("“%(column)s”看不懂，将不填。"),
    Trouble.PARTY_STATUS: say("政治面貌看不懂，将登记为群众。"),
    Trouble.NO_GRID: say("没有找到这个网格或小区，将登记在社区。"),
    Trouble.NO_BUILDING_GROUP: say("没有找到这个楼栋组或楼栋，将登记在上一级。"),
    Trouble.NO_EMPLOYER: say("没有找到这个工作单位，将不填。"),
    Trouble.NO_BRANCH: say("没有找到这个党支部，将不填。"),
    Trouble.NO_TEAM: say("没有找到这支志愿队，将不填。"),
    Trouble.REGISTERED_DIFFERS: say("登记日期与年龄或入党时间不符，将按今天登记。"),
    Trouble.NO_SKILL: say("有的技能不在技能名单里，将不填。"),
    Trouble.JOINED_WITHOUT_PARTY: say("政治面貌不是党员，入党时间将不填。"),
    Trouble.SAME_NAME_AND_BIRTH: say(
        "本社区已有同名、同生日的人，证件号码不同，请核对是否同一人。"
    ),
    Trouble.LIVES_ELSEWHERE: say("别的社区已有同名、同生日的人，可能需要办理转接，请核对。"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a row. ``facts`` hold rows and numbers, and names of columns."""

    trouble: Trouble
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return TROUBLES[self.trouble]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of a row, and why."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()


class ApplicationState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


APPLICATION_NAMES = {
    ApplicationState.PENDING: say("待审核"),
    ApplicationState.APPROVED: say("已通过"),
    ApplicationState.REFUSED: say("未通过"),
}


class NoSuchImport(NotFound):
    sentence = say("没有这次导入。")


class KeyReused(Conflict):
    sentence = say("这个操作编号已用于另一次操作，请重新操作。")


class ImportNotThere(Conflict):
    """The import is not in a state for this; facts: ``state``, the name of where it stands."""

    sentence = say("这次导入目前是“%(state)s”，不能这样办。")


class ContentRemoved(Conflict):
    sentence = say("上传的内容已按期清除，请重新上传。")


class ColumnTwice(Invalid):
    sentence = say("有两列都选了“%(column)s”，请只保留一列。")


class ColumnMissing(Invalid):
    sentence = say("请指定哪一列是“%(column)s”。")


class ColumnsMiscounted(Invalid):
    sentence = say("列数与文件不符，请刷新页面后重试。")


class NothingTells(Invalid):
    sentence = say("证件号码、手机号、出生日期至少要有一列，否则无法判断是否重复登记。")


class NotACommunity(Invalid):
    sentence = say("请选择社区或它的上级。")


class NoSuchApplication(NotFound):
    sentence = say("没有这份申请。请核对查询码，字母不分大小写。")


class ApplicationDecided(Conflict):
    sentence = say("这份申请已于 %(decided_on)s 办理，不能再改。")


class ConsentMissing(Invalid):
    sentence = say("请先阅读并勾选同意登记的说明。")


class ConsentOutdated(Conflict):
    sentence = say("同意事项的文本在她提交之后改过，请申请人重新填写。")


class TooManyApplications(Exhausted):
    sentence = say("这个网络提交的申请过多，请在 %(until)s 以后再试，或到社区办理。")


class SimilarMember(Conflict):
    """Somebody of that name and birth date lives there; asked again with ``although_similar``."""

    sentence = say("本社区已有同名、同生日的成员，请先核对是否同一人。")


class NoSuchReportIn(NotFound):
    sentence = say("没有这份报到。")


class NoSuchPerson(NotFound):
    sentence = say("没有找到。请输入完整的手机号或志愿者编号；未登记的请先登记。")


class NotInService(Invalid):
    sentence = say("只有在职党员需要报到：请先登记政治面貌和工作单位。")


class ReportedInAlready(Conflict):
    sentence = say("这位党员已于 %(on)s 报到，不必重复办理。")


class NotInThisCommunity(Invalid):
    sentence = say("请选择这位党员居住的社区及其网格。")


class ReceiptReturned(Conflict):
    sentence = say("回执已于 %(on)s 交回单位。")


class ReportInEnded(Conflict):
    sentence = say("这份报到已于 %(on)s 结束。")


class DayOutOfOrder(Invalid):
    sentence = say("日期不能早于 %(earliest)s，也不能晚于今天。")


def application_code(drawn: bytes) -> str:
    """What an applicant keeps to ask after her application, from random bytes."""
    number = int.from_bytes(drawn)
    letters = []
    for _ in range(CODE_LENGTH):
        number, place = divmod(number, len(_CODE_LETTERS))
        letters.append(_CODE_LETTERS[place])
    return "".join(letters)


def code_folded(typed: str) -> str:
    """The code that was meant: capitals, without blanks and hyphens."""
    return "".join(c for c in typed.upper() if c.isalnum())[: 2 * CODE_LENGTH]
