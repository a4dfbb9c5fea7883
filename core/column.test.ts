import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillAbsence, wordsOf, writeAbsence } from './absence.ts';
import { bitsOf, decodeColumn } from './column.ts';
import { ColumnEncoder, columnOverheadBytes } from './column-encoder.ts';
import { DecodeError } from './errors.ts';
import { ByteSink } from './varint.ts';

const seed = 5;
const encoder = new ColumnEncoder();

function encode(values: Float64Array): Uint8Array {
  const sink = new ByteSink(16);
  encoder.encode(sink, { words: bitsOf(values), first: 0, stride: 1, count: values.length });
  return sink.view().slice();
}

function decode(bytes: Uint8Array, count: number): Float64Array {
  const target = new Float64Array(count);
  decodeColumn(bytes, target);
  return target;
}

/** Compares bits, since no comparison of numbers sees a payload or the sign of zero. */
function expectRoundTrip(values: Float64Array): Uint8Array {
  const bytes = encode(values);
  expect(bytes.length).toBeLessThanOrEqual(values.length * 8 + columnOverheadBytes);
  expect(toHex(decode(bytes, values.length))).toBe(toHex(values));
  return bytes;
}

function toHex(view: ArrayBufferView): string {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('hex');
}

/** `_` not due, `g` gone, `f` failed, else a number. */
function column(text: string): Float64Array {
  const parts = text.split(' ');
  const values = new Float64Array(parts.length);
  parts.forEach((part, index) => {
    if (part === '_' || part === 'g' || part === 'f')
      writeAbsence(wordsOf(values), index, part === '_' ? 'notDue' : part === 'g' ? 'gone' : 'failed');
    else values[index] = Number(part);
  });
  return values;
}

describe('the bytes of a column', () => {
  test.each([
    ['constant zero', '0 0 0', '10'],
    ['constant one', '1 1', '103ff0'],
    ['constant with all its bytes', '0.1 0.1', '103fb999999999999a'],
    ['constant absence', '_ _ _', '107ff8000000000001'],
    ['raw', '0.1234567890123 1e300', '1184e94637dd9abf3f9c7500883ce4377e'],
    ['whole numbers above their least', '5 105 7 105 5', '18000a0064026400'],
    ['the same, zeros folded', '0 0 0 0 101 0 0 0 0 0 101', '190000000365000465'],
    ['differences', '10 13 11 14 12 13', '1a00140603060302'],
    ['differences, zeros folded', '7 7 7 7 7 7 7 8 8 8 8 8', '1b000e0005020003'],
    ['differences of differences', '10 110 211 310 411', '1c0014c801020304'],
    ['the same, zeros folded', '100 200 300 400 500 600 700 800', '1d0232320005'],
    ['hundredths', '0.25 0.26 0.24 0.27', '1a2232020306'],
    ['hundreds of pages', '4096 8192 4096 12288', '1a0c02020104'],
    ['milliseconds times 0.001', '1.1280000000000001 1.129 1.1300000000000001 1.131', '1a33d011020202'],
    ['a unit in the last place', '0.3 0.4 0.30000000000000004', '1aa1060201010202'],
    ['minus zero', '0 1 -0 2', '1a800002010401027e'],
    ['one value that no scale gives', '1 2 1 2 0.1234567890123 2 1 2', '1a80020201020000010201047f84e94637dd9abf3f'],
    [
      'a counter that began at a fraction',
      '0.1234567890123 5.1234567890123 7.1234567890123',
      '1e0084e94637dd9abf3f0a04',
    ],
    [
      'a fraction that tenths are added to',
      '0.1234567890123 0.2234567890123 0.5234567890123 0.7234567890123',
      '1e2184e94637dd9abf3f020604',
    ],
    [
      'steps, zeros folded',
      '0.1234567890123 0.1234567890123 0.1234567890123 0.1234567890123 1.1234567890123',
      '1f0084e94637dd9abf3f000202',
    ],
    [
      'steps, beginning anew',
      '0.1234567890123 5.1234567890123 9.1234567890123 12.1234567890123 0.9876543210123 3.9876543210123',
      '1e8084e94637dd9abf3f0a0806000601047f7d07103cdd9aef3f',
    ],
    ['a series of every third tick', '1 _ _ 2 _ _ 4 _ _', '12010102031a00020204'],
    ['two kinds of absence', '1 _ 5 f 3', '120101010103000112030201010100011a00020803'],
  ])('%s: %s', (_, text, hex) => {
    const bytes = expectRoundTrip(column(text));
    expect(toHex(bytes)).toBe(hex);
  });

  test('a NaN that means nothing of ours is stored with its payload', () => {
    const values = column('1 1 1 1');
    wordsOf(values).set([0xdeadbeef, 0xfff7cafe], 2);
    expect(toHex(expectRoundTrip(values))).toBe('1200efbeaddefecaf7ff010101020001103ff0');
  });
});

/** What adds up: a fraction that no scale gives, steps of so many decimals, beginning anew here and there. */
const addedValues = fc
  .record({
    start: fc.double({ noNaN: true, noDefaultInfinity: true }),
    decimals: fc.nat(11),
    size: fc.constantFrom(1, 100, 1e6, 2 ** 40, 2 ** 52),
    steps: fc.array(fc.double({ min: -0.1, max: 1, noNaN: true }), { minLength: 1, maxLength: 100 }),
    odd: fc.array(fc.tuple(fc.nat(99), fc.double()), { maxLength: 3 }),
  })
  .map(({ start, decimals, size, steps, odd }) => {
    let value = start;
    return Float64Array.from(steps, (step, index) => {
      value = odd.find(([at]) => at === index)?.[1] ?? value + Math.round(step * size) / 10 ** decimals;
      return value;
    });
  });

/** Any 64 bits at all. */
const anyBits = fc
  .array(fc.tuple(fc.integer(), fc.integer()), { minLength: 1, maxLength: 80 })
  .map((pairs) => new Float64Array(Int32Array.from(pairs.flat()).buffer));

/** Numbers at the edges, and NaNs of every payload among ordinary values. */
const oddValues = fc
  .array(
    fc.oneof(
      fc
        .constantFrom(0, -0, 5e-324, -5e-324, 1e308, -1e308, 2 ** 51, -(2 ** 51), 2 ** 53, 2 ** 63, 0.1 + 0.2)
        .map(bitsOfNumber),
      fc
        .constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, 1.1280000000000001, 4096)
        .map(bitsOfNumber),
      fc.tuple(fc.integer(), fc.constantFrom(0x7ff80000, 0x7ff00001, -1, -0x80000)),
      fc.tuple(fc.constantFrom(1, 2, 3), fc.constant(0x7ff80000)),
    ),
    { minLength: 1, maxLength: 60 },
  )
  .map((pairs) => new Float64Array(Int32Array.from(pairs.flat()).buffer));

function bitsOfNumber(value: number): [number, number] {
  const bits = bitsOf(Float64Array.of(value));
  return [bits[0]!, bits[1]!];
}

/** Whole numbers, scaled like this or that, with a few odd ones among them. */
const scaledValues = fc
  .record({
    decimals: fc.nat(11),
    multiplies: fc.boolean(),
    size: fc.constantFrom(3, 100, 1e6, 2 ** 31, 2 ** 45, 2 ** 51, 2 ** 53),
    walk: fc.boolean(),
    steps: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 100 }),
    odd: fc.array(fc.tuple(fc.nat(99), fc.double()), { maxLength: 3 }),
  })
  .map(({ decimals, multiplies, size, walk, steps, odd }) => {
    let whole = 0;
    const values = Float64Array.from(steps, (step) => {
      whole = walk ? whole + Math.round((step * size) / 50) : Math.round(step * size);
      return multiplies ? whole * 10 ** -decimals : whole / 10 ** decimals;
    });
    for (const [index, value] of odd) if (index < values.length) values[index] = value;
    return values;
  });

describe('a column comes back bit for bit', () => {
  test.each([
    ['any 64 bits', anyBits],
    ['values at the edges and NaNs of every payload', oddValues],
    ['scaled whole numbers', scaledValues],
    ['numbers that add up', addedValues],
  ])('%s', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (values) => {
        expectRoundTrip(values);
      }),
      { seed, numRuns: 1_500 },
    );
  });

  test('any values whatsoever, each repeated', () => {
    fc.assert(
      fc.property(fc.oneof(anyBits, oddValues), fc.array(fc.nat(), { minLength: 1, maxLength: 200 }), (few, picks) => {
        const bits = bitsOf(few);
        expectRoundTrip(
          new Float64Array(
            Int32Array.from(picks.flatMap((pick) => [...bits.subarray((pick % few.length) * 2).slice(0, 2)])).buffer,
          ),
        );
      }),
      { seed, numRuns: 500 },
    );
  });

  test('the longest column of each kind', () => {
    const count = 8_192;
    expectRoundTrip(Float64Array.from({ length: count }, (_, index) => Math.sin(index) * 1e9));
    expectRoundTrip(Float64Array.from({ length: count }, (_, index) => index * 4096));
    expectRoundTrip(Float64Array.from({ length: count }, (_, index) => (index % 4_000 === 0 ? index : 0)));
    const sparse = new Float64Array(count);
    fillAbsence(sparse, 'failed');
    for (let index = 0; index < count; index += 2) sparse[index] = Math.sin(index);
    expectRoundTrip(sparse);
  });
});

describe('ColumnEncoder.encode()', () => {
  test('takes every stride-th value and counts the numbers among them', () => {
    const values = column('1 9 _ 9 f 9 4 9 Infinity 9');
    const sink = new ByteSink(16);
    const count = encoder.encode(sink, { words: bitsOf(values), first: 0, stride: 2, count: 5 });
    expect([count, toHex(decode(sink.view(), 5))]).toEqual([3, toHex(column('1 _ f 4 Infinity'))]);
  });

  test.each([
    ['percent with two decimals', (index: number) => Math.round(5000 + 3000 * Math.sin(index / 9)) / 100, 2.2],
    ['a counter with a drift in its last places', (index: number) => index * 0.1 + index * 0.2, 3.5],
    ['milliseconds times 0.001', (index: number) => (1128 + index * 3) * 0.001, 1.1],
    ['mostly zero', (index: number) => (index % 20 === 7 ? 3 : 0), 0.5],
    ['bytes in pages', (index: number) => 4096 * (100_000 + ((index * 37) % 50)), 1.2],
    ['one value of noise among hundredths', (index: number) => (index === 30 ? Math.PI : index / 100), 0.5],
  ])('stores %s in few bytes', (_, value, bytesPerSampleMax) => {
    const bytes = expectRoundTrip(Float64Array.from({ length: 64 }, (_, index) => value(index)));
    expect(bytes.length / 64).toBeLessThan(bytesPerSampleMax);
  });
});

describe('decodeColumn() refuses', () => {
  test.each([
    ['nothing at all', '', 2],
    ['another version', '20', 2],
    ['a kind that does not exist', '13', 2],
    ['steps from no number', '1e00000000000000f07f00', 2],
    ['steps of a scale that is not decimal', '1e0100000000000000f03f00', 2],
    ['steps of a scale that multiplies', '1e3100000000000000f03f00', 2],
    ['an exception before the first step', '1e80000000000000f03f0001007f000000000000f03f', 2],
    ['an exception behind the last step', '1e80000000000000f03f0001027f000000000000f03f', 2],
    ['two exceptions at one step', '1e80000000000000f03f00020100007f000000000000f03f', 3],
    ['a constant of nine bytes', '1001010101010101010101', 2],
    ['a constant that ends in zero', '103f00', 2],
    ['raw values that are too few', '110000000000000000', 2],
    ['a scale that does not exist', '1a300002', 2],
    ['bytes left over', '1a00020200', 2],
    ['zeros that run over the end', '1b000200ff7f', 4],
    ['a run of absent values that runs over the end', '120101ffff7f0110', 4],
    ['runs that never end', '1201000001', 4],
    ['runs that nothing repeats', '1201010100', 4],
    ['runs without a value', '120100040110', 4],
    ['sparse columns without end', '1201010101'.repeat(6), 12],
    ['an exception behind the last tick', '1a80020201057e', 2],
    ['more exceptions than ticks', '1a80020203007e007e007e', 2],
    ['an exception of an unknown code', '1a80020201007d', 2],
  ])('%s', (_, hex, count) => {
    expect(() => decode(Buffer.from(hex, 'hex'), count)).toThrow(DecodeError);
  });
});

/** Runs the decoder on bytes that may be anything: it fills the target or throws a DecodeError, nothing else. */
function expectDecodeOrRefuse(bytes: Uint8Array, count: number): void {
  try {
    decode(bytes, count);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
  }
}

describe('decodeColumn() of damaged bytes decodes or refuses', () => {
  const count = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constant(8_192));

  test('random bytes behind each kind', () => {
    const kind = fc.constantFrom(0x10, 0x11, 0x12, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f);
    fc.assert(
      fc.property(kind, fc.uint8Array({ maxLength: 200 }), count, (first, rest, ticks) => {
        expectDecodeOrRefuse(Uint8Array.of(first, ...rest), ticks);
      }),
      { seed, numRuns: 5_000 },
    );
  });

  test('valid bytes with some of them changed, and another tick count', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(
        fc.oneof(oddValues, scaledValues, addedValues),
        fc.array(change, { maxLength: 4 }),
        count,
        (values, changes, ticks) => {
          const bytes = encode(values);
          for (const [place, byte] of changes) bytes[place % bytes.length] = byte;
          expectDecodeOrRefuse(bytes, values.length);
          expectDecodeOrRefuse(bytes, ticks);
        },
      ),
      { seed, numRuns: 3_000 },
    );
  });

  test('valid bytes cut at any place are refused, unless they are a constant', () => {
    fc.assert(
      fc.property(fc.oneof(oddValues, scaledValues, addedValues), (values) => {
        const bytes = encode(values);
        if (bytes[0] === 0x10) return;
        for (let cut = 0; cut < bytes.length; cut += 1) {
          // A sparse column whose inner column is a constant may lose the constant's last bytes unseen.
          if (bytes[0] === 0x12) expectDecodeOrRefuse(bytes.subarray(0, cut), values.length);
          else expect(() => decode(bytes.subarray(0, cut), values.length)).toThrow(DecodeError);
        }
      }),
      { seed, numRuns: 300 },
    );
  });
});
