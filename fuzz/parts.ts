/** Several messages in one input: each behind its length in two bytes, big-endian. The last may be cut short. */

/** The messages, as views. */
export function* partsOf(input: Uint8Array): Generator<Uint8Array> {
  let at = 0;
  while (at + 2 <= input.length) {
    const end = at + 2 + input[at]! * 256 + input[at + 1]!;
    yield input.subarray(at + 2, end);
    at = end;
  }
}

export function joinParts(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts.flatMap((part) => [Uint8Array.of(part.length >> 8, part.length & 0xff), part]));
}
