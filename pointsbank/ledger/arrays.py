"""Values and columns as PostgreSQL reads them; its driver would look at each on its own."""

from collections.abc import Iterable, Sequence
from typing import Any


def arrays(kinds: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """The columns of these rows, one or more, each of its kind of the database's types."""
    columns = zip(*rows, strict=True)
    return [array(kind, column) for kind, column in zip(kinds, columns, strict=True)]


def words(row: Iterable[Any]) -> list[str | None]:
    """One row's values."""
    return [value if value is None or type(value) is str else _word(value) for value in row]


def _word(value: Any) -> str:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def array(kind: str, column: Sequence[Any]) -> str:
    if kind == "bigint":
        words = ["NULL" if number is None else str(number) for number in column]
    elif kind == "bytea":
        words = ["NULL" if code is None else f'"\\\\x{code.hex()}"' for code in column]
    else:
        whole = "".join(filter(None, column))
        quote = _quoted if '"' in whole or "\\" in whole else '"{}"'.format
        words = ["NULL" if word is None else quote(word) for word in column]
    return f"{{{','.join(words)}}}"


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
