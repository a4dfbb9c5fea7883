/**
 * UTF-8 to text and back, strict (RFC 3629). `core/` has no TextEncoder (it is not part of ECMAScript), and
 * texts here are short: names, labels, layouts. Lone surrogates become U+FFFD on the way out; malformed
 * bytes are refused on the way in.
 */
import { DecodeError } from './errors.ts';

/** Bytes that `text` takes in UTF-8. */
export function utf8ByteCount(text: string): number {
  let count = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    count += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return count;
}

/** The caller owns the result. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8ByteCount(text));
  let at = 0;
  for (const character of text) {
    let point = character.codePointAt(0)!;
    if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
    if (point < 0x80) bytes[at++] = point;
    else if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6);
      bytes[at++] = 0x80 | (point & 0x3f);
    } else if (point < 0x10000) {
      bytes[at++] = 0xe0 | (point >> 12);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
    } else {
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
    }
  }
  return bytes;
}

/** `text` with each lone surrogate, which UTF-8 cannot hold, as U+FFFD. */
export function wellFormed(text: string): string {
  return loneSurrogate.test(text) ? text.replace(/[\ud800-\udfff]/gu, '\ufffd') : text;
}

/** At most so many UTF-16 units, never half of a pair: what is longer ends in "…". */
export function cutText(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  const head = text.slice(0, Math.max(0, unitsMax - 1));
  return `${head.replace(/[\ud800-\udbff]$/, '')}…`;
}

/** With the flag u, a pair is one character outside this range. */
const loneSurrogate = /[\ud800-\udfff]/u;

/** Where in `from..to` the first malformed byte sequence starts (overlong forms and surrogates included); -1 for nowhere. */
export function malformedUtf8At(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; ) {
    const first = bytes[at]!;
    if (first < 0x80) {
      at += 1;
      continue;
    }
    const extra =
      first >= 0xc2 && first < 0xe0 ? 1 : (first & 0xf0) === 0xe0 ? 2 : first >= 0xf0 && first < 0xf5 ? 3 : -1;
    if (extra < 0 || at + extra >= to) return at;
    for (let index = 1; index <= extra; index += 1) if ((bytes[at + index]! & 0xc0) !== 0x80) return at;
    const second = bytes[at + 1]!;
    // E0 80..9F and F0 80..8F are overlong, ED A0..BF are surrogates, F4 90.. lies beyond U+10FFFF.
    if (first === 0xe0 && second < 0xa0) return at;
    if (first === 0xed && second > 0x9f) return at;
    if (first === 0xf0 && second < 0x90) return at;
    if (first === 0xf4 && second > 0x8f) return at;
    at += extra + 1;
  }
  return -1;
}

/** Throws DecodeError for anything that is not well-formed UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  const malformedAt = malformedUtf8At(bytes, 0, bytes.length);
  if (malformedAt >= 0) throw new DecodeError(`Cannot decode text: UTF-8 is malformed at byte ${malformedAt}`);
  const parts: string[] = [];
  let run = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at]!;
    const extra = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let point = extra === 0 ? first : first & (0x3f >> extra);
    for (let index = 1; index <= extra; index += 1) point = (point << 6) | (bytes[at + index]! & 0x3f);
    run += String.fromCodePoint(point);
    if (run.length > 4096) {
      parts.push(run);
      run = '';
    }
    at += extra + 1;
  }
  return parts.length === 0 ? run : parts.join('') + run;
}
