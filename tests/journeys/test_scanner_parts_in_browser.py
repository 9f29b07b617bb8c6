"""The scanner's small modules by themselves, in the browser that they are for."""

from typing import Any

import pytest
from journeys.cast import Story, Town
from journeys.tablet import chromium
from journeys.test_day_in_browser import HOST

pytestmark = [pytest.mark.browser, pytest.mark.only("sqlite")]

LINE = """async ([answers]) => {
  const { newLine } = await import("/static/js/scanner/line.js");
  const told = [];
  const line = newLine((online) => told.push(online));
  const states = answers.map(([answered, ms]) => { line.note(answered, ms); return line.online; });
  return [states, told];
}"""

CLOCK = """async ([samples]) => {
  const { newOffset } = await import("/static/js/scanner/clock.js");
  const offset = newOffset();
  const iso = (now) => new Date(now).toISOString();
  return samples.map(([now, asked, heard]) => offset.note(iso(now), asked, heard));
}"""

CODES = """async ([codes]) => {
  const { checkDigitsHold, kindOf, newId } = await import("/static/js/scanner/codes.js");
  return [codes.map((code) => checkDigitsHold(code)), codes.map((code) => kindOf(code)), newId()];
}"""

# A queue of real IndexedDB with scans by roster tick, and a door that answers as the test says.
QUEUE = """async ([answer]) => {
  const [{ openStore }, { newQueue }, { newFlusher }, { Refused, NoAnswer }] = await Promise.all(
    ["store", "queue", "flusher", "door"].map((name) => import(`/static/js/scanner/${name}.js`)));
  const store = await openStore(Math.floor(Math.random() * 1e9));
  const queue = newQueue(store, 1, "");
  for (const [place, id] of [..."abcde"].entries()) {
    const scan = { id, member_id: 1, scanned_at: `2026-11-21T09:0${place}` };
    await queue.add(scan, { asking: id === "e" });
  }
  const asked = [];
  const door = { send: async (scans) => {
    const ids = scans.map((scan) => scan.id);
    asked.push(ids.join(""));
    if (answer === "poison" && ids.includes("c")) throw new Refused(422, "invalid", "no");
    if (answer === "shut") throw new Refused(401, "unauthenticated", "");
    if (answer === "silent") throw new NoAnswer();
    const final = answer !== "later";
    return { results: ids.map((id) => ({ id, final, tone: id === "b" ? "red" : "green" })) };
  } };
  const heard = [];
  const flush = newFlusher(1, queue, door, (results) => heard.push(...results));
  const both = Promise.all([flush(), flush()]);
  const failed = await both.then(() => "", (failure) => failure.constructor.name);
  await queue.release("e");
  const left = (await queue.due(9)).map((row) => row.id).join("");
  if (!failed && heard.length !== 4) throw new Error("not everything was heard of");
  return { asked, left, refused: (await queue.refused()).map((row) => row.id).join(""), failed };
}"""


@pytest.fixture
def evaluate(story: Story, town: Town, served: int) -> Any:
    story.at("09:00")
    with chromium(served) as browser:
        page = browser.new_page()
        page.goto(f"{HOST}/sign-in")
        yield lambda script, *given: page.evaluate(script, list(given))


def test_the_line_is_given_up_and_taken_up_by_what_was_answered(evaluate: Any) -> None:
    good, error, slow = [True, 40], [False, 0], [True, 7000]
    assert evaluate(LINE, [good, error, good, error, good, good]) == [
        [True, True, True, False, False, True], [False, True],
    ]  # fmt: skip
    states, _ = evaluate(LINE, [error, good, good, good, good, error])
    assert states[-1] is True, "the first of six is forgotten"
    assert evaluate(LINE, [slow, slow])[0] == [True, False]
    states, _ = evaluate(LINE, [error, error, good, slow, good, error, good, good])
    assert states == [True, False, False, False, False, False, False, True]


def test_the_clock_is_measured_by_the_quickest_answer_and_anew_when_it_was_set(
    evaluate: Any,
) -> None:
    slow, quick = [10_000, 4_000, 8_000], [20_100, 15_000, 15_200]
    assert evaluate(CLOCK, [slow, quick, slow]) == [4_000, 5_000, 5_000]
    assert evaluate(CLOCK, [quick, [7_200_000, 0, 100]]) == [5_000, 7_199_950]


def test_codes_are_told_apart_before_anybody_is_asked(evaluate: Any) -> None:
    codes = ["25169721111376581268", "25169721111376581269", "2516972111137658126"]
    holds, kinds, made = evaluate(CODES, codes)
    assert holds == [int(code) % 97 == 1 and len(code) == 20 for code in codes]
    assert evaluate(CODES, ["0" * 20, "5" * 20, "9" * 20])[1] == ["pass", "card", "phone"]
    assert kinds == ["card"] * 3
    assert len(made) == 32


def test_a_scan_leaves_the_queue_only_when_the_server_has_said_what_became_of_it(
    evaluate: Any,
) -> None:
    """One of two flushers works; what the page itself is asking about (e) is left alone."""
    assert evaluate(QUEUE, "fine") == {
        "asked": ["abcd"], "left": "e", "refused": "b", "failed": "",
    }  # fmt: skip
    assert evaluate(QUEUE, "later") == {
        "asked": ["abcd"], "left": "abcde", "refused": "", "failed": "",
    }  # fmt: skip
    for answer, failed in (("shut", "Refused"), ("silent", "NoAnswer")):
        told = evaluate(QUEUE, answer)
        assert (told["left"], told["refused"], told["failed"]) == ("abcde", "", failed)


def test_one_scan_that_cannot_be_read_does_not_hold_up_the_others(evaluate: Any) -> None:
    told = evaluate(QUEUE, "poison")
    assert told["left"] == "e"
    assert told["refused"] == "bc"
