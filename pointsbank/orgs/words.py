"""How changes of the tree are told: beforehand, and in an organisation's history."""

from pointsbank.core.errors import say
from pointsbank.orgs.rules import Line, Verb

PREVIEWS = {
    Verb.FOUNDED: say("自%(on)s起，在“%(from)s”之下新设“%(to)s”（%(name)s）。"),
    Verb.RENAMED: say("自%(on)s起，“%(name)s”改名为“%(to)s”。往年的报表仍用当时的名称。"),
    Verb.MOVED: say(
        "自%(on)s起，“%(name)s”连同下级 %(below)s 个组织，由“%(from)s”划归“%(to)s”。"
        "往年的报表仍按当时的归属统计。"
    ),
    Verb.MERGED: say(
        "自%(on)s起，“%(name)s”并入“%(to)s”并撤销，下级 %(below)s 个组织随之划入。"
        "往年的报表仍按当时的组织统计。"
    ),
    Verb.SPLIT: say(
        "自%(on)s起，由“%(name)s”分设“%(to)s”，划出下级 %(below)s 个组织。"
        "往年的报表仍按当时的组织统计。"
    ),
    Verb.CLOSED: say("自%(on)s起，撤销“%(name)s”。往年的报表里它仍在。"),
}

FOLLOWS = say("一并转入的有：%(what)s。")
STAYS = say("留在“%(name)s”的有：%(what)s。")
RENAMES = say("与那里重名的下级改名为：%(names)s。")
ROLES_END = say("为“%(name)s”授予的角色从此不再有效，需要的请另行授予。")

DONE = {
    Verb.FOUNDED: say("已新设“%(name)s”。"),
    Verb.RENAMED: say("已改名为“%(name)s”。"),
    Verb.MOVED: say("“%(name)s”已划转。"),
    Verb.MERGED: say("“%(name)s”已并入。"),
    Verb.SPLIT: say("已分设“%(name)s”。"),
    Verb.CLOSED: say("“%(name)s”已撤销。"),
}

TITLES = {
    Verb.FOUNDED: say("新设下级组织"),
    Verb.RENAMED: say("改名"),
    Verb.MOVED: say("划转"),
    Verb.MERGED: say("合并"),
    Verb.SPLIT: say("拆分"),
    Verb.CLOSED: say("撤销组织"),
}

PEOPLE = {
    Line.TERRITORY: "residence_id",
    Line.PARTY: "branch_id",
    Line.EMPLOYER: "employer_id",
    Line.TEAM: "team_id",
}
"""By which filter of the register the people of an organisation are listed."""

OWN_HISTORY = {
    Verb.FOUNDED: say("在“%(to)s”之下设立"),
    Verb.RENAMED: say("由“%(before)s”改名为“%(after)s”"),
    Verb.MOVED: say("由“%(from)s”划归“%(to)s”"),
    Verb.MERGED: say("并入“%(to)s”"),
    Verb.SPLIT: say("由“%(from)s”分设"),
    Verb.CLOSED: say("本组织撤销"),
}

ELSEWHERE = {
    ("from", Verb.MOVED): say("“%(name)s”划归“%(to)s”"),
    ("to", Verb.MOVED): say("“%(name)s”由“%(from)s”划入"),
    ("to", Verb.MERGED): say("“%(name)s”并入"),
    ("from", Verb.MERGED): say("下级“%(name)s”并入“%(to)s”"),
    ("from", Verb.SPLIT): say("分设“%(name)s”"),
    ("to", Verb.SPLIT): say("下级“%(name)s”由“%(from)s”分设"),
    ("to", Verb.FOUNDED): say("新设下级“%(name)s”"),
    ("from", Verb.CLOSED): say("下级“%(name)s”撤销"),
}
"""What happened to another organisation, told on the page of the one it came to or left."""
