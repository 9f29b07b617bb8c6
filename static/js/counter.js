// A scanner that types, a person who types, and one box for both.
//
//   form[data-scan-form]      the form that asks the server (htmx or plain); data-home="/counter" is where Esc leads
//   input[data-scan-box]      inside it: digits only
//   [data-scan-answer]        where the answer appears; without data-home Esc empties it
//   [data-choose]             what the arrow keys walk through (goods, buttons)
//
// Scanners press keys as on a plain keyboard. Under a Chinese input method event.key is "Process", and digits may come
// full-width; so digits are read from event.code, and whatever else reaches the box is folded.

const REPEAT_MS = 2000; // the same code within this time is the same scan
const BURST_GAP_MS = 50; // nobody types this fast: a scanner does
const BURST_DIGITS = 8;

const form = document.querySelector("form[data-scan-form]");
const box = form?.querySelector("[data-scan-box]");
const answer = document.querySelector("[data-scan-answer]");

let typed = ""; // what the box holds, decoded by us
let handled = -Infinity; // when we last decoded a key: the input method's own version of it is dropped
let last = { code: "", at: -Infinity };
let burst = { digits: "", at: -Infinity, field: null, before: "" };

export function fold(text) {
  return text.normalize("NFKC").replace(/\D/g, "");
}

export function digitOf(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return "";
  return /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? "";
}

function elsewhere(target) {
  return target !== box && target.matches?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

function show(digits) {
  typed = digits;
  box.value = digits;
}

function insert(digit) {
  const from = box.selectionStart ?? typed.length;
  const to = box.selectionEnd ?? typed.length;
  show(typed.slice(0, from) + digit + typed.slice(to));
  box.setSelectionRange(from + 1, from + 1);
}

function send(code) {
  const now = performance.now();
  show("");
  if (!code) return;
  if (code === last.code && now - last.at < REPEAT_MS) {
    bounce();
    return;
  }
  last = { code, at: now };
  box.value = code;
  form.requestSubmit();
  show("");
  box.focus();
}

function bounce() {
  const shown = answer?.firstElementChild;
  if (!shown) return;
  shown.classList.remove("again");
  requestAnimationFrame(() => shown.classList.add("again"));
}

function home() {
  show("");
  last = { code: "", at: -Infinity };
  if (form.dataset.home) location.assign(form.dataset.home);
  else answer?.replaceChildren();
  box.focus();
}

function choose(step) {
  const choices = [...document.querySelectorAll("[data-choose]:not(:disabled)")];
  if (!choices.length) return false;
  const now = choices.findIndex((choice) => choice.contains(document.activeElement));
  choices[(now + step + choices.length) % choices.length].focus();
  return true;
}

// A scan that arrives while another field has the keyboard is still a scan: the field gets its old content back.
function follow(event, digit) {
  const now = performance.now();
  if (digit) {
    const running = now - burst.at < BURST_GAP_MS && burst.field === event.target;
    burst = running
      ? { ...burst, digits: burst.digits + digit, at: now }
      : { digits: digit, at: now, field: event.target, before: event.target.value };
    return "";
  }
  const scanned = now - burst.at < BURST_GAP_MS && burst.digits.length >= BURST_DIGITS ? burst.digits : "";
  if (scanned && burst.field) {
    burst.field.value = burst.before;
    burst.field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  burst = { digits: "", at: -Infinity, field: null, before: "" };
  return scanned;
}

function pressed(event) {
  const enter = event.code === "Enter" || event.code === "NumpadEnter";
  const digit = digitOf(event);
  if (event.code === "Escape") {
    event.preventDefault();
    home();
  } else if (elsewhere(event.target)) {
    const scanned = digit || enter ? follow(event, digit) : "";
    if (scanned) {
      event.preventDefault();
      send(scanned);
    } else if (event.target.matches("[data-choose]") && /^Arrow(Left|Right)$/.test(event.code)) {
      // up and down change the number, left and right go to the next of the goods
      if (choose(event.code === "ArrowRight" ? 1 : -1)) event.preventDefault();
    }
  } else if (digit) {
    event.preventDefault();
    handled = event.timeStamp;
    if (document.activeElement !== box) {
      box.focus();
      box.setSelectionRange(typed.length, typed.length);
    }
    insert(digit);
  } else if (enter && event.target === box) {
    event.preventDefault();
    send(fold(typed));
  } else if (enter && typed) {
    event.preventDefault();
    send(fold(typed));
  } else if (/^Arrow(Up|Left|Down|Right)$/.test(event.code) && !(event.target === box && typed)) {
    if (choose(/Down|Right/.test(event.code) ? 1 : -1)) event.preventDefault();
  } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.code !== "Space") {
    box.focus();
  }
}

function changed(event) {
  const echo = event.timeStamp - handled < 150 && /^insert(Composition)?Text$|^insertFromComposition$/.test(event.inputType ?? "");
  if (!echo) typed = fold(box.value);
  if (!event.isComposing || echo) box.value = typed;
}

if (box) {
  typed = fold(box.value); // what was typed before this script came
  document.addEventListener("keydown", pressed, true);
  box.addEventListener("input", changed);
  box.addEventListener("compositionend", () => {
    box.value = typed;
  });
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
