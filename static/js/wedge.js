// A scanner that types, a person who types, and one box for both; what a scan means is the caller's affair.
//
// Scanners press keys as on a plain keyboard. Under a Chinese input method event.key is "Process", and digits may come
// full-width; so digits are read from event.code, and whatever else reaches the box is folded.

const BURST_GAP_MS = 50; // nobody types this fast: a scanner does
const BURST_DIGITS = 8;

export function fold(text) {
  return text.normalize("NFKC").replace(/\D/g, "");
}

export function digitOf(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return "";
  return /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? "";
}

// Listens to the whole page: `scanned(digits)` after Enter, `home()` after Esc; the arrow keys walk through [data-choose].
export function listen(box, { scanned, home }) {
  let typed = fold(box.value); // what the box holds, decoded by us; also what was typed before this script came
  let handled = -Infinity; // when we last decoded a key: the input method's own version of it is dropped
  let burst = { digits: "", at: -Infinity, field: null, before: "" };

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
    show("");
    if (code) scanned(code);
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
    const whole = now - burst.at < BURST_GAP_MS && burst.digits.length >= BURST_DIGITS ? burst.digits : "";
    if (whole && burst.field) {
      burst.field.value = burst.before;
      burst.field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    burst = { digits: "", at: -Infinity, field: null, before: "" };
    return whole;
  }

  function pressed(event) {
    const enter = event.code === "Enter" || event.code === "NumpadEnter";
    const digit = digitOf(event);
    if (event.code === "Escape") {
      event.preventDefault();
      handled = -Infinity; // what comes now is nobody's echo
      show("");
      home();
      box.focus();
    } else if (elsewhere(event.target)) {
      const whole = digit || enter ? follow(event, digit) : "";
      if (whole) {
        event.preventDefault();
        send(whole);
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
    } else if (enter && (event.target === box || typed)) {
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

  document.addEventListener("keydown", pressed, true);
  box.addEventListener("input", changed);
  box.addEventListener("compositionend", () => {
    box.value = typed;
  });
  return { show, send: () => send(fold(typed)) };
}
