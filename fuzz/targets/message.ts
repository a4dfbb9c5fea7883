/**
 * The wire decoder, for every message in every direction.
 *
 * Whatever the bytes are, each of its four doors takes them or throws ProtocolError; at most one takes them, but for
 * `layout`, which goes two ways. What was taken is the same message again after it was encoded and decoded.
 */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { decodeFromAgent, decodeFromViewer, decodeToAgent, decodeToViewer, encodeMessage } from '#core/codec.ts';
import { ProtocolError } from '#core/errors.ts';
import type { Message } from '#core/message.ts';

const doors = [decodeFromAgent, decodeToAgent, decodeFromViewer, decodeToViewer] as const;

export function fuzz(bytes: Buffer): void {
  let count = 0;
  for (const decode of doors) {
    const message = taken(decode, bytes);
    if (message === null) continue;
    count += message.kind === 'layout' ? 0 : 1;
    deepStrictEqual(decode(encodeMessage(message)), message);
  }
  ok(count <= 1, 'a message goes one way');
}

function taken(decode: (bytes: Uint8Array) => Message, bytes: Uint8Array): Message | null {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}
