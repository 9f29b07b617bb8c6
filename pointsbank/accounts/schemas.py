"""What comes in: filters of the list, new accounts, roles with their days."""

from typing import Any

import marshmallow as ma
from marshmallow import fields

from pointsbank.access.rules import DISPLAY_NAME_LENGTH, STAFF_NAME_LENGTH, Entry
from pointsbank.accounts.rules import AccountState
from pointsbank.core.actor import Role
from pointsbank.web.schemas import Day, Instant, Request, Text, View, Whole, choice


class _Blanks(Request):
    @ma.pre_load
    def _drop_blanks(self, data: Any, **_: object) -> dict[str, Any]:
        """No role yet, or no end: left empty, such a field was not given."""
        return {n: data[n] for n in data if data[n] != "" or n not in ("role", "until_on")}


class AccountsQuery(Request):
    sought = Text(400, least=0, load_default="", metadata={"description": "a sealed search"})
    role = choice(Role)
    org_id = Whole(least=1)
    after = Whole(load_default=0)


class PlacesQuery(Request):
    """Among which organisations to choose, and which one at first."""

    q = Text(40, least=0, load_default="")
    org_id = Whole(least=1)


class SearchForm(Request):
    sought = Text(50, least=0, load_default="")


class StaffAccountForm(_Blanks):
    org_id = Whole(least=1, required=True)
    staff_name = Text(STAFF_NAME_LENGTH, required=True)
    display_name = Text(DISPLAY_NAME_LENGTH, required=True)
    role = choice(Role)
    from_on = Day(required=True)
    until_on = Day()


class RoleForm(_Blanks):
    role = choice(Role, required=True)
    org_id = Whole(least=1, required=True)
    from_on = Day(required=True)
    until_on = Day()


class WithdrawalForm(Request):
    last_on = Day(required=True)


class AccountPageQuery(Request):
    role = choice(Role)
    org_id = Whole(least=1, metadata={"description": "of this organisation and all below"})
    after = Whole(load_default=0, metadata={"description": "the `next` of the page before"})
    most = Whole(least=1, most=200, load_default=50)


class AccountSearchRequest(Request):
    sought = Text(
        50, required=True, metadata={"description": "part of a name, a staff name, a number"}
    )
    role = choice(Role)
    org_id = Whole(least=1)


class RoleRequest(Request):
    role = choice(Role, required=True)
    org_id = Whole(least=1, required=True)
    from_on = Day(required=True)
    until_on = Day(allow_none=True, metadata={"description": "its last day; none: open"})


class StaffAccountRequest(Request):
    org_id = Whole(least=1, required=True)
    staff_name = Text(STAFF_NAME_LENGTH, required=True)
    display_name = Text(DISPLAY_NAME_LENGTH, required=True)
    role = choice(Role, metadata={"description": "held there at once"})
    from_on = Day()
    until_on = Day(allow_none=True)


class HeldRoleView(View):
    grant_id = fields.Integer()
    role = choice(Role)
    org_id = fields.Integer()
    org_name = fields.String()
    from_on = fields.Date()
    until_on = fields.Date(allow_none=True)


class AccountView(View):
    user_id = fields.Integer()
    member_id = fields.Integer(allow_none=True)
    name = fields.String()
    staff_name = fields.String(metadata={"description": "empty: signs in by phone number"})
    place = fields.String()
    state = choice(AccountState)
    roles = fields.List(fields.Nested(HeldRoleView))


class AccountsView(View):
    accounts = fields.List(fields.Nested(AccountView))
    next = fields.Integer(
        allow_none=True, metadata={"description": "ask with this as after; null at the end"}
    )


class FoundAccountsView(View):
    accounts = fields.List(fields.Nested(AccountView))
    more = fields.Boolean(metadata={"description": "there are more than are listed"})


class AccountSessionView(View):
    """From where is the holder's own to see."""

    id = fields.Integer()
    entry = choice(Entry)
    opened_at = Instant()
    expires_at = Instant()
    agent = fields.String(metadata={"description": "browser and system, as people call them"})
    device_id = fields.Integer(allow_none=True, metadata={"description": "the shared device"})


class SlipView(View):
    user_id = fields.Integer()
    name = fields.String()
    staff_name = fields.String()
    phone = fields.String(metadata={"description": "masked"})
    password = fields.String(metadata={"description": "shown this once; changed at first sign-in"})
