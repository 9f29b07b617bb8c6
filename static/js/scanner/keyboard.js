// The test page for USB scanners: what arrived, key by key, and whether it would be a code.

import { listen } from "../wedge.js";
import { checkDigitsHold } from "./codes.js";

const $ = (name) => document.querySelector(`[data-part="${name}"]`);
let keys = 0;
let method = false;
let from = 0;

document.addEventListener("keydown", (event) => {
  if (event.code === "Enter" || event.code === "NumpadEnter") return;
  if (!keys) from = performance.now();
  keys += 1;
  method ||= event.key === "Process" || event.isComposing;
}, true);

listen(document.getElementById("code"), {
  scanned(digits) {
    $("digits").textContent = digits;
    $("length").textContent = String(digits.length);
    $("took").textContent = String(Math.round(performance.now() - from));
    $("right").hidden = !checkDigitsHold(digits);
    $("wrong").hidden = checkDigitsHold(digits);
    $("input-method").hidden = !method;
    $("outcome").hidden = false;
    keys = 0;
    method = false;
  },
  home() {
    $("outcome").hidden = true;
    keys = 0;
  },
});
