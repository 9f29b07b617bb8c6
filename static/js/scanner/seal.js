// Seals a scanned code to the server's key: this device keeps it, and cannot read it again.

import { fromBase64, toBase64 } from "./bytes.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const bytesOf = (text) => new TextEncoder().encode(text);

export async function sealTo(publicKey, eventId, digits) {
  const theirs = await crypto.subtle.importKey("raw", fromBase64(publicKey), CURVE, false, []);
  const ours = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
  const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: bytesOf(`offline scan ${eventId}`) };
  const key = await crypto.subtle.deriveKey(derivation, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytesOf(digits));
  const point = await crypto.subtle.exportKey("raw", ours.publicKey);
  return toBase64(new Uint8Array([...new Uint8Array(point), ...iv, ...new Uint8Array(text)]));
}
