// The counter's scan box: asks the server whose card or phone code it is.
//
//   form[data-scan-form]      the form that asks the server (htmx or plain); data-home="/counter" is where Esc leads
//   input[data-scan-box]      inside it: digits only
//   [data-scan-answer]        where the answer appears; without data-home Esc empties it
//   [data-choose]             what the arrow keys walk through (goods, buttons)

import { fold, listen } from "./wedge.js";

const REPEAT_MS = 2000; // the same code within this time is the same scan

const form = document.querySelector("form[data-scan-form]");
const box = form?.querySelector("[data-scan-box]");
const answer = document.querySelector("[data-scan-answer]");

let last = { code: "", at: -Infinity };
let wedge;

function send(code) {
  const now = performance.now();
  if (code === last.code && now - last.at < REPEAT_MS) {
    bounce();
    return;
  }
  last = { code, at: now };
  box.value = code;
  form.requestSubmit();
  wedge.show("");
  box.focus();
}

function bounce() {
  const shown = answer?.firstElementChild;
  if (!shown) return;
  shown.classList.remove("again");
  requestAnimationFrame(() => shown.classList.add("again"));
}

function home() {
  last = { code: "", at: -Infinity };
  if (form.dataset.home) location.assign(form.dataset.home);
  else answer?.replaceChildren();
}

if (box) {
  wedge = listen(box, { scanned: send, home });
  form.addEventListener("submit", (event) => {
    if (!fold(box.value)) event.preventDefault();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (answer?.contains(event.detail.target) || event.detail.target === answer) {
      // not on a tablet, where the focus would bring up the keyboard over the goods
      if (matchMedia("(pointer: fine)").matches) answer.querySelector("[autofocus], [data-choose]")?.focus();
    }
  });
  box.focus();
}
