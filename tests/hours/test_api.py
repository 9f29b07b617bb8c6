"""Hour rules on the wire."""

from typing import Any


def test_the_hour_rule_is_read_by_anyone_and_adopted_by_the_secretary(people: Any) -> None:
    c = people.community
    terms = {
        "rounding": "half", "least_minutes": 30, "most_minutes": 480, "early_minutes": 30,
        "late_minutes": 120, "repeat_minutes": 5, "credit_static": "after_confirmation",
        "credit_organiser": "at_check_out", "credit_roster": "at_check_out",
        "least_percent": 60, "most_pairs": 3, "day_minutes": 480, "parent_minutes": 720,
    }  # fmt: skip
    rule = {"org_id": c.community, "from_on": "2026-12-01", **terms}
    assert people.line(c.organiser).post("/hour-rules", rule).status_code == 403
    adopted = people.line(c.secretary).post("/hour-rules", rule)
    assert (adopted.status_code, adopted.json["rounding"]) == (201, "half")
    wang = people.line(c.volunteer)
    (now,) = wang.get(f"/hour-rules?org_id={c.community}").json
    assert (now["org_id"], now["rounding"]) == (c.city, "minute")
    assert wang.get(f"/hour-rules?org_id={c.community}&on=2026-12-24").json == [adopted.json]
