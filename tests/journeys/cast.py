"""What a journey is made of: its clock, its town, people at the JSON API, a reader of QR codes."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import zxingcpp
from community import Community
from PIL import Image
from pypdfium2 import PdfDocument

from pointsbank.core import clock

ZONE = ZoneInfo("Asia/Shanghai")
DAY = "2026-11-21"


class Story:
    """The clock of a journey: ``story.at("09:02")``; every thread of the server sees it."""

    def __init__(self, held: ExitStack) -> None:
        self._held = held

    def at(self, time: str, day: str = DAY) -> None:
        self._held.close()
        instant = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZONE)
        self._held.enter_context(clock.frozen(instant))


@dataclass(frozen=True)
class Town:
    """The community of the tests, and 李建国's printed card."""

    place: Community
    card_of_li: str


@dataclass
class Person:
    """Somebody's program at the JSON API, signed in with her own password."""

    client: httpx.Client

    def sign_in(self, name: str, password: str) -> "Person":
        session = self.post("/api/v1/sessions", 201, name=name, password=password)
        self.client.headers["Authorization"] = f"Bearer {session['token']}"
        self.client.cookies.clear()
        return self

    def get(self, path: str, status: int = 200, **asked: object) -> Any:
        """The JSON of an answer."""
        return self.take(path, status, **asked).json()

    def take(self, path: str, status: int = 200, **asked: object) -> httpx.Response:
        answer = self.client.get(path, params=asked)
        assert answer.status_code == status, answer.text
        return answer

    def post(self, path: str, status: int, **body: object) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def export(self, path: str, **form: object) -> bytes:
        answer = self.client.post(path, data=form)
        assert answer.status_code == 200, answer.text
        return answer.content


def read_qr(shown: bytes | Image.Image) -> str:
    """What a scanner reads off a printed page or a screen: zxing, which drew none of it."""
    image = shown if isinstance(shown, Image.Image) else _printed(shown)
    codes = zxingcpp.read_barcodes(image.convert("L"))
    assert len(codes) == 1, f"{len(codes)} codes are to be seen"
    return str(codes[0].text)


def _printed(pdf: bytes) -> Image.Image:
    """The first page of a PDF at 150 dots an inch."""
    return PdfDocument(pdf)[0].render(scale=150 / 72).to_pil()
