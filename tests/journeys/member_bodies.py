"""What the register's routes take, each with somebody who may call it and a good body."""

from typing import Any

from journeys.ground import Ground

DAY = "2026-11-21"


def member_jsons(ground: Ground) -> dict[tuple[str, str, str], dict[str, Any]]:
    her, here = f"/api/v1/members/{ground.place.li}", ground.place.community
    return {
        ("clerk", "POST", "/api/v1/members/searches"): {"sought": "王"},
        ("secretary", "POST", f"{her}/changes"): {"version": 1},
        ("secretary", "POST", f"{her}/moves"): {"on": DAY},
        ("secretary", "POST", f"{her}/consents"): {"kind": "sharing"},
        ("secretary", "POST", f"{her}/consents/withdrawal"): {"kind": "sharing"},
        ("secretary", "POST", "/api/v1/members/skills"): {"org_id": here, "name": "剪纸"},
    }  # fmt: skip


def member_forms(ground: Ground) -> dict[tuple[str, str], dict[str, Any]]:
    her, here = f"/members/{ground.place.li}", ground.place.community
    parts: dict[str, dict[str, Any]] = {
        "looks": {"what": "phone", "reason": "联系"},
        "record": {"version": 1, "name": "李建国"},
        "document": {"version": 1, "kind": "passport", "number": "E12345678"},
        "guardian": {"version": 1, "name": "李大山", "phone": "13900009999", "relation": "父亲"},
        "moves": {"residence_id": ground.place.grid, "on": DAY},
        "party-status": {"status": "full", "on": DAY},
        "teams": {"team_id": ground.place.team, "on": DAY},
        "teams/end": {"team_id": ground.place.team, "on": DAY},
        "consents": {"kind": "sharing"},
        "consents/withdrawal": {"kind": "sharing"},
        "training": {"title": "急救", "on": DAY},
        "honours": {"title": "优秀", "awarded_by": "社区", "level": "community", "on": DAY},
        "deputy-roles": {"kind": "party_delegate", "body": "第三届", "on": DAY},
        "deputy-roles/end": {"note_id": 1, "on": DAY},
        "struck-out-notes": {"kind": "training", "note_id": 1},
        "return": {"on": DAY},
    }
    return {
        **{("secretary", f"{her}/{part}"): body for part, body in parts.items()},
        ("volunteer", "/me/consents"): {"kind": "sharing"},
        ("volunteer", "/me/consents/withdrawal"): {"kind": "sharing"},
        ("secretary", "/skills"): {"org_id": here, "name": "剪纸"},
        ("secretary", "/households"): {"head_id": ground.place.li, "on": DAY},
        ("secretary", f"/households/{ground.household}/members"): {
            "number": "2026000002", "on": DAY,
        },
        ("secretary", f"/households/{ground.household}/members/end"): {
            "number": "2026000001", "on": DAY,
        },
        ("secretary", f"/households/{ground.household}/head"): {"head_id": ground.place.wang},
    }  # fmt: skip
