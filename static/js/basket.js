// The running total of form[data-basket]: buttons beside each number, the sum, what would be left, what is missing.
// Without script the same form works with its number boxes; the server counts again in any case.
//
//   [data-tile] data-price data-unit data-has      one of the goods, and what she has in its unit
//   [data-quantity], [data-step="1"|"-1"]          how many, and the buttons
//   [data-sum] [data-total] [data-rest-line] [data-rest] [data-warning="points|units"] [data-short] [data-confirm-button]

const figures = new Intl.NumberFormat("en");

function quantityOf(tile) {
  const value = Number.parseInt(tile.querySelector("[data-quantity]").value, 10);
  return Number.isFinite(value) && value > 0 ? value : 0;
}

function put(form, name, value) {
  const place = form.querySelector(`[data-${name}]`);
  if (place) place.textContent = figures.format(value);
}

function unveil(form, selector, shown) {
  const part = form.querySelector(selector);
  if (part) part.hidden = !shown;
}

function count(form) {
  const tiles = [...form.querySelectorAll("[data-tile]")];
  if (!tiles.length) return;
  let total = 0;
  let has = 0;
  const units = new Set();
  for (const tile of tiles) {
    const input = tile.querySelector("[data-quantity]");
    const quantity = quantityOf(tile);
    tile.classList.toggle("is-chosen", quantity > 0);
    for (const step of tile.querySelectorAll("[data-step]")) {
      step.hidden = false;
      step.disabled = step.dataset.step === "1" ? quantity >= Number(input.max) : quantity === 0;
    }
    if (!quantity) continue;
    total += quantity * Number(tile.dataset.price);
    has = Number(tile.dataset.has);
    units.add(tile.dataset.unit);
  }
  const mixed = units.size > 1;
  const short = mixed ? 0 : total - has;
  put(form, "total", total);
  put(form, "rest", has - total);
  put(form, "short", short);
  unveil(form, "[data-sum]", !mixed);
  unveil(form, "[data-rest-line]", total > 0 && short <= 0);
  unveil(form, '[data-warning="points"]', short > 0);
  unveil(form, '[data-warning="units"]', mixed);
  const confirm = form.querySelector("[data-confirm-button]");
  if (confirm) confirm.disabled = total === 0 || mixed || short > 0;
}

function countAll() {
  for (const form of document.querySelectorAll("form[data-basket]")) count(form);
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-basket]");
  if (form) count(form);
});

document.addEventListener("click", (event) => {
  const step = event.target.closest?.("[data-step]");
  const form = step?.closest("form[data-basket]");
  if (!form) return;
  const tile = step.closest("[data-tile]");
  const input = tile.querySelector("[data-quantity]");
  const wanted = quantityOf(tile) + Number(step.dataset.step);
  input.value = Math.min(Math.max(wanted, 0), Number(input.max));
  count(form);
});

// A number is typed over, never into: "0" becomes "2", not "02".
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("form[data-basket] [data-quantity]")) event.target.select();
});

document.addEventListener("htmx:afterSwap", countAll);
countAll();
