/**
 * Base64 with the URL alphabet and without padding (RFC 4648 section 5), strict: one text for each run of bytes.
 */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const values = new Map([...alphabet].map((character, value) => [character, value]));

export function encodeBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const rest = bytes.length - index;
    const group = (bytes[index]! << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    text += alphabet[group >> 18]! + alphabet[(group >> 12) & 63]!;
    if (rest > 1) text += alphabet[(group >> 6) & 63]!;
    if (rest > 2) text += alphabet[group & 63]!;
  }
  return text;
}

/** null for a text that `encodeBase64url` would not have made. The caller owns the result. */
export function decodeBase64url(text: string): Uint8Array | null {
  if (text.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let at = 0;
  let held = 0;
  let heldBits = 0;
  for (const character of text) {
    const value = values.get(character);
    if (value === undefined) return null;
    held = (held << 6) | value;
    heldBits += 6;
    if (heldBits < 8) continue;
    heldBits -= 8;
    bytes[at] = held >> heldBits;
    at += 1;
    held &= (1 << heldBits) - 1;
  }
  // Bits that no byte took would let several texts mean the same bytes.
  return held === 0 ? bytes : null;
}
