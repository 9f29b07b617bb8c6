// The scanner's page: whatever was scanned, typed, photographed or ticked becomes a scan, is asked about or kept, and shown.

import { listen } from "../wedge.js";
import { cameraIsPossible, startCamera } from "./camera.js";
import { newOffset } from "./clock.js";
import { checkDigitsHold, newId } from "./codes.js";
import { textsIn } from "./decode.js";
import { newDoor } from "./door.js";
import { newFlusher } from "./flusher.js";
import { newLine } from "./line.js";
import { newQueue } from "./queue.js";
import { newRoster } from "./roster.js";
import { newScreen } from "./screen.js";
import * as status from "./status.js";
import { openStore } from "./store.js";
import { newTickList } from "./tick.js";
import { clock, say, since } from "./words.js";

const SAME_MS = 4000; // the same code within this time is the same scan
const PULSE_MS = { online: 20_000, offline: 4_000 };
const ROSTER_MS = 10 * 60_000;
const BEAT_MS = 60_000;
const AFTER_END_MS = 2 * 3_600_000; // people still leave; then the names go

const root = document.getElementById("scanner");
const eventId = Number(root.dataset.event);
const secure = window.isSecureContext && Boolean(globalThis.crypto?.subtle);
const screen = newScreen(document.getElementById("answer"));
const door = newDoor(eventId);
const line = newLine(lineChanged);
const lastSeen = new Map(); // code → when it was last before the camera; in memory only
const recent = [];

let store; // with it a queue: only over https, only on a paired device
let queue;
let flush;
let ticks;
let roster;
let rosterAt = 0;
let beatAt = 0;
let offset = newOffset();
let paired = false;
let closed = false; // the server will have nothing to do with this device or session
let newest = 0;

function isAgain(code) {
  const now = performance.now();
  const again = now - (lastSeen.get(code) ?? -Infinity) < SAME_MS;
  lastSeen.set(code, now);
  return again;
}

async function scanned(text) {
  const code = text.normalize("NFKC").replace(/[\s-]/g, "");
  if (isAgain(code)) return screen.bounce();
  if (!/^\d+$/.test(code)) return refuse("not_a_code");
  if (!checkDigitsHold(code)) return refuse("digits_wrong");
  return take({ code, way: "organiser" });
}

function ticked(person) {
  return take({ member_id: person.member_id, way: "roster" }, person);
}

function refuse(word) {
  show({ tone: "red", headline: say(word), now: say(`${word}_now`), actions: [next()] });
}

// Written down, then asked about, then shown: no success before the server has answered.
async function take(who, person = null) {
  newest += 1;
  const turn = newest;
  const kind = document.querySelector('input[name="kind"]:checked').value;
  const scan = { id: newId(), ...who, kind, scanned_at: new Date().toISOString(), offset_ms: offset.ms };
  const asking = line.online;
  if (asking) screen.show({ look: "asking", tone: "grey", headline: say("asking"), quiet: true });
  const kept = Boolean(queue) && await queue.add(scan, { asking }).then(() => true, () => false); // false: the disk is full
  const answer = asking ? await answerTo(scan) : null;
  if (answer) {
    if (kept) await queue.settle([answer]);
    showAnswer(answer, turn === newest);
  } else if (kept) {
    await queue.release(scan.id);
    showKept(scan, person ?? (await onRoster(who.code)), turn === newest);
  } else {
    refuse(closed ? "shut_out" : "no_network");
  }
  return count();
}

async function answerTo(scan) {
  const askedAt = performance.now();
  try {
    const [answer] = (await door.send([scan], new Date().toISOString())).results;
    line.note(true, performance.now() - askedAt);
    return answer;
  } catch (failure) {
    if (failure.shutOut) await shutOut();
    else if (failure.status) return { id: scan.id, tone: "red", headline: say("shut_out"), now: failure.message, final: failure.malformed };
    else line.note(false);
    return null;
  }
}

async function onRoster(code) {
  return code && roster ? roster.find(code) : null;
}

function next() {
  return { label: say("next"), primary: true, run: () => screen.close() };
}

function showAnswer(answer, visible) {
  const undo = { label: say("undo"), run: () => takeBack(answer.id) };
  const tail = answer.phone_tail ? say("phone_tail", { tail: answer.phone_tail }) : "";
  show({ ...answer, since: answer.since && since(answer.since), detail: tail, actions: answer.undo ? [next(), undo] : [next()] }, visible);
}

function showKept(scan, person, visible) {
  const undo = { label: say("undo"), run: () => takeBackKept(scan.id) };
  const known = person || !scan.code || !roster;
  show({
    id: scan.id, look: "kept", tone: "grey", headline: say("kept"), name: person?.name, since: clock(scan.scanned_at),
    detail: person?.phone_tail ? say("phone_tail", { tail: person.phone_tail }) : "",
    now: say(known ? "kept_now" : "kept_unknown_now"), actions: [next(), undo],
  }, visible);
}

function show(answer, visible = true) {
  recent.unshift({ id: answer.id, tone: answer.look ?? answer.tone, headline: answer.headline, name: answer.name, at: Date.now() });
  recent.length = Math.min(recent.length, 12);
  status.showRecent(recent);
  if (visible) screen.show(answer);
}

// What was noted without network is told again as the server saw it.
function correct(results) {
  for (const line of recent) {
    const result = line.id && results.find((one) => one.id === line.id);
    if (result) Object.assign(line, { tone: result.tone, headline: result.headline, name: result.name ?? line.name });
  }
  status.showRecent(recent);
}

async function takeBack(id) {
  try {
    showAnswer(await door.undo(id), true);
  } catch (failure) {
    show({ tone: "red", headline: say("undo_failed"), now: failure.message || say("undo_failed_now"), actions: [next()] });
  }
}

async function takeBackKept(id) {
  await queue.takeBack(id);
  show({ tone: "amber", headline: say("taken_back"), now: say("taken_back_now"), actions: [next()] });
  await count();
}

async function count() {
  if (!queue) return;
  status.showWaiting(await queue.size());
  status.showRefused(await queue.refused(), async (id) => {
    await queue.dismiss(id);
    await count();
  });
}

function lineChanged(online) {
  status.showLine(online);
  if (online) empty();
}

async function empty() {
  if (!queue) return;
  try {
    await flush();
  } catch (failure) {
    if (failure.shutOut) await shutOut();
    else line.note(false);
  }
  await count();
}

// Off its post, or its time is over: whatever could name somebody goes; what waits is sealed and stays.
async function forgetNames() {
  roster = undefined;
  if (!store) return;
  await store.forget("roster");
  if (ticks) await ticks.forget();
  status.showReady({ paired, secure, size: 0 });
}

async function shutOut() {
  closed = true;
  status.showShutOut(paired);
  await forgetNames();
}

function isOver() {
  return Date.now() + (offset.ms ?? 0) > Date.parse(root.dataset.ends) + AFTER_END_MS;
}

// Measures the clock, feels the line, and keeps the roster fresh.
async function pulse() {
  const askedAt = Date.now();
  try {
    const told = await door.clock();
    offset.note(told.now, askedAt, Date.now());
    line.note(true, Date.now() - askedAt);
    status.showTurnout(told);
    await store?.keep("offset", offset.ms).catch(() => null);
    if (queue && line.online) await prepare();
  } catch (failure) {
    if (failure.shutOut) await shutOut();
    else line.note(false);
  }
  if (isOver()) await forgetNames();
  setTimeout(pulse, line.online ? PULSE_MS.online : PULSE_MS.offline);
}

async function prepare() {
  if (await queue.size()) await empty();
  if (Date.now() - beatAt > BEAT_MS) {
    beatAt = Date.now();
    door.beat().catch(() => null);
  }
  if (isOver() || Date.now() - rosterAt < ROSTER_MS) return;
  rosterAt = Date.now();
  const answer = await door.roster();
  await store.keep("roster", answer).catch(() => null); // a full disk: it is there until the page is closed
  useRoster(answer);
}

function useRoster(answer) {
  roster = newRoster(answer);
  status.showReady({ paired, secure, size: roster.size });
}

async function wakeUp() {
  if (secure && globalThis.indexedDB) store = await openStore(eventId).catch(() => undefined);
  offset = newOffset((await store?.kept("offset")) ?? null);
  try {
    ({ paired } = await door.ready());
    await store?.keep("paired", paired).catch(() => null);
  } catch (failure) {
    paired = Boolean(await store?.kept("paired"));
    door.wasPaired(paired);
    if (failure.shutOut) await shutOut();
    else line.cut();
  }
  if (store && paired) await beReadyForOffline();
  status.showReady({ paired: Boolean(queue), secure, size: roster?.size ?? 0 });
  await count();
  await pulse();
}

async function beReadyForOffline() {
  queue = newQueue(store, eventId, root.dataset.key);
  flush = newFlusher(eventId, queue, door, correct);
  ticks = newTickList({ store, door, ticked });
  const kept = await store.kept("roster");
  if (kept && !isOver()) useRoster(kept);
  await ticks.show();
  navigator.storage?.persist?.();
  navigator.serviceWorker?.register(root.dataset.worker, { scope: root.dataset.scope });
}

async function startWatching() {
  const start = document.querySelector('[data-part="start"]');
  try {
    await startCamera(document.querySelector("video"), scanned);
    root.dataset.camera = "on";
  } catch {
    start.disabled = true;
    document.querySelector('[data-part="no-camera"]').hidden = false;
  }
}

async function readPhoto(event) {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  const [text] = await textsIn(file).catch(() => []);
  if (text) await scanned(text);
  else refuse("no_code_in_photo");
}

const box = document.getElementById("code");
const wedge = listen(box, { scanned, home: () => screen.close() });
document.querySelector('[data-part="typed"]').addEventListener("submit", (event) => {
  event.preventDefault();
  wedge.send();
});
document.querySelector('[data-part="photo"]').addEventListener("change", readPhoto);
const start = document.querySelector('[data-part="start"]');
start.hidden = !cameraIsPossible();
start.addEventListener("click", startWatching);
window.addEventListener("offline", () => line.cut());
window.addEventListener("online", () => queue && setTimeout(empty, 500));
status.showLine(true);
wakeUp();
