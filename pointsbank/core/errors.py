"""The kinds of refusal, and a database that cannot be asked. An edge turns each into a status and a
sentence in the reader's language.
"""

import re
from typing import Any, ClassVar


def say(sentence: str) -> str:
    """Mark a Chinese sentence for the catalogues; the edge translates it when it is shown."""
    return sentence


def _code(error: Exception) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


class Refused(Exception):
    """Something that a person asked for and that the rules do not allow; nothing was written.

    ``sentence`` holds ``%(fact)s`` places which ``facts`` fills. Facts are numbers, codes,
    instants, dates
    and public names of things, never a person's name, number or phone: they may be logged.
    """

    sentence: ClassVar[str] = say("无法完成。")

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.sentence)
        self.facts = facts

    @property
    def code(self) -> str:
        """Stable name for programs: the class name in snake case."""
        return _code(self)

    def __str__(self) -> str:
        return f"{self.code} {self.facts}" if self.facts else self.code


class Invalid(Refused):
    """What came in is not of the form asked for (422). ``fields``: name to list of sentences."""

    sentence = say("填写的内容有误，请检查后重试。")

    def __init__(self, fields: dict[str, list[str]] | None = None, **facts: Any) -> None:
        super().__init__(**facts)
        self.fields = fields or {}


class Unauthenticated(Refused):
    """Nobody is signed in where somebody must be (401)."""

    sentence = say("请先登录。")


class Forbidden(Refused):
    """The actor lacks the role for this object (403)."""

    sentence = say("您没有办理此项的权限。")


class NotFound(Refused):
    """There is no such thing, or none that this actor may know of (404)."""

    sentence = say("没有找到。")


class Conflict(Refused):
    """The thing is not in a state for this (409)."""

    sentence = say("当前状态不能办理此项。")


class Exhausted(Refused):
    """There is not enough of it: points, stock, places (409)."""

    sentence = say("数量不足。")


class Unavailable(Exception):
    """The database cannot be asked now (503). No refusal: it says nothing about what was asked, and
    whether a write that was under way is kept, only its key repeated will tell.
    """

    sentence: ClassVar[str] = say(
        "系统暂时连不上数据库，请过一会儿再试。刚才那一步如果已经办成，重试也不会重复办理。"
    )

    @property
    def code(self) -> str:
        """Stable name for programs: the class name in snake case."""
        return _code(self)

    def __str__(self) -> str:
        return self.code


class Entangled(Unavailable):
    """Two transactions waited for each other, and the database undid this one (503)."""

    sentence = say("有人正在同时办理相关的事，这一步没有保存，请再试一次。")


class StorageFull(Unavailable):
    """There is no room left on the disk; nothing was written (507)."""

    sentence = say("服务器的磁盘已满，刚才的内容没有保存。请尽快联系系统管理员。")
