// The list of names for ticking people off without network, locked up behind this device's PIN; six wrong PINs destroy it.

export const TRIES = 6;
export const PIN = /^\d{6,12}$/;
const ROUNDS = 1_000_000;
const bytesOf = (text) => new TextEncoder().encode(text);

async function keyOf(pin, salt) {
  const typed = await crypto.subtle.importKey("raw", bytesOf(pin), "PBKDF2", false, ["deriveKey"]);
  const stretching = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
  return crypto.subtle.deriveKey(stretching, typed, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

export async function lock(store, people, pin) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await keyOf(pin, salt), bytesOf(JSON.stringify(people)));
  await store.keep("names", { salt, iv, sealed: new Uint8Array(sealed), wrong: 0 });
}

// The people, or how many tries are left (0: destroyed). A try counts before it is made.
export async function unlock(store, pin) {
  const locked = await store.kept("names");
  if (!locked) return { left: 0 };
  const wrong = locked.wrong + 1;
  await store.keep("names", { ...locked, wrong });
  try {
    const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: locked.iv }, await keyOf(pin, locked.salt), locked.sealed);
    await store.keep("names", { ...locked, wrong: 0 });
    return { people: JSON.parse(new TextDecoder().decode(text)) };
  } catch {
    if (wrong >= TRIES) await store.forget("names");
    return { left: Math.max(0, TRIES - wrong) };
  }
}
