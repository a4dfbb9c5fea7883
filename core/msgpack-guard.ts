/**
 * Walks msgpack bytes without building anything, before the library may decode them.
 *
 * It refuses what no message of ours contains (maps, extension types, 0xc1, texts that are not UTF-8), lengths
 * beyond the end, deep nesting, too many elements, and bytes after the value. So the decoder behind it never
 * meets a length it could allocate by, an extension it could run, a key, or a text it would have to guess.
 *
 * Source: the MessagePack specification, https://github.com/msgpack/msgpack/blob/master/spec.md
 */
import { ProtocolError } from './errors.ts';
import { messageDepthMax, messageElementsMax } from './limits.ts';
import { malformedUtf8At } from './utf8.ts';

/** Throws ProtocolError unless `bytes` hold exactly one array within the bounds. Cost: one step an element. */
export function checkMessageBytes(bytes: Uint8Array): void {
  // Elements still to come at each depth; the outermost level holds the one message.
  const pending = [1];
  let elementCount = 0;
  let at = 0;

  while (pending.length > 0) {
    const depth = pending.length - 1;
    if (pending[depth] === 0) {
      pending.pop();
      continue;
    }
    pending[depth]! -= 1;
    elementCount += 1;
    if (elementCount > messageElementsMax) throw malformed(`at most ${messageElementsMax} elements are allowed`, at);
    if (at >= bytes.length) throw malformed('the message ends inside a value', at);

    const first = bytes[at]!;
    const arrayCount = arrayCountAt(bytes, at, first);
    if (arrayCount !== null) {
      if (pending.length >= messageDepthMax) throw malformed(`at most ${messageDepthMax} levels are allowed`, at);
      at += first < 0xa0 ? 1 : first === 0xdc ? 3 : 5;
      // Every element takes a byte at least, so a count beyond the rest is a lie.
      if (arrayCount > bytes.length - at) throw malformed('an array is longer than the message', at);
      pending.push(arrayCount);
      continue;
    }
    if (depth === 0) throw malformed('a message is an array', at);
    const end = at + valueByteCount(bytes, at, first);
    if (end > bytes.length) throw malformed('a value is longer than the message', at);
    const headBytes = textHeadBytes(first);
    if (headBytes > 0 && malformedUtf8At(bytes, at + headBytes, end) >= 0) throw malformed('a text is UTF-8', at);
    at = end;
  }
  if (at !== bytes.length) throw malformed('nothing may follow the message', at);
}

/** Element count of the array that starts at `at`, or null when it is no array. */
function arrayCountAt(bytes: Uint8Array, at: number, first: number): number | null {
  if ((first & 0xf0) === 0x90) return first & 0x0f;
  if (first === 0xdc) return lengthAt(bytes, at + 1, 2);
  if (first === 0xdd) return lengthAt(bytes, at + 1, 4);
  return null;
}

/** Bytes of the scalar, text or bin value that starts at `at`, its own first byte included. */
function valueByteCount(bytes: Uint8Array, at: number, first: number): number {
  if (first < 0x80 || first >= 0xe0) return 1;
  if (first >= 0xa0 && first < 0xc0) return 1 + (first & 0x1f);
  switch (first) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return 1;
    case 0xcc: // uint8
    case 0xd0: // int8
      return 2;
    case 0xcd: // uint16
    case 0xd1: // int16
      return 3;
    case 0xca: // float32
    case 0xce: // uint32
    case 0xd2: // int32
      return 5;
    case 0xcb: // float64
    case 0xcf: // uint64
    case 0xd3: // int64
      return 9;
    case 0xc4: // bin8
    case 0xd9: // str8
      return 2 + lengthAt(bytes, at + 1, 1);
    case 0xc5: // bin16
    case 0xda: // str16
      return 3 + lengthAt(bytes, at + 1, 2);
    case 0xc6: // bin32
    case 0xdb: // str32
      return 5 + lengthAt(bytes, at + 1, 4);
  }
  throw malformed(`maps, extensions and the byte 0xc1 are not allowed: got 0x${first.toString(16)}`, at);
}

/** Bytes before the first character of the text that starts with `first`; 0 when it is no text. */
function textHeadBytes(first: number): number {
  if (first >= 0xa0 && first < 0xc0) return 1;
  return first === 0xd9 ? 2 : first === 0xda ? 3 : first === 0xdb ? 5 : 0;
}

function lengthAt(bytes: Uint8Array, at: number, width: 1 | 2 | 4): number {
  if (at + width > bytes.length) throw malformed('the message ends inside a length', at);
  let length = 0;
  for (let index = 0; index < width; index += 1) length = length * 256 + bytes[at + index]!;
  return length;
}

function malformed(what: string, at: number): ProtocolError {
  return new ProtocolError('ERR_MESSAGE_MALFORMED', `Cannot decode message: ${what}: stopped at byte ${at}`);
}
