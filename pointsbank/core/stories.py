"""What a feature's ``stories.py`` tells of a ledger entry it wrote; my page finds those files by
name.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Story:
    """A title and a detail for people, and the page that shows more, if there is one."""

    title: str
    detail: str = ""
    url: str = ""
