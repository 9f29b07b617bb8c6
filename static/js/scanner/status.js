// What the bar and the lists of the scanner's page say: the line, what waits, what was refused, whether all is ready.

import { clock, say } from "./words.js";

const $ = (name) => document.querySelector(`[data-part="${name}"]`);

export function showLine(online) {
  $("line").dataset.state = online ? "online" : "offline";
  $("line").textContent = say(online ? "online" : "offline");
}

export function showTurnout({ came, expected }) {
  $("turnout").hidden = false;
  $("turnout").textContent = say(expected ? "turnout_of" : "turnout", { came, expected });
}

export function showWaiting(count) {
  $("waiting").hidden = count === 0;
  $("waiting").textContent = say("waiting", { count });
}

export function showReady({ paired, secure, size }) {
  $("insecure").hidden = secure;
  $("unpaired").hidden = paired || !secure;
  $("prepared").hidden = !paired || !secure;
  $("roster").textContent = size ? say("roster_ready", { count: size }) : say("roster_missing");
}

export function showShutOut(paired) {
  $("shut-out").hidden = false;
  $("shut-out-words").textContent = say(paired ? "revoked_now" : "signed_out_now");
}

// Newest first, with a button that takes a line away once somebody has dealt with it.
export function showRefused(rows, dismiss) {
  $("refused").hidden = rows.length === 0;
  $("refused-count").textContent = String(rows.length);
  const lines = rows.sort((one, other) => other.scanned_at.localeCompare(one.scanned_at)).map((row) => {
    const line = document.createElement("li");
    const text = document.createElement("p");
    const tail = row.told?.tail ? ` ${say("card_tail", { tail: row.told.tail })}` : "";
    text.textContent = `${clock(row.scanned_at)}${tail} · ${row.headline}${row.now ? ` · ${row.now}` : ""}`;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button secondary";
    button.textContent = say("seen");
    button.addEventListener("click", () => dismiss(row.id));
    line.append(text, button);
    return line;
  });
  $("refused-list").replaceChildren(...lines);
}

export function showRecent(answers) {
  $("recent").hidden = answers.length === 0;
  const lines = answers.map((answer) => {
    const line = document.createElement("li");
    line.dataset.tone = answer.tone;
    line.textContent = [clock(answer.at), answer.name, answer.headline].filter(Boolean).join(" · ");
    return line;
  });
  $("recent-list").replaceChildren(...lines);
}
