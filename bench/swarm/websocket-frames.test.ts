import { describe, expect, test } from 'vitest';
import { DecodeError } from '#core/errors.ts';
import { clientHeaderBytes, encodeClientFrame, opcodes, ServerFrames } from './websocket-frames.ts';

function serverFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const size = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : longSize(length);
  return Uint8Array.from([0x80 | opcode, ...size, ...payload]);
}

function longSize(length: number): number[] {
  return [127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255];
}

function framesOf(chunks: readonly Uint8Array[]): { opcode: number; bytes: number }[] {
  const frames: { opcode: number; bytes: number }[] = [];
  const parser = new ServerFrames();
  for (const chunk of chunks)
    parser.push(chunk, (opcode, payload) => frames.push({ opcode, bytes: payload.byteLength }));
  return frames;
}

describe('encodeClientFrame()', () => {
  test.each([0, 125, 126, 65_535, 65_536])('masks %i bytes with zero', (length) => {
    const frame = encodeClientFrame(new Uint8Array(length).fill(7));

    expect(frame.byteLength).toBe(clientHeaderBytes(length) + length);
    expect(frame[0]).toBe(0x82);
    expect(frame[1]! & 0x80).toBe(0x80);
    expect(frame.subarray(clientHeaderBytes(length) - 4, clientHeaderBytes(length))).toEqual(new Uint8Array(4));
  });
});

describe('ServerFrames', () => {
  const bytes = Buffer.concat([
    serverFrame(opcodes.binary, new Uint8Array(3)),
    serverFrame(opcodes.ping, new Uint8Array(0)),
    serverFrame(opcodes.binary, new Uint8Array(300)),
    serverFrame(opcodes.text, new Uint8Array(70_000)),
  ]);
  const expected = [
    { opcode: opcodes.binary, bytes: 3 },
    { opcode: opcodes.ping, bytes: 0 },
    { opcode: opcodes.binary, bytes: 300 },
    { opcode: opcodes.text, bytes: 70_000 },
  ];

  test('finds several frames in one chunk', () => {
    expect(framesOf([bytes])).toEqual(expected);
  });

  test('finds them wherever the network cuts', () => {
    for (let cut = 1; cut < 330; cut += 1)
      expect(framesOf([bytes.subarray(0, cut), bytes.subarray(cut, cut + 1), bytes.subarray(cut + 1)])).toEqual(
        expected,
      );
  });

  test('refuses masked frames, parts of messages and extensions', () => {
    for (const first of [
      [0x82, 0x81],
      [0x02, 0x01],
      [0xc2, 0x01],
    ])
      expect(() => framesOf([Uint8Array.from([...first, 0])])).toThrow(DecodeError);
  });
});
