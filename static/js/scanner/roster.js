// The roster that this device carries and cannot read: an entry opens only with the digits that were scanned.

import { fromBase64, toHex } from "./bytes.js";

const bytesOf = (text) => new TextEncoder().encode(text);

export function newRoster(answer) {
  const entries = new Map(answer.entries.map((entry) => [entry.tag, entry.sealed]));
  const salt = fromBase64(answer.salt);

  return {
    size: entries.size,
    // {member_id, name, phone_tail}, or null for somebody who is not on it.
    async find(digits) {
      const typed = await crypto.subtle.importKey("raw", bytesOf(digits), "PBKDF2", false, ["deriveBits"]);
      const stretching = { name: "PBKDF2", hash: "SHA-256", salt, iterations: answer.iterations };
      const secret = await crypto.subtle.deriveBits(stretching, typed, 256);
      const mac = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
      const tag = toHex((await crypto.subtle.sign("HMAC", mac, bytesOf("tag"))).slice(0, 8));
      const sealed = entries.get(tag);
      if (!sealed) return null;
      const raw = await crypto.subtle.sign("HMAC", mac, bytesOf("key"));
      const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
      const body = fromBase64(sealed);
      const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: body.slice(0, 12) }, key, body.slice(12));
      return JSON.parse(new TextDecoder().decode(text));
    },
  };
}
