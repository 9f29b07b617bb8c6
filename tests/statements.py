"""Counts the statements that a deed sends to the database, whichever way they go."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import event

from pointsbank.core.statements import Prepared


@contextmanager
def noting(target: Any) -> Iterator[list[str]]:
    """The statements run on an engine or connection meanwhile; BEGIN is none."""
    seen: list[str] = []
    run = Prepared.run

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    def noted(prepared: Prepared, connection: Any, values: dict[str, Any]) -> list[Any]:
        seen.append(str(prepared))
        return run(prepared, connection, values)

    event.listen(target, "before_cursor_execute", note)
    with patch.object(Prepared, "run", noted):
        yield seen
    event.remove(target, "before_cursor_execute", note)
