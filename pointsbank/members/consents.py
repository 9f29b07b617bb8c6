"""Consents: what a member agrees to, in which words, and how. Pure."""

from enum import StrEnum

from pointsbank.core.errors import Conflict, say


class Consent(StrEnum):
    """What a member agrees to, each by itself, withdrawn as easily (PIPL art. 14, 15, 23, 25)."""

    REGISTRATION = "registration"
    PUBLICATION = "publication"
    SHARING = "sharing"


class ConsentWay(StrEnum):
    """How a consent was given."""

    ONLINE = "online"
    PAPER = "paper"


CONSENT_NAMES = {
    Consent.REGISTRATION: say("登记个人信息"),
    Consent.PUBLICATION: say("公示姓名和服务记录"),
    Consent.SHARING: say("向单位和上级提供服务记录"),
}

CONSENT_WAY_NAMES = {ConsentWay.ONLINE: say("网上确认"), ConsentWay.PAPER: say("书面签字")}

CONSENT_TEXTS = {
    Consent.REGISTRATION: say(
        "同意社区为组织志愿服务登记我的姓名、联系方式、证件和服务情况。退出后按规定保留服务记录。"
    ),
    Consent.PUBLICATION: say("同意在公示和表彰中使用我的姓名（按规定隐去部分字）和服务情况。"),
    Consent.SHARING: say("同意把我的服务记录提供给我的工作单位、所在党组织和上级主管部门。"),
}
"""What is agreed to until a bank adopts a text of its own."""

PROGRAM_TEXT = 1
"""Their version."""


class LeaveInstead(Conflict):
    """Without a consent to be registered nobody stays in the register."""

    sentence = say("撤回登记个人信息的同意就是退出登记，请办理退出登记。")


class NoSuchConsent(Conflict):
    sentence = say("没有可撤回的同意记录。")
