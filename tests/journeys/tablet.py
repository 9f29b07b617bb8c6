"""A tablet at an event's door in Chromium: paired, with a camera that sees what a test wants."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from conftest import without
from journeys.cast import ZONE
from journeys.test_day_in_browser import HOST, Desk
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from pointsbank.core import clock, qr
from pointsbank.core.actor import Actor, Scope
from pointsbank.core.database import snapshot, transaction
from pointsbank.devices import operations as devices
from pointsbank.devices.queries import code_of
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.web.sessions import DEVICE_COOKIE
from tests.community import Community

SIZE = (640, 480)

# What a USB scanner sends while a Chinese input method is on: no key is named, only its place.
UNDER_AN_INPUT_METHOD = """digits => {
  const target = document.activeElement ?? document.body;
  const press = (code) => target.dispatchEvent(
    new KeyboardEvent("keydown", { code, key: "Process", bubbles: true, cancelable: true }));
  for (const digit of digits) press(`Digit${digit}`);
  press("Enter");
}"""


@contextmanager
def chromium(port: int, camera: Path | None = None, *, secure: bool = True) -> Iterator[Browser]:
    """Chromium for which ``bank.test`` is the service, over what counts as https or does not."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        without("Chromium (apt-get install chromium)")
    args = ["--no-sandbox", f"--host-resolver-rules=MAP bank.test 127.0.0.1:{port}"]
    if secure:
        args.append(f"--unsafely-treat-insecure-origin-as-secure={HOST}")
    if camera:
        args += ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
        args.append(f"--use-file-for-fake-video-capture={camera}")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=args)
        yield opened
        opened.close()


def card_image(digits: str) -> Image.Image:
    """A card held before a camera: its QR code in the middle of a picture."""
    rows = qr.modules(digits)
    side = len(rows)
    code = Image.new("L", (side, side), 255)
    code.putdata([0 if dark else 255 for row in rows for dark in row])
    picture = Image.new("L", SIZE, 235)
    picture.paste(code.resize((side * 8, side * 8), Image.Resampling.NEAREST), (180, 120))
    return picture


def film(path: Path, digits: str) -> Path:
    """The picture of a card as a video that Chromium's fake camera plays (YUV4MPEG2)."""
    width, height = SIZE
    picture = card_image(digits).tobytes() + bytes([128]) * (width * height // 2)
    head = f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode()
    path.write_bytes(head + (b"FRAME\n" + picture) * 3)
    return path


def open_event(place: Community, hours: int = 3) -> int:
    """An event that began at nine of the story's day and is open."""
    begin, now = datetime(2026, 11, 21, 9, tzinfo=ZONE), clock.now()
    with transaction() as session:
        event = events.plan(
            session, place.organiser, org_id=place.community, title="社区便民服务集市",
            kind=DeedCategory.REPAIRS, place="社区文化广场", starts_at=begin,
            ends_at=begin + timedelta(hours=hours), key="market", at=now,
        )  # fmt: skip
        event_id = event.id or 0
        events.publish(session, place.organiser, event_id=event_id, at=now)
        events.open_event(session, place.organiser, event_id=event_id, at=now)
        return event_id


def pair(place: Community, event_id: int, name: str = "入口平板") -> tuple[int, str]:
    """A device at this event's door: its id and its token."""
    with transaction() as session:
        offered = devices.offer_pairing(
            session, place.organiser, org_id=place.community, name=name, scope=Scope.AT_DOOR,
            event_id=event_id, key=name, at=clock.now(),
        )  # fmt: skip
        code = code_of(offered)
    with transaction() as session:
        device, token = devices.pair(session, code=code, address="10.0.0.5", at=clock.now())
        return device.id, token


def revoke(actor: Actor, device_id: int) -> None:
    with transaction() as session:
        devices.revoke(session, actor, device_id=device_id, at=clock.now())


@dataclass
class Tablet:
    """One browser with a device's cookie, on the scanner's page of its event."""

    browser: Browser
    event_id: int
    token: str
    at: str = "09:02"
    desk: Desk = field(init=False)
    context: BrowserContext = field(init=False)
    page: Page = field(init=False)

    def __post_init__(self) -> None:
        self.desk = Desk(self.browser)
        shape: dict[str, Any] = {"viewport": {"width": 800, "height": 1100}}
        self.context = self.browser.new_context(**shape, locale="zh-CN")
        self.desk._watch(self.context)
        self.context.add_cookies([{"name": DEVICE_COOKIE, "value": self.token, "url": HOST}])
        self.page = self.context.new_page()
        hour, minute = map(int, self.at.split(":"))
        self.page.clock.install(time=datetime(2026, 11, 21, hour, minute, tzinfo=ZONE))
        self.open()

    @property
    def address(self) -> str:
        return f"{HOST}/events/{self.event_id}/scanner"

    def open(self) -> None:
        self.page.goto(self.address)

    def prepared(self) -> "Tablet":
        """Once the roster is there and the page is kept on the device."""
        expect(self.part("roster")).to_contain_text("名单已备好")
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        return self

    def part(self, name: str) -> Locator:
        return self.page.locator(f'[data-part="{name}"]')

    def scan(self, digits: str) -> None:
        """What a USB scanner does."""
        self.page.keyboard.type(digits)
        self.page.keyboard.press("Enter")

    @property
    def answer(self) -> Locator:
        return self.page.locator("#answer [data-result]")

    def expect(self, tone: str, *texts: str) -> None:
        expect(self.answer).to_have_attribute("data-result", tone)
        for text in texts:
            expect(self.answer).to_contain_text(text)

    def cut(self) -> None:
        self.context.set_offline(True)
        expect(self.part("line")).to_have_text("离线")

    def restore(self) -> None:
        self.context.set_offline(False)

    def unlock(self, pin: str) -> None:
        self.page.locator("#pin").fill(pin)
        self.part("tick-open").get_by_role("button").click()

    def dump(self) -> str:
        """Everything that this origin keeps on the device, as a thief would read it."""
        return str(self.page.evaluate(_DUMP))


_DUMP = """async () => {
  const bytes = (value) => value instanceof Uint8Array || value instanceof ArrayBuffer
    ? new TextDecoder("latin1").decode(value) + new TextDecoder().decode(value) : value;
  const found = [document.cookie, ...Object.values(localStorage), ...Object.values(sessionStorage)];
  const heard = (request) => new Promise((resolve) => {
    request.onsuccess = () => resolve(request.result);
  });
  for (const { name } of await indexedDB.databases()) {
    const database = await heard(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const rows = await heard(database.transaction(store).objectStore(store).getAll());
      found.push(`${name}/${store}: ` + JSON.stringify(rows, (key, value) => bytes(value)));
    }
    database.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const answer = await cache.match(request);
      const text = request.url.endsWith("/scanner") ? await answer.text() : "";
      found.push(`${name} ${request.url}: ${text}`);
    }
  }
  return found.join("\\n");
}"""


def snapshot_of(statement: Any) -> list[Any]:
    with snapshot() as session:
        return list(session.execute(statement).all())
