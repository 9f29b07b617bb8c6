// Scans that the server has not answered yet, and those that it refused for good. A scan is written down before its
// first try, and goes only when the server has said what became of it.

import { kindOf } from "./codes.js";
import { sealTo } from "./seal.js";

const ASKING_MS = 8000; // for so long the page itself is asking about a scan: the flusher leaves it alone

export function newQueue(store, eventId, publicKey) {
  async function add(scan, { asking }) {
    const { code, ...row } = scan;
    if (code) {
      row.sealed = await sealTo(publicKey, eventId, code);
      row.told = { kind: kindOf(code), tail: kindOf(code) === "card" ? code.slice(-4) : "" };
    }
    row.askingUntil = asking ? Date.now() + ASKING_MS : 0;
    await store.write(["waiting"], ({ waiting }) => waiting.put(row));
  }

  // Oldest first; what is being asked about right now is left out.
  async function due(most) {
    const rows = await store.all("waiting");
    const now = Date.now();
    return rows
      .filter((row) => row.askingUntil < now || row.askingUntil > now + ASKING_MS)
      .sort((one, other) => one.scanned_at.localeCompare(other.scanned_at))
      .slice(0, most);
  }

  // What the server said: accepted and refused leave the queue, the refused for the visible list. How many left.
  async function settle(results) {
    const rows = new Map((await store.all("waiting")).map((row) => [row.id, row]));
    const over = results.filter((result) => result.final && rows.has(result.id));
    await store.write(["waiting", "refused"], ({ waiting, refused }) => {
      for (const result of over) {
        const row = rows.get(result.id);
        waiting.delete(result.id);
        if (result.tone !== "red") continue;
        // no name: who it was, the server knows
        refused.put({ id: row.id, scanned_at: row.scanned_at, told: row.told, headline: result.headline, now: result.now });
      }
    });
    return over.length;
  }

  return {
    add,
    due,
    settle,
    release: (id) => store.write(["waiting"], ({ waiting }) => {
      const found = waiting.get(id);
      found.onsuccess = () => {
        if (found.result) waiting.put({ ...found.result, askingUntil: 0 });
      };
    }),
    takeBack: (id) => store.write(["waiting"], ({ waiting }) => waiting.delete(id)),
    refused: () => store.all("refused"),
    dismiss: (id) => store.write(["refused"], ({ refused }) => refused.delete(id)),
    size: () => store.count("waiting"),
  };
}

export function onTheWire(row) {
  const { told, askingUntil, ...scan } = row;
  return scan;
}
