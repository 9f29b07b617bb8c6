// The list of names for ticking people off without network, sealed under this device's PIN; six wrong PINs destroy it.

import { fromBase64 } from "./bytes.js";

export const TRIES = 6;
export const PIN = /^\d{6,12}$/;

async function keyOf(pin, { salt, iterations }) {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
  const stretching = { name: "PBKDF2", hash: "SHA-256", salt: fromBase64(salt), iterations };
  return crypto.subtle.deriveKey(stretching, typed, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
}

// `sealed` as the server sealed it under a PIN: {salt, iterations, sealed}.
export function keepNames(store, sealed) {
  return store.keep("names", { ...sealed, wrong: 0 });
}

// The people, or how many tries are left (0: destroyed). A try counts before it is made.
export async function unlock(store, pin) {
  const kept = await store.kept("names");
  if (!kept) return { left: 0 };
  const wrong = kept.wrong + 1;
  await store.keep("names", { ...kept, wrong });
  try {
    const body = fromBase64(kept.sealed);
    const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: body.slice(0, 12) }, await keyOf(pin, kept), body.slice(12));
    await store.keep("names", { ...kept, wrong: 0 });
    return { people: JSON.parse(new TextDecoder().decode(text)) };
  } catch {
    if (wrong >= TRIES) await store.forget("names");
    return { left: Math.max(0, TRIES - wrong) };
  }
}
