// Codes of twenty digits as the scanner sees them: whether the check digits hold, and what kind it is.

export function checkDigitsHold(digits) {
  return /^\d{20}$/.test(digits) && BigInt(digits) % 97n === 1n;
}

// A pass is good for one event, a card for years, a phone's code for minutes.
export function kindOf(digits) {
  if (digits[0] === "0") return "pass";
  return digits[0] === "9" ? "phone" : "card";
}

// Made before the first try and kept: the server answers the same id once and the same.
export function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
