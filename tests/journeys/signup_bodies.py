"""What the routes of sign-ups take: somebody who may call them, and a good body or a good form."""

from typing import Any

from journeys.ground import Ground

KEY = "a-key-of-mine"
TERMS = {"party_only": True, "party_post_ids": []}


def signup_jsons(ground: Ground) -> dict[tuple[str, str, str], dict[str, Any]]:
    event = f"/api/v1/events/{ground.open_event}"
    return {
        ("volunteer", "POST", f"{event}/sign-ups"): {
            "post_id": 1, "shift_id": 1, "wait": True, "despite_clash": True, "key": KEY,
        },
        ("organiser", "POST", f"{event}/companion-sign-ups"): {
            "member_code": ground.card, "key": KEY,
        },
        ("organiser", "POST", f"{event}/team-sign-ups"): {
            "team_id": ground.place.team, "member_ids": [ground.place.wang], "key": KEY,
        },
        ("organiser", "PUT", "/api/v1/events/99/sign-up-terms"): TERMS,
        ("volunteer", "POST", "/api/v1/sign-ups/99/withdrawal"): {"reason": "有事"},
    }  # fmt: skip


def signup_forms(ground: Ground) -> dict[tuple[str, str], dict[str, Any]]:
    event = f"/events/{ground.open_event}"
    return {
        ("volunteer", f"{event}/sign-ups"): {"spot": "-", "key": KEY},
        ("organiser", f"{event}/companion-sign-ups"): {
            "member_code": ground.card, "spot": "-", "key": KEY,
        },
        ("organiser", f"{event}/team-sign-ups"): {
            "team_id": ground.place.team, "member_ids": ground.place.wang, "spot": "-", "key": KEY,
        },
        ("organiser", f"{event}/sign-up-terms"): {
            "closes_at": "2026-11-21T09:00", "party_only": "1",
        },
        ("volunteer", "/sign-ups/99/withdrawal"): {"reason": "有事"},
    }  # fmt: skip
