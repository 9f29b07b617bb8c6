"""What the routes of events take: somebody who may call them, and a good body or a good form."""

from typing import Any

from journeys.ground import Ground

CONTENT = {
    "title": "清扫", "kind": "environment", "place": "广场",
    "starts_at": "2026-11-22T09:00", "ends_at": "2026-11-22T12:00",
}  # fmt: skip
POST = {"name": "登记台"}
SHIFT = {"starts_at": "2026-11-21T09:30", "ends_at": "2026-11-21T10:00"}
RULE = {"from_on": "2026-11-23", "until_on": "2026-11-30", "key": "a-key-of-mine"}
TEMPLATE = {"name": "周末清扫", "key": "a-key-of-mine"}
COPY = {"starts_at": "2026-11-28T09:00", "key": "a-key-of-mine"}


def event_jsons(ground: Ground) -> dict[tuple[str, str, str], dict[str, Any]]:
    draft = f"/api/v1/events/{ground.draft}"
    return {
        ("organiser", "POST", "/api/v1/events"): {
            **CONTENT, "org_id": ground.place.community, "key": "a-key-of-mine",
        },
        ("organiser", "PUT", draft): CONTENT,
        ("organiser", "POST", f"{draft}/copies"): COPY,
        ("organiser", "POST", f"{draft}/cancellation"): {"reason": "下雨"},
        ("organiser", "PUT", f"{draft}/and-later"): CONTENT,
        ("organiser", "POST", f"{draft}/series"): {**RULE, "weekdays": [1], "begins": ["09:00"]},
        ("organiser", "POST", "/api/v1/event-series/dates"): {
            "weekdays": [1], "begins": ["09:00"], "from_on": "2026-11-23", "until_on": "2026-11-30",
        },
        ("organiser", "POST", f"/api/v1/event-series/{ground.series}/ending"): {"reason": "入冬"},
        ("organiser", "POST", f"{draft}/templates"): TEMPLATE,
        ("organiser", "POST", "/api/v1/events/from-template"): {
            "org_id": ground.place.community, "preset": "patrol", **COPY,
        },
        ("organiser", "POST", f"{draft}/posts"): POST,
        ("organiser", "POST", f"{draft}/posts/and-later"): {"note": "增岗"},
        ("organiser", "PUT", f"/api/v1/posts/{ground.post}"): POST,
        ("organiser", "POST", f"{draft}/shifts"): {**SHIFT},
        ("organiser", "PUT", f"/api/v1/shifts/{ground.shift}"): SHIFT,
    }  # fmt: skip


def event_forms(ground: Ground) -> dict[tuple[str, str], dict[str, Any]]:
    draft = f"/events/{ground.draft}"
    return {
        ("organiser", "/events"): {
            **CONTENT, "org_id": ground.place.community, "key": "a-key-of-mine",
        },
        ("organiser", draft): CONTENT,
        ("organiser", f"{draft}/copies"): COPY,
        ("organiser", f"{draft}/cancellation"): {"reason": "下雨"},
        ("organiser", f"{draft}/series"): {**RULE, "weekdays": "1", "begins": "09:00"},
        ("organiser", f"/event-series/{ground.series}/ending"): {"reason": "入冬"},
        ("organiser", f"{draft}/templates"): TEMPLATE,
        ("organiser", "/events/from-template"): {
            "org_id": ground.place.community, "preset": "patrol", "place": "北门", **COPY,
        },
        ("organiser", f"{draft}/posts"): POST,
        ("organiser", f"{draft}/posts/and-later"): {"note": "增岗"},
        ("organiser", f"/posts/{ground.post}"): POST,
        ("organiser", f"{draft}/shifts"): {**SHIFT},
        ("organiser", f"/shifts/{ground.shift}"): SHIFT,
    }  # fmt: skip
