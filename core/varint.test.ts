import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from './errors.ts';
import { ByteReader, ByteSink, fromZigzag, toZigzag, varintLength, writeVarint } from './varint.ts';

const seed = 20;
const whole = fc.oneof(fc.nat(300), fc.nat(), fc.maxSafeInteger().map(Math.abs), fc.constantFrom(2 ** 32, 2 ** 53));

function varint(value: number): Uint8Array {
  const bytes = new Uint8Array(16);
  return bytes.subarray(0, writeVarint(bytes, 0, value));
}

describe('writeVarint()', () => {
  test.each([
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [2 ** 32 - 1, 'ffffffff0f'],
    [2 ** 32, '8080808010'],
    [2 ** 53, '8080808080808010'],
  ])('writes %d as %s', (value, hex) => {
    expect(Buffer.from(varint(value)).toString('hex')).toBe(hex);
  });

  test('is read back, with the length that varintLength() says', () => {
    fc.assert(
      fc.property(whole, (value) => {
        const bytes = varint(value);
        const reader = new ByteReader(bytes);
        expect([reader.readVarint(), reader.left, bytes.length]).toEqual([value, 0, varintLength(value)]);
      }),
      { seed },
    );
  });
});

describe('ByteReader', () => {
  test.each([
    ['an unfinished varint', '80'],
    ['a varint that is longer than it need be', '8000'],
    ['a varint above 2^53', '8080808080808011'],
    ['a varint without an end', 'ffffffffffffffffff'],
  ])('readVarint() refuses %s', (_, hex) => {
    expect(() => new ByteReader(Buffer.from(hex, 'hex')).readVarint()).toThrow(DecodeError);
  });

  test('refuses to read past the end and to leave bytes over', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3));
    expect(() => reader.readUint32()).toThrow(DecodeError);
    expect(() => reader.readFloat64()).toThrow(DecodeError);
    expect(() => reader.end()).toThrow(DecodeError);
  });
});

test('fromZigzag() undoes toZigzag()', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.nat(2 ** 20), (low, high) => {
      const value = low * 2 ** 20 + Math.sign(low) * high;
      expect(fromZigzag(toZigzag(value))).toBe(value);
    }),
    { seed },
  );
});

test('ByteSink keeps its bytes when it grows', () => {
  const sink = new ByteSink(2);
  for (let byte = 0; byte < 100; byte += 1) {
    sink.reserve(1);
    sink.bytes[sink.length] = byte;
    sink.length += 1;
  }
  expect([...sink.view()]).toEqual(Array.from({ length: 100 }, (_, index) => index));
});
