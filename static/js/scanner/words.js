// The page's sentences for what happens without the server, in the reader's language.

const { words: told, zone } = document.querySelector("[data-words]").dataset;
const words = JSON.parse(told);

export function say(name, facts = {}) {
  return words[name].replace(/%\((\w+)\)s/g, (place, fact) => String(facts[fact] ?? place));
}

export function clock(instant) {
  return new Date(instant).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
}

// A time of today; the day of what was longer ago, or of which only the day is known.
export function since(instant) {
  const day = (of) => new Date(of).toLocaleDateString("sv", { timeZone: zone });
  return day(instant) === day(Date.now()) && clock(instant) !== "00:00" ? clock(instant) : day(instant);
}
