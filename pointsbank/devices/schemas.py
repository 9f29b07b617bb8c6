"""What comes in: invitations, codes, cards and PINs, tokens of machines."""

from marshmallow import fields

from pointsbank.core.actor import Scope
from pointsbank.devices.rules import CODE_LENGTH, KEY_LENGTH, NAME_LENGTH
from pointsbank.web.schemas import Day, Request, Text, Whole, choice


class PairingForm(Request):
    org_id = Whole(least=1, load_default=None, allow_none=True)
    event_id = Whole(least=1, load_default=None, allow_none=True)
    name = Text(NAME_LENGTH, required=True)
    scope = choice(Scope, required=True)
    key = Text(KEY_LENGTH, required=True)


class CodeForm(Request):
    code = Text(2 * CODE_LENGTH, required=True)


class CardForm(Request):
    card = Text(40, required=True)
    pin = Text(128, required=True)


class StaffForm(Request):
    name = Text(64, required=True)
    pin = Text(128, required=True)


class CounterPinForm(Request):
    password = Text(128, required=True)
    pin = Text(6, required=True)


class MachineForm(Request):
    org_id = Whole(least=1, required=True)
    name = Text(NAME_LENGTH, required=True)
    scopes = fields.List(choice(Scope), load_default=list)
    expires_on = Day(required=True)
