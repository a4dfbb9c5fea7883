/**
 * WebSocket frames (RFC 6455, section 5) from a client's side, by hand: a load generator shares the machine with
 * what it loads, and the masking of a library would cost as much as the hub's own reading.
 *
 * The mask is zero, which leaves the payload as it is and is as good as any other to a server. Messages are sent
 * in one frame each, and only such messages are expected: neither program of ours splits one.
 */
import { DecodeError } from '#core/errors.ts';

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The largest message that a hub sends, with room to spare: a snapshot page is 64 KiB. */
const messageBytesMax = 16 * 1024 * 1024;

/** Bytes in front of a payload of this size, on a client's frame. */
export function clientHeaderBytes(payloadBytes: number): number {
  return (payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10) + 4;
}

/** Writes the header of a client's frame and returns the place after it. The target must have room. */
export function writeClientHeader(target: Uint8Array, place: number, opcode: number, payloadBytes: number): number {
  let at = place;
  target[at++] = 0x80 | opcode;
  if (payloadBytes < 126) target[at++] = 0x80 | payloadBytes;
  else if (payloadBytes < 65_536) {
    target[at++] = 0x80 | 126;
    target[at++] = payloadBytes >>> 8;
    target[at++] = payloadBytes;
  } else {
    target[at++] = 0x80 | 127;
    target.fill(0, at, at + 4);
    target[at + 4] = payloadBytes >>> 24;
    target[at + 5] = payloadBytes >>> 16;
    target[at + 6] = payloadBytes >>> 8;
    target[at + 7] = payloadBytes;
    at += 8;
  }
  target.fill(0, at, at + 4);
  return at + 4;
}

/** One message as a client's frame. The caller owns the result. */
export function encodeClientFrame(payload: Uint8Array, opcode: number = opcodes.binary): Uint8Array {
  const frame = new Uint8Array(clientHeaderBytes(payload.byteLength) + payload.byteLength);
  frame.set(payload, writeClientHeader(frame, 0, opcode, payload.byteLength));
  return frame;
}

/** Cuts the bytes that a server sends into frames, whatever way the network has cut them. */
export class ServerFrames {
  #rest: Uint8Array = new Uint8Array(0);

  /** Calls `onFrame` for each whole frame. `payload` is valid during the call. Throws DecodeError. */
  push(chunk: Uint8Array, onFrame: (opcode: number, payload: Uint8Array) => void): void {
    const bytes = this.#rest.byteLength === 0 ? chunk : joined(this.#rest, chunk);
    let at = 0;
    for (;;) {
      const head = readHead(bytes, at);
      if (head === null || head.payloadAt + head.payloadBytes > bytes.byteLength) break;
      at = head.payloadAt + head.payloadBytes;
      onFrame(head.opcode, bytes.subarray(head.payloadAt, at));
    }
    // Copied, because the next chunk may be read into the same memory.
    this.#rest = at === bytes.byteLength ? new Uint8Array(0) : bytes.slice(at);
  }
}

interface Head {
  readonly opcode: number;
  readonly payloadAt: number;
  readonly payloadBytes: number;
}

function readHead(bytes: Uint8Array, at: number): Head | null {
  if (at + 2 > bytes.byteLength) return null;
  const first = bytes[at]!;
  const short = bytes[at + 1]!;
  const opcode = first & 15;
  if ((first & 0xf0) !== 0x80 || opcode === opcodes.continuation || short >= 128)
    throw new DecodeError(
      `Cannot decode frame: a server sends whole, unmasked messages without extensions: got ${first} and ${short}`,
    );
  if (short < 126) return { opcode, payloadAt: at + 2, payloadBytes: short };
  const width = short === 126 ? 2 : 8;
  if (at + 2 + width > bytes.byteLength) return null;
  let payloadBytes = 0;
  for (let index = 0; index < width; index += 1) payloadBytes = payloadBytes * 256 + bytes[at + 2 + index]!;
  if (payloadBytes > messageBytesMax)
    throw new DecodeError(`Cannot decode frame: at most ${messageBytesMax} bytes are expected: got ${payloadBytes}`);
  return { opcode, payloadAt: at + 2 + width, payloadBytes };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.byteLength + second.byteLength);
  bytes.set(first);
  bytes.set(second, first.byteLength);
  return bytes;
}
