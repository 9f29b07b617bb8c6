"""PostgreSQL's protocol, past its driver's cursors: several statements in one round trip."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from psycopg import pq
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.generators import fetch_many, send
from sqlalchemy.engine import Connection

_BEGIN = b"BEGIN ISOLATION LEVEL READ COMMITTED"
_DONE = {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.PIPELINE_SYNC}
_numbers = count(1)


class Question:
    """A statement that each connection has parsed once; what goes in its holes, ``%s``, is text."""

    def __init__(self, words: str) -> None:
        holes = count(1)
        self.words = re.sub("%s", lambda _: f"${next(holes)}", words).encode()
        self.name = f"question_{next(_numbers)}".encode()


class Wire:
    """One connection's way to ask many things at once, while the driver's cursors rest."""

    def __init__(self, connection: Connection) -> None:
        self._driver: Any = connection.connection.driver_connection
        if "questions" not in connection.info:
            connection.info["questions"] = _heeded(self._driver)
        self._parsed: set[bytes] = connection.info["questions"]
        self._under_way: list[tuple[Question, bool] | None] = []  # whether only to parse it

    @contextmanager
    def asking(self) -> Iterator[list[list[tuple[Any, ...]]]]:
        """For many a ``send``; the server works meanwhile, and the list has the rows of each when
        it is left. Whatever fails first is raised, and nothing after it was done.
        """
        server = self._driver.pgconn
        server.enter_pipeline_mode()
        if server.transaction_status == pq.TransactionStatus.IDLE:
            server.send_query_params(_BEGIN, None)
            self._under_way.append(None)
        answers: list[list[tuple[Any, ...]]] = []
        try:
            yield answers
        finally:
            answers += self._answers()

    def send(self, question: Question, values: Sequence[str | None] = ()) -> None:
        """Ask, within ``asking``. What is long goes off at once, what is short with the next."""
        server = self._driver.pgconn
        if question.name not in self._parsed:
            server.send_prepare(question.name, question.words)
            self._parsed.add(question.name)
            self._under_way.append((question, True))
        given = [None if value is None else value.encode() for value in values]
        server.send_query_prepared(question.name, given, result_format=pq.Format.BINARY)
        self._under_way.append((question, False))

    def ask(self, question: Question, values: Sequence[str | None] = ()) -> list[tuple[Any, ...]]:
        """The rows of a single one."""
        with self.asking() as answers:
            self.send(question, values)
        return answers[0]

    def _answers(self) -> list[list[tuple[Any, ...]]]:
        server, asked = self._driver.pgconn, self._under_way
        self._under_way = []
        try:
            server.pipeline_sync()
            results = self._driver.wait(_fetched(server, len(asked) + 1))
            server.exit_pipeline_mode()
        except BaseException:
            server.finish()  # whatever it is in the midst of: nobody can use it any more
            raise
        answers, failed = [], None
        for result, of in zip(results, [*asked, None], strict=False):
            question, parsing = of or (None, False)
            if result.status not in _DONE:
                failed = failed or result
                if question and parsing:
                    self._parsed.discard(question.name)
            elif question and not parsing:
                answers.append(self._rows(result))
        if failed is not None:
            raise error_from_result(failed)
        return answers

    def _rows(self, result: pq.abc.PGresult) -> list[tuple[Any, ...]]:
        loading = Transformer(self._driver)
        loading.set_pgresult(result)
        return loading.load_rows(0, result.ntuples, tuple)


def _heeded(driver: Any) -> set[bytes]:
    """The names of what this connection has parsed; none once the driver lets the server forget
    all statements, as it does after a rollback if it had prepared some itself.
    """
    parsed: set[bytes] = set()
    clear = driver._prepared.clear

    def clear_both() -> bool:
        forgotten: bool = clear()
        if forgotten:
            parsed.clear()
        return forgotten

    driver._prepared.clear = clear_both
    return parsed


def _fetched(server: Any, most: int) -> PQGen[list[Any]]:
    yield from send(server)
    results: list[Any] = []
    for _ in range(most):
        results += yield from fetch_many(server)
    return results
