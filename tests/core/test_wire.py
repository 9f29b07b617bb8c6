"""Several questions in one round trip: answered in order, and whatever goes wrong is told."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pointsbank.core.database import Database, Session, transaction
from pointsbank.core.wire import Question, Wire

pytestmark = pytest.mark.only("postgresql")
SUM = Question("SELECT %s::bigint + %s::bigint")
SAY = Question("SELECT %s::text, NULL, %s::bytea")
BREAK = Question("SELECT 1 / %s::bigint")


def wire(session: Session) -> Wire:
    return Wire(session.connection())


def test_answers_come_in_the_order_of_the_questions(bank: Database) -> None:
    with transaction() as session:
        asking = wire(session)
        with asking.asking() as answers:
            for number in range(3):
                asking.send(SUM, (str(number), "1"))
            asking.send(SAY, ("劳动", "\\x00ff"))
        assert answers == [[(1,)], [(2,)], [(3,)], [("劳动", None, b"\x00\xff")]]
        assert asking.ask(SUM, ("2", "2")) == [(4,)]


def test_what_fails_first_is_raised_and_the_connection_goes_on(bank: Database) -> None:
    for _ in range(2):
        with pytest.raises(Exception, match="division by zero"), transaction() as session:
            asking = wire(session)
            with asking.asking():
                asking.send(SUM, ("1", "1"))
                asking.send(BREAK, ("0",))
                asking.send(SAY, ("never", "\\x"))
        with transaction() as session:
            assert wire(session).ask(SUM, ("1", "1")) == [(2,)]


def test_a_mistake_of_ours_meanwhile_leaves_nothing_under_way(bank: Database) -> None:
    with pytest.raises(LookupError), transaction() as session:
        asking = wire(session)
        with asking.asking():
            asking.send(SUM, ("1", "1"))
            raise LookupError
    with transaction() as session:
        assert wire(session).ask(SUM, ("1", "1")) == [(2,)]


def test_questions_outlive_the_driver_s_forgetting_of_all_statements(bank: Database) -> None:
    def often(session: Session) -> None:
        for _ in range(10):  # so that the driver prepares it
            session.execute(text("SELECT CAST(:word AS text)"), {"word": "x"})

    for _ in range(2):
        with pytest.raises(DBAPIError), transaction() as session:
            assert wire(session).ask(SUM, ("1", "1")) == [(2,)]
            often(session)
            session.execute(text("SELECT 1 / 0"))
        with transaction() as session:
            often(session)
            with session.begin_nested() as part:
                assert wire(session).ask(SUM, ("1", "1")) == [(2,)]
                part.rollback()
            assert wire(session).ask(SUM, ("1", "1")) == [(2,)]
