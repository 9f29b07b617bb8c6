// Sends what waits: one flusher among all tabs of this device, in batches, and each scan counts once by its id.

import { onTheWire } from "./queue.js";

const BATCH = 200;
const PATIENCE_MS = 30_000;

export function newFlusher(eventId, queue, door, heard) {
  async function send(rows) {
    try {
      const answer = await door.send(rows.map(onTheWire), new Date().toISOString(), PATIENCE_MS);
      return answer.results;
    } catch (failure) {
      // One scan that cannot be read must not hold up the rest: halve until it stands alone, then it is refused.
      if (!failure.malformed) throw failure;
      if (rows.length === 1) return [{ id: rows[0].id, tone: "red", final: true, headline: failure.message, now: "" }];
      const half = rows.length >> 1;
      return [...(await send(rows.slice(0, half))), ...(await send(rows.slice(half)))];
    }
  }

  async function flush() {
    for (;;) {
      const rows = await queue.due(BATCH);
      if (!rows.length) return;
      const results = await send(rows);
      const left = await queue.settle(results);
      heard(results);
      if (!left) return; // the server wants all of them later
    }
  }

  return () => navigator.locks.request(`pointsbank-flusher-${eventId}`, { ifAvailable: true }, (lock) => (lock ? flush() : null));
}
