"""A disk that is full, for SQLite: the file may not grow any more."""

from pointsbank.core.database import Database


def fill_disk(bank: Database, *, left_pages: int = 2) -> None:
    with bank.administer() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + left_pages}")


def empty_disk(bank: Database) -> None:
    with bank.administer() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")
