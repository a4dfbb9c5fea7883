import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitsOf, decodeColumn } from '#core/column.ts';
import { ColumnEncoder } from '#core/column-encoder.ts';
import { DecodeError } from '#core/errors.ts';
import { ByteSink } from '#core/varint.ts';
import { deflatedMark, packColumn, planesMark, unpackColumn } from './packed-column.ts';

const seed = 13;
const encoder = new ColumnEncoder();

function encode(values: Float64Array): Uint8Array {
  const sink = new ByteSink(16);
  encoder.encode(sink, { words: bitsOf(values), first: 0, stride: 1, count: values.length });
  return sink.view().slice();
}

function columnBytesMax(count: number): number {
  return count * 8 + 64;
}

/** Full mantissas, the same each time. */
function noise(count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, index) => Math.sin(index * index) * 1e3);
}

const shapes: Record<string, Float64Array> = {
  constant: new Float64Array(500).fill(0.1),
  'a percentage': Float64Array.from({ length: 500 }, (_, index) => Math.round(5_000 + 3_000 * Math.sin(index)) / 100),
  noise: noise(500),
  'noise with infinities': noise(500).map((value, index) => (index % 9 === 4 ? Number.POSITIVE_INFINITY : value)),
  'values that no scale gives, again and again': Float64Array.from({ length: 500 }, (_, index) =>
    Math.sin((index * index) % 40),
  ),
};

describe('packColumn()', () => {
  test.each(Object.entries(shapes))('gives %s back byte for byte', (_, values) => {
    const column = encode(values);
    const packed = packColumn(column);
    expect(packed.byteLength).toBeLessThanOrEqual(column.byteLength);
    expect(Buffer.from(unpackColumn(packed, columnBytesMax(values.length))).equals(column)).toBe(true);
  });

  test.each([
    ['constant', 0x10, 1],
    ['a percentage', deflatedMark, 0.97],
    ['noise', planesMark, 0.96],
    ['values that no scale gives, again and again', deflatedMark, 0.4],
  ])('keeps %s as %i', (name, mark, shareMax) => {
    const column = encode(shapes[name]!);
    const packed = packColumn(column);
    expect(packed[0]).toBe(mark);
    expect(packed.byteLength / column.byteLength).toBeLessThanOrEqual(shareMax);
  });

  test('any bytes that begin as a column does come back', () => {
    const column = fc
      .tuple(
        fc.constantFrom(0x10, 0x11, 0x1a, 0x33),
        fc.array(fc.nat(255), { maxLength: 40 }),
        fc.integer({ min: 1, max: 40 }),
      )
      .map(([first, part, times]) => Uint8Array.of(first, ...Array(times).fill(part).flat()))
      // Raw columns are whole doubles; the encoder makes no others.
      .map((bytes) => (bytes[0] === 0x11 ? bytes.subarray(0, 1 + ((bytes.length - 1) & ~7)) : bytes));
    fc.assert(
      fc.property(column, (bytes) => {
        expect(Buffer.from(unpackColumn(packColumn(bytes), bytes.length)).equals(bytes)).toBe(true);
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe('unpackColumn()', () => {
  test.each([
    ['deflated', '2093626002023616920800', `1a0002${'0202020604'.repeat(10)}`],
    [
      'as byte planes',
      '216b9923f1b254d78dc1c5bc23e4aecdef594f14f79b73dad7390000',
      '1184e94637dd9abf3f9c7500883ce4377e182d4454fb210940',
    ],
  ])('reads a column that is kept %s', (_, packed, column) => {
    expect(Buffer.from(unpackColumn(Buffer.from(packed, 'hex'), 100)).toString('hex')).toBe(column);
  });

  test('reads a column that is kept as it is', () => {
    const column = encode(Float64Array.of(1, 2, 3));
    expect(unpackColumn(column, 100)).toBe(column);
  });

  test.each([
    ['nothing behind its mark', [deflatedMark]],
    ['a deflate stream that is cut', [deflatedMark, ...deflateRawSync(noise(40)).subarray(0, 100)]],
    ['bytes behind the deflate stream', [deflatedMark, ...deflateRawSync(Buffer.alloc(100)), 0]],
    ['planes that are not eight alike', [planesMark, ...deflateRawSync(Buffer.alloc(100))]],
    ['more bytes than a column has', [deflatedMark, ...deflateRawSync(Buffer.alloc(101))]],
    ['far more bytes than a column has', [planesMark, ...deflateRawSync(Buffer.alloc(1_000_000))]],
    ['more bytes than a column has, as they are', Array(101).fill(0x11)],
  ])('refuses %s', (_, bytes) => {
    expect(() => unpackColumn(Uint8Array.from(bytes as number[]), 100)).toThrow(DecodeError);
  });

  test('of damaged bytes gives at most so many bytes or refuses, and so does the decoder behind it', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(shapes)),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(9),
        (values, changes, cut) => {
          const packed = packColumn(encode(values)).slice();
          for (const [place, byte] of changes) packed[place % packed.length] = byte;
          try {
            const bytesMax = columnBytesMax(values.length);
            const column = unpackColumn(packed.subarray(0, packed.length - (cut > 5 ? cut : 0)), bytesMax);
            expect(column.byteLength).toBeLessThanOrEqual(bytesMax);
            decodeColumn(column, new Float64Array(values.length));
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        },
      ),
      { seed, numRuns: 2_000 },
    );
  });
});
