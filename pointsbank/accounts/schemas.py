"""What comes in: filters of the list, new accounts, roles with their days."""

from typing import Any

import marshmallow as ma
from marshmallow import fields

from pointsbank.access.rules import DISPLAY_NAME_LENGTH, STAFF_NAME_LENGTH
from pointsbank.core.actor import Role
from pointsbank.web.schemas import Day, Request, Text, Whole


class _Blanks(Request):
    @ma.pre_load
    def _drop_blanks(self, data: Any, **_: object) -> dict[str, Any]:
        """No role yet, or no end: left empty, such a field was not given."""
        return {n: data[n] for n in data if data[n] != "" or n not in ("role", "until_on")}


class AccountsQuery(Request):
    sought = Text(400, least=0, load_default="", metadata={"description": "a sealed search"})
    role = fields.Enum(Role, by_value=fields.String)
    org_id = Whole(least=1)
    after = Whole(load_default=0)


class SearchForm(Request):
    sought = Text(50, least=0, load_default="")


class StaffAccountForm(_Blanks):
    org_id = Whole(least=1, required=True)
    staff_name = Text(STAFF_NAME_LENGTH, required=True)
    display_name = Text(DISPLAY_NAME_LENGTH, required=True)
    role = fields.Enum(Role, by_value=fields.String)
    from_on = Day(required=True)
    until_on = Day()


class RoleForm(_Blanks):
    role = fields.Enum(Role, by_value=fields.String, required=True)
    org_id = Whole(least=1, required=True)
    from_on = Day(required=True)
    until_on = Day()


class WithdrawalForm(Request):
    last_on = Day(required=True)
