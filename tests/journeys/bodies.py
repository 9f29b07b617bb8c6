"""What each route takes: somebody who may call it, and a good body or a good form."""

from typing import Any

from conftest import NOW
from journeys.event_bodies import event_forms, event_jsons
from journeys.ground import Ground
from journeys.ground_enrolment import enrolment_forms, enrolment_jsons
from journeys.ground_settlement import settlement_forms, settlement_jsons
from journeys.member_bodies import member_forms, member_jsons
from journeys.signup_bodies import signup_forms, signup_jsons

from pointsbank.access import queries as access
from pointsbank.attendance import claims
from pointsbank.core import tokens
from pointsbank.core.database import snapshot
from pointsbank.exchange import customers
from pointsbank.local_rules.queries import rule_kinds
from pointsbank.persons import questions
from pointsbank.persons.questions import Question
from pointsbank.persons.rules import ErasureAsked


def jsons(ground: Ground) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Each JSON route that takes a body, with somebody who may call it and a good body."""
    here = ground.place.community
    key = "a-key-of-mine"
    line = {"goods_id": ground.goods, "quantity": 1}
    transfer = f"/api/v1/membership-transfers/{ground.transfer}"
    question = Question(ErasureAsked.IN_PERSON, NOW.date())
    erasure = questions.put(ground.place.administrator, ground.place.li, question, at=NOW)
    return {
        ("clerk", "POST", "/api/v1/sessions"): {"name": "clerk", "password": "nothing-near"},
        ("clerk", "PUT", "/api/v1/me/password"): {"current": "nothing-near", "new": "Neu-2026-x"},
        **event_jsons(ground),
        **signup_jsons(ground),
        ("organiser", "POST", f"/api/v1/events/{ground.open_event}/scans"): {
            "sent_at": NOW.isoformat(), "scans": [{"id": "a-scan-of-a-tablet"}],
        },
        ("organiser", "POST", f"/api/v1/events/{ground.open_event}/roster-ticks"): {
            "pin": "246810",
        },
        ("organiser", "POST", f"/api/v1/events/{ground.open_event}/sheets"): {
            "blank": 5, "key": key,
        },
        ("organiser", "POST", f"/api/v1/events/{ground.open_event}/sheets/1/entry"): {
            "lines": [{"line": 1, "came": "9:05"}],
        },
        ("organiser", "POST", f"/api/v1/events/{ground.open_event}/walk-ins"): {
            "name": "王阿姨", "phone": "13900000008", "key": key,
        },
        ("organiser", "POST", f"/api/v1/walk-ins/{ground.walk_in}/match"): {
            "number": "2026000001",
        },
        ("volunteer", "POST", "/api/v1/check-ins"): {"code": ground.code, "key": key},
        ("volunteer", "POST", "/api/v1/check-outs"): {"code": ground.code, "key": key},
        ("clerk", "POST", "/api/v1/goods"): {
            "org_id": here, "name": "香皂", "unit_name": "块", "price_points": 4,
        },
        ("clerk", "POST", f"/api/v1/goods/{ground.goods}/stock-movements"): {
            "quantity": 3, "key": key,
        },
        ("clerk", "POST", "/api/v1/member-lookups"): {
            "org_id": here, "code": ground.card,
        },
        ("clerk", "POST", "/api/v1/redemptions"): {
            "customer": customers.known_as(ground.place.wang, here, at=NOW), "lines": [line],
            "key": key,
        },
        ("clerk", "POST", f"/api/v1/redemptions/{ground.redemption}/reversal"): {"reason": "错"},
        ("secretary", "POST", "/api/v1/evaluations/2025/seal"): {"org_id": here, "key": key},
        ("secretary", "POST", "/api/v1/organisations"): {
            "parent_id": here, "kind": "grid", "name": "第九网格", "on": "2026-01-01", "key": key,
        },
        ("secretary", "PUT", f"/api/v1/organisations/{here}/details"): _DETAILS,
        ("administrator", "POST", "/api/v1/organisation-kinds"): {
            "code": "hamlet", "line": "territory", "level": 55, "name": "自然屯",
        },
        **{
            ("administrator", "POST", f"/api/v1/organisations/{here}/{change}"): {
                **asked, "on": "2026-01-01", "key": key,
            }
            for change, asked in _changes(ground).items()
        },
        ("volunteer", "POST", "/api/v1/membership-transfers"): {
            "relation": "residence", "to_org_id": ground.place.other_grid, "key": key,
        },
        ("secretary", "POST", f"{transfer}/consent"): {"key": key},
        ("stranger", "POST", f"{transfer}/acceptance"): {"key": key},
        ("stranger", "POST", f"{transfer}/refusal"): {"reason": "不住这里", "key": key},
        ("secretary", "POST", f"{transfer}/withdrawal"): {"key": key},
        ("secretary", "POST", "/api/v1/merges"): {
            "kept_id": ground.place.wang, "other_id": ground.place.li, "key": key,
        },
        ("secretary", "POST", "/api/v1/distinct-pairs"): {
            "one_id": ground.place.wang, "two_id": ground.place.li,
        },
        ("secretary", "POST", f"/api/v1/members/{ground.place.li}/departure"): {
            "leaving": "left", "on": "2026-11-20", "key": key,
        },
        ("administrator", "POST", f"/api/v1/members/{ground.place.li}/erasure-questions"): {
            "asked": "in_person", "asked_on": "2026-11-20",
        },
        ("administrator", "POST", f"/api/v1/members/{ground.place.li}/erasure"): {
            "question": erasure, "number": "2026000002", "key": key,
        },
        ("volunteer", "POST", "/api/v1/me/data"): {"password": "nothing-near"},
        **_accounts(ground),
        **_adoptions(ground),
        **member_jsons(ground),
        **enrolment_jsons(ground.place, ground.enrolments),
        **settlement_jsons(ground.open_event),
    }  # fmt: skip


def _accounts(ground: Ground) -> dict[tuple[str, str, str], dict[str, Any]]:
    here, clerk = ground.place.community, ground.place.clerk.id
    with snapshot() as session:
        grant = access.grants_of(session, clerk)[0].id
    path, since = "/api/v1/accounts", {"org_id": here, "from_on": "2026-11-21"}
    return {
        ("administrator", "POST", path): {
            "org_id": here, "staff_name": "new", "display_name": "新人",
        },
        ("administrator", "POST", f"{path}/searches"): {"sought": "王"},
        ("administrator", "POST", f"{path}/{clerk}/roles"): {"role": "reviewer", **since},
        ("administrator", "POST", f"{path}/{clerk}/roles/{grant}/withdrawal"): {
            "last_on": "2026-11-20",
        },
    }  # fmt: skip


def _adoptions(ground: Ground) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Of each kind of local rule the standing one, adopted for next year, taken back, given up."""
    found = {}
    for kind in rule_kinds():
        part, terms = next(iter(kind.standing.items()))
        who, org_id = "secretary", ground.place.community
        if kind.bank_wide:
            who, org_id = "administrator", ground.place.city
        named = {kind.table.PART: part} if part else {}
        body = {"org_id": org_id, "from_on": "2027-01-01", **named, **terms}
        found[who, "POST", f"/api/v1/{kind.path}"] = body
        at = {"org_id": org_id, **named}
        found[who, "POST", f"/api/v1/{kind.path}/recalls"] = {**at, "version": 1}
        found[who, "POST", f"/api/v1/{kind.path}/returns"] = {**at, "from_on": "2027-01-01"}
    return found


_DETAILS = {
    "region_code": "220802001005", "credit_code": "", "address": "中兴西路", "contact_name": "孙",
}  # fmt: skip


def _changes(ground: Ground) -> dict[str, dict[str, Any]]:
    """What is asked of each change of the tree, besides its day and key."""
    return {
        "renaming": {"name": "幸福里社区"},
        "move": {"parent_id": ground.place.county},
        "merger": {"successor_id": ground.place.other_community},
        "split": {"name": "育才社区"},
        "closing": {},
    }


def forms(ground: Ground) -> dict[tuple[str, str], dict[str, Any]]:
    """Each form with fields, with somebody who sees it and a good content."""
    here = ground.place.community
    key = "a-key-of-mine"
    who = {"member": ground.place.wang, "org": here}
    basket = tokens.sign("counter", who, at=NOW)
    question = Question(ErasureAsked.IN_PERSON, NOW.date())
    erasure = questions.put(ground.place.administrator, ground.place.li, question, at=NOW)
    return {
        ("clerk", "/sign-in"): {"name": "clerk", "password": "nothing-near"},
        ("clerk", "/password"): {"current": "wrong", "new": "Neu-2026-x", "again": "Neu-2026-x"},
        **event_forms(ground),
        **signup_forms(ground),
        ("organiser", f"/events/{ground.open_event}/scans"): {
            "member_code": ground.card, "key": key,
        },
        ("organiser", f"/events/{ground.open_event}/names"): {"sought": "王"},
        ("organiser", f"/events/{ground.open_event}/ticks"): {
            "member_id": ground.place.chen, "kind": "in", "key": "a-key-of-this-page",
        },
        ("organiser", f"/events/{ground.open_event}/walk-ins"): {
            "name": "王阿姨", "phone": "13900000008", "key": key,
        },
        ("organiser", f"/events/{ground.open_event}/walk-ins/{ground.walk_in}/match"): {
            "number": "2026000001",
        },
        ("organiser", f"/events/{ground.open_event}/sheets"): {"blank": 5, "key": key},
        ("organiser", f"/events/{ground.open_event}/sheets/1"): {"came-1": "9:05"},
        ("volunteer", f"/c/{ground.code}/digits"): {"digits": "12345678"},
        ("volunteer", f"/c/{ground.code}/check-in"): {"claim": claims.sign(ground.code, at=NOW)},
        ("volunteer", f"/c/{ground.code}/check-out"): {"claim": claims.sign(ground.code, at=NOW)},
        ("secretary", f"/organisations/{here}/local-rules/star-ladders/new"): {
            "from_on": "2027-01-01", "window": "lifetime", "levels.1": "50", "part": "",
        },
        ("secretary", f"/organisations/{here}/local-rules/star-ladders/return"): {
            "from_on": "2027-01-01", "part": "",
        },
        ("secretary", f"/organisations/{here}/local-rules/star-ladders/recalls"): {
            "version": 1, "part": "",
        },
        ("clerk", "/members/searches"): {"sought": "王"},
        ("secretary", "/members/cards"): {"sought": "AAAA"},
        ("clerk", "/counter/lookups"): {"code": ground.card, "org_id": here},
        ("clerk", f"/counter/customers/{basket}"): {
            "key": key, "goods_id": ground.goods, "quantity": 1,
        },
        ("clerk", f"/counter/redemptions/{ground.redemption}/reversal"): {"reason": "错"},
        ("clerk", "/goods"): {
            "org_id": here, "name": "香皂", "unit_name": "块", "price_points": 4,
        },
        ("clerk", f"/goods/{ground.goods}/stock-movements"): {
            "quantity": 3, "key": key, "org_id": here,
        },
        ("clerk", "/sign-in/code"): {"half_way": "x", "code": "123456"},
        ("clerk", "/sign-in/provider"): {"code": "x", "state": "y"},
        ("clerk", "/security/identity"): {"code": "x", "state": "y", "password": "x"},
        ("clerk", "/security/authenticator/removal"): {"password": "x", "code": "1"},
        ("clerk", "/counter-pin"): {"password": "nothing-near", "pin": "730195"},
        ("secretary", "/devices/pairings"): {
            "org_id": here, "name": "平板", "scope": "at_counter", "key": key,
        },
        ("clerk", "/pair"): {"code": "AAAAAAAAAA"},
        ("administrator", "/machines"): {
            "org_id": here, "name": "大屏", "scopes": "read_events", "expires_on": "2026-12-31",
        },
        ("administrator", "/accounts"): {
            "org_id": here, "staff_name": "new", "display_name": "新人", "role": "clerk",
            "from_on": "2026-11-21",
        },
        ("administrator", "/accounts/searches"): {"sought": "王"},
        ("administrator", f"/accounts/{ground.place.clerk.id}/roles"): {
            "role": "reviewer", "org_id": here, "from_on": "2026-11-21",
        },
        ("secretary", "/evaluations/2025.xlsx"): {"org": here},
        ("secretary", "/evaluations/2025/seal"): {"org": here, "key": key},
        ("secretary", f"/organisations/{here}/details"): _DETAILS,
        ("administrator", "/organisations/kinds"): {
            "code": "hamlet", "line": "territory", "level": 55, "name": "自然屯",
        },
        ("administrator", f"/organisations/{here}/founding"): {
            "kind": "grid", "name": "第九网格", "on": "2026-01-01", "key": key,
        },
        **{
            ("administrator", f"/organisations/{here}/founding-list{step}"): {
                "kind": "grid", "names": "第十网格\n第九网格", "on": "2026-01-01",
            }
            for step in ("", "/preview")
        },
        **{
            ("administrator", f"/organisations/{here}/{change}"): {
                **asked, "on": "2026-01-01", "key": key,
            }
            for change, asked in _changes(ground).items()
        },
        ("secretary", "/transfers"): {
            "way": "out", "relation": "residence", "to_org_id": ground.place.other_grid,
            "number": "2026000002", "name": "李建国", "key": key,
        },
        ("secretary", f"/transfers/{ground.transfer}/consent"): {"key": key},
        ("stranger", f"/transfers/{ground.transfer}/acceptance"): {"key": key},
        ("stranger", f"/transfers/{ground.transfer}/refusal"): {"reason": "否", "key": key},
        ("secretary", f"/transfers/{ground.transfer}/withdrawal"): {"key": key},
        ("secretary", "/merges"): {
            "kept_id": ground.place.wang, "other_id": ground.place.li, "key": key,
        },
        ("secretary", "/duplicates/comparisons"): {"one": "2026000001", "two": "2026000002"},
        ("secretary", "/distinct-pairs"): {
            "one_id": ground.place.wang, "two_id": ground.place.li,
        },
        ("secretary", f"/members/{ground.place.li}/departure"): {
            "leaving": "left", "on": "2026-11-20", "key": key,
        },
        ("volunteer", "/me/departure"): {"reason": "搬走", "key": key},
        ("administrator", f"/members/{ground.place.li}/erasure-questions"): {
            "asked": "in_person", "asked_on": "2026-11-20",
        },
        ("administrator", f"/members/{ground.place.li}/erasure"): {
            "question": erasure, "number": "2026000002", "key": key,
        },
        ("volunteer", "/me/data"): {"password": "nothing-near"},
        **member_forms(ground),
        **enrolment_forms(ground.place, ground.enrolments),
        **settlement_forms(ground.open_event, ground.elsewhere),
    }  # fmt: skip
