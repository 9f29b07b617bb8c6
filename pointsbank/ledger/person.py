"""A member's part of the book: her accounts, entries and the texts beside them."""

from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func, or_, select

from pointsbank.core.database import Session
from pointsbank.core.errors import say
from pointsbank.core.person import Sections
from pointsbank.ledger.models import TABLES as BOOK
from pointsbank.ledger.rules import REASON_NAMES, WINDOW_NAMES, OwnerKind

TABLES = ("account", "transfer", "transfer_text", "cap_use", "hold")

_account, _transfer, _text = BOOK["account"], BOOK["transfer"], BOOK["transfer_text"]
_unit, _use, _hold = BOOK["unit"], BOOK["cap_use"], BOOK["hold"]


def export(session: Session, member_id: int) -> Sections:
    """Her accounts, every entry with its text, what caps took, what is or was reserved."""
    mine = _accounts_of(member_id)
    return {
        say("账户"): [
            {say("记账单位"): name, say("余额"): balance, say("已预留"): held}
            for name, balance, held in session.execute(
                select(_unit.c.name, _account.c.balance, _account.c.held)
                .join(_unit, _unit.c.id == _account.c.unit_id)
                .where(_account.c.id.in_(mine))
                .order_by(_account.c.id)
            )
        ],
        say("流水"): _entries(session, mine),
        say("上限记录"): [
            {
                say("记入时间"): recorded_at,
                say("记账单位"): name,
                say("时段"): WINDOW_NAMES[window],
                say("上限"): most,
                say("应记"): asked,
                say("实记"): amount,
            }
            for recorded_at, name, window, most, asked, amount in session.execute(
                select(
                    _use.c.recorded_at, _unit.c.name, *_use.c["window", "most", "asked", "amount"]
                )
                .join(_account, _account.c.id == _use.c.account_id)
                .join(_unit, _unit.c.id == _account.c.unit_id)
                .where(_use.c.account_id.in_(mine))
                .order_by(_use.c.id)
            )
        ],
        say("预留"): [
            {
                say("预留时间"): placed_at,
                say("记账单位"): name,
                say("数量"): amount,
                say("有效期至"): expires_at,
            }
            for placed_at, name, amount, expires_at in session.execute(
                select(_hold.c.placed_at, _unit.c.name, *_hold.c["amount", "expires_at"])
                .join(_account, _account.c.id == _hold.c.source_id)
                .join(_unit, _unit.c.id == _account.c.unit_id)
                .where(_hold.c.source_id.in_(mine))
                .order_by(_hold.c.id)
            )
        ],
    }


def erase(session: Session, member_id: int, at: datetime) -> None:
    """The texts beside her entries go; the entries stay, and with them their texts' salted hashes,
    which tell nothing without the salt.
    """
    mine = _accounts_of(member_id)
    hers = select(_transfer.c.id).where(
        or_(_transfer.c.source_id.in_(mine), _transfer.c.destination_id.in_(mine))
    )
    session.execute(delete(_text).where(_text.c.transfer_id.in_(hers)))


def _accounts_of(member_id: int) -> Any:
    return select(_account.c.id).where(
        _account.c.owner_kind == OwnerKind.MEMBER, _account.c.owner_id == member_id
    )


def _entries(session: Session, mine: Any) -> list[dict[str, Any]]:
    came = _transfer.c.destination_id.in_(mine)
    rows = session.execute(
        select(
            *_transfer.c["id", "effective_on", "recorded_at"],
            _unit.c.name,
            case((came, _transfer.c.amount), else_=-_transfer.c.amount),
            case((came, _transfer.c.destination_balance), else_=_transfer.c.source_balance),
            *_transfer.c["reason", "reverses", "expires_on"],
            func.coalesce(_text.c.text, ""),
        )
        .join(_unit, _unit.c.id == _transfer.c.unit_id)
        .outerjoin(_text, _text.c.transfer_id == _transfer.c.id)
        .where(or_(came, _transfer.c.source_id.in_(mine)))
        .order_by(_transfer.c.id)
    )
    return [
        {
            say("流水号"): row[0],
            say("日期"): row[1],
            say("记入时间"): row[2],
            say("记账单位"): row[3],
            say("数量"): row[4],
            say("记后余额"): row[5],
            say("事由"): REASON_NAMES.get(row[6], row[6]),
            say("冲正流水号"): row[7],
            say("有效期至"): row[8] if row[4] > 0 else None,
            say("说明"): row[9],
        }
        for row in rows
    ]
