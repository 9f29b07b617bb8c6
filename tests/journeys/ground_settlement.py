"""What settlement's routes take. There is nothing to settle: the good bodies meet a refusal too."""

from typing import Any

from conftest import NOW

KEY = "a-key-of-mine"

_STAY = {
    "number": "2026000002", "name": "李建国", "came_at": NOW.isoformat(),
    "left_at": NOW.isoformat(), "text": "手机没电", "key": KEY,
}  # fmt: skip
_CORRECTION = {"minutes": 60, "reason": "写错了", "key": KEY}
_MARKS = {f"marks_{marks}": 1 for marks in (5, 4, 3, 2, 1)}
_WORD = {"kind": "overlap", "subject": "1:2", "word": "已核实", "accept": False}


def settlement_jsons(open_event: int) -> dict[tuple[str, str, str], dict[str, Any]]:
    event = f"/api/v1/events/{open_event}"
    return {
        ("organiser", "POST", f"{event}/settlement"): {
            "settled": [{"attendance_id": 1, "minutes": 60}], "key": KEY,
        },
        ("secretary", "POST", "/api/v1/hours/1/correction"): _CORRECTION,
        ("secretary", "POST", "/api/v1/hours/1/approval"): {**_CORRECTION, "tier": "parent"},
        ("volunteer", "POST", "/api/v1/hours/1/objections"): {
            "text": "我干到了最后", "wanted_minutes": 60, "key": KEY,
        },
        ("secretary", "POST", "/api/v1/objections/1/answer"): {"minutes": 60, "answer": "属实"},
        ("organiser", "POST", f"{event}/supplements"): {**_STAY, "images": ["aaaa"]},
        ("secretary", "POST", "/api/v1/supplements/1/answer"): {"grant": True, "answer": "属实"},
        ("secretary", "POST", "/api/v1/findings/words"): _WORD,
        ("organiser", "PUT", f"{event}/ratings"): _MARKS,
    }  # fmt: skip


def settlement_forms(open_event: int, elsewhere: int) -> dict[tuple[str, str], dict[str, Any]]:
    event = f"/events/{open_event}"
    return {
        ("organiser", f"{event}/settlement"): {"attendance_id": 1, "minutes": 60, "key": KEY},
        ("secretary", "/hours/1/correction"): _CORRECTION,
        ("secretary", "/hours/1/approval"): {**_CORRECTION, "tier": "parent"},
        ("volunteer", "/hours/1/objections"): {
            "text": "我干到了最后", "wanted_minutes": 60, "key": KEY,
        },
        ("secretary", "/hours/1/answer/1"): {"grant": "true", "minutes": 60, "answer": "属实"},
        ("organiser", f"{event}/supplements"): _STAY,
        ("secretary", "/supplements/1/answer"): {"grant": "true", "answer": "属实"},
        ("secretary", "/reviews/words"): _WORD,
        ("organiser", f"{event}/ratings"): _MARKS,
        ("organiser", f"/events/{elsewhere}/rating-codes"): {"number": 1},
        ("volunteer", "/r/AAAAAAAAAA"): {"marks": 5},
    }  # fmt: skip
