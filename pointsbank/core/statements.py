"""Statements that every scan runs, compiled once and handed straight to the driver; and long lists
in portions that one statement takes.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any]
Row = TypeVar("Row")


def portions(rows: Sequence[Row], most: int) -> Iterator[Sequence[Row]]:
    """The rows in their order, at most so many at a time."""
    return (rows[first : first + most] for first in range(0, len(rows), most))


class Prepared:
    """A statement in SQLAlchemy's words, run without its execution, which takes several times as
    long as such a statement itself. Values are converted by their columns' types as ever.

    ``columns`` are those that an insert or update is given. Lists of values do not expand.
    """

    def __init__(self, statement: ClauseElement, *columns: str) -> None:
        self._statement = statement
        self._columns = list(columns) or None
        self._made: dict[str, tuple[str, _Binds, Sequence[tuple[int, Convert]]]] = {}

    def run(self, connection: Connection, values: dict[str, Any]) -> list[Any]:
        """The rows, as tuples; none of a statement that gives none."""
        dialect = connection.dialect
        if dialect.name not in self._made:
            self._made[dialect.name] = self._compiled(dialect)
        words, binds, results = self._made[dialect.name]
        driver: Any = connection.connection.driver_connection
        cursor = driver.execute(words, binds(values))
        if cursor.description is None:
            return []
        rows: list[Any] = cursor.fetchall()
        return [_converted(row, results) for row in rows] if results else rows

    def _compiled(self, dialect: Dialect) -> tuple[str, "_Binds", Sequence[tuple[int, Convert]]]:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
        columns = getattr(self._statement, "selected_columns", ())
        results = [_processor(column.type, dialect, "result_processor") for column in columns]
        return (
            compiled.string,
            _Binds(compiled, dialect),
            [(place, convert) for place, convert in enumerate(results) if convert],
        )


class _Binds:
    """Turns named values into what the driver takes: in order, or by name."""

    def __init__(self, compiled: Any, dialect: Dialect) -> None:
        self._ordered = compiled.positional
        names = compiled.positiontup if self._ordered else list(compiled.binds)
        self._wanted = [
            (
                name,
                _processor(compiled.binds[name].type, dialect, "bind_processor"),
                None if compiled.binds[name].required else compiled.binds[name].value,
            )
            for name in names
        ]

    def __call__(self, values: dict[str, Any]) -> Any:
        given = []
        for name, convert, fixed in self._wanted:
            value = values[name] if fixed is None else fixed
            given.append(convert(value) if convert else value)
        if self._ordered:
            return given
        return dict(zip((name for name, *_ in self._wanted), given, strict=True))


def _processor(type_: TypeEngine[Any], dialect: Dialect, way: str) -> Convert | None:
    impl = type_.dialect_impl(dialect)
    found: Convert | None = (
        impl.result_processor(dialect, None)
        if way == "result_processor"
        else impl.bind_processor(dialect)
    )
    return found


def _converted(row: Sequence[Any], results: Sequence[tuple[int, Convert]]) -> list[Any]:
    values = list(row)
    for place, convert in results:
        values[place] = convert(values[place])
    return values
