// What the scanner asks the server: one batch route for scans, and what it needs to be ready for them.

const PATIENCE_MS = 5000;

// Nobody answered, or the server is in trouble: to be tried again.
export class NoAnswer extends Error {}

// The server answered and will not: this device is off its post, or what was sent is wrong.
export class Refused extends Error {
  constructor(status, code, sentence) {
    super(sentence);
    this.status = status;
    this.code = code;
  }

  get shutOut() {
    return [401, 403, 404].includes(this.status);
  }

  get malformed() {
    return [400, 413, 422].includes(this.status);
  }
}

export function newDoor(eventId) {
  const api = `/api/v1/events/${eventId}`;
  let token = "";
  let paired = false;

  async function ask(path, { body, patience = PATIENCE_MS, asDevice = paired } = {}) {
    const headers = { Accept: "application/json", "X-CSRFToken": token };
    if (asDevice) headers["Acting-As"] = "device"; // the device's cookie counts, no person's session
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const asked = { headers, method: body === undefined ? "GET" : "POST", redirect: "manual", cache: "no-store" };
    if (body !== undefined) asked.body = JSON.stringify(body);
    let answer;
    try {
      answer = await fetch(path, { ...asked, signal: AbortSignal.timeout(patience) });
      if (answer.type === "opaqueredirect") throw new Refused(401, "unauthenticated", "");
      if (answer.status === 204) return null;
      const told = await answer.json();
      if (answer.ok) return told;
      if (answer.status < 500 && answer.status !== 429) throw new Refused(answer.status, told.code, told.title);
    } catch (failure) {
      if (failure instanceof Refused) throw failure;
    }
    throw new NoAnswer();
  }

  // A page that lay open for days holds an old token: fetch a new one and ask once more.
  async function post(path, body, patience) {
    try {
      return await ask(path, { body, patience });
    } catch (failure) {
      if (failure.code !== "form_expired") throw failure;
      await ready();
      return ask(path, { body, patience });
    }
  }

  // As this device if it is paired for this event, else as the person who is signed in.
  async function ready() {
    let told;
    try {
      told = await ask(`/events/${eventId}/scanner/ready`, { asDevice: true });
      paired = true;
    } catch (failure) {
      if (!failure.shutOut) throw failure;
      told = await ask(`/events/${eventId}/scanner/ready`, { asDevice: false });
      paired = false;
    }
    token = told.csrf_token;
    return { ...told, paired };
  }

  return {
    ready,
    wasPaired(before) {
      paired = before;
    },
    clock: () => ask(`${api}/clock`),
    roster: () => ask(`${api}/roster`, { patience: 60_000 }),
    names: (pin) => post(`${api}/roster-ticks`, { pin }, 60_000),
    send: (scans, sentAt, patience = PATIENCE_MS) => post(`${api}/scans`, { sent_at: sentAt, scans }, patience),
    undo: (id) => post(`${api}/scans/${id}/undo`, {}),
    beat: () => post("/device/heartbeat", {}),
  };
}
