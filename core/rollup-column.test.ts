import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from './errors.ts';
import { rollUp } from './rollup.ts';
import { decodeRollupColumn, type RollupColumns, rollupBucketsMax } from './rollup-column.ts';
import { RollupColumnEncoder } from './rollup-column-encoder.ts';
import { ByteSink } from './varint.ts';

const seed = 12;
const encoder = new RollupColumnEncoder();

function encode(columns: RollupColumns): Uint8Array {
  const sink = new ByteSink(16);
  encoder.encode(sink, columns);
  return sink.view().slice();
}

/** A slot for each bucket from `[min, max, sum, count]`; null holds nothing. */
function columnsOf(...rows: readonly (readonly number[] | null)[]): RollupColumns {
  const pick = (at: number) => Float64Array.from(rows, (row) => row?.[at] ?? (at === 3 ? 0 : Number.NaN));
  return { min: pick(0), max: pick(1), sum: pick(2), count: pick(3) };
}

/** The rollup of `values`, `perBucket` samples a bucket, on the buckets that hold something. */
function rolled(values: Float64Array, perBucket: number): RollupColumns {
  return rollUp(
    Float64Array.from(values.keys(), (index) => index),
    values,
    perBucket,
  );
}

function expectSameColumns(actual: RollupColumns, expected: RollupColumns): void {
  expect({ min: actual.min, max: actual.max, count: actual.count }).toEqual({
    min: expected.min,
    max: expected.max,
    count: expected.count,
  });
  actual.sum.forEach((sum, at) => {
    const wanted = expected.sum[at]!;
    if (Number.isFinite(wanted)) expect(Math.abs(sum - wanted)).toBeLessThanOrEqual(Math.abs(wanted) * 1e-12);
    else expect(sum).toBe(wanted);
  });
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const anyNumber = fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constantFrom(0, -0, 5e-324, 2 ** 53, 0.1));

const anyColumns = fc
  .array(fc.option(fc.tuple(anyNumber, anyNumber, fc.double(), fc.integer({ min: 1, max: 2 ** 40 }))), {
    minLength: 1,
    maxLength: 60,
  })
  .map((rows) => columnsOf(...rows));

/** What hosts give: walks with some decimals, in buckets of some size. */
const walkColumns = fc
  .record({
    decimals: fc.nat(11),
    perBucket: fc.integer({ min: 1, max: 60 }),
    size: fc.constantFrom(0, 1, 100, 1e6, 1e10, 2 ** 48),
    steps: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 300 }),
    odd: fc.array(fc.tuple(fc.nat(299), fc.double()), { maxLength: 3 }),
  })
  .map(({ decimals, perBucket, size, steps, odd }) => {
    let whole = 0;
    const values = Float64Array.from(steps, (step) => (whole += Math.round(step * size)) / 10 ** decimals);
    for (const [index, value] of odd) if (index < values.length) values[index] = value;
    return rolled(values, perBucket);
  })
  .filter((columns) => columns.count.length > 0);

describe('a rollup column', () => {
  test('comes back: counts and extremes bit for bit, sums within 1e-12', () => {
    fc.assert(
      fc.property(fc.oneof(anyColumns, walkColumns), (columns) => {
        expectSameColumns(decodeRollupColumn(encode(columns), columns.count.length), columns);
      }),
      { seed, numRuns: 1_500 },
    );
  });

  test('takes as many buckets as a block has', () => {
    const values = Float64Array.from({ length: rollupBucketsMax * 3 }, (_, index) => Math.sin(index) * 1e9);
    for (const samples of [values, values.map(Math.round)]) {
      const columns = rolled(samples, 3);
      expectSameColumns(decodeRollupColumn(encode(columns), rollupBucketsMax), columns);
    }
  });

  test('rounds a sum to the decimals of its values', () => {
    const columns = columnsOf([0.1, 0.2, 0.30000000000000004, 2], [0.1, 0.1, 0.1, 1]);
    expect(decodeRollupColumn(encode(columns), 2).sum).toEqual(Float64Array.of(0.3, 0.1));
  });
});

describe('the bytes of a rollup column', () => {
  test.each([
    ['nothing in any bucket', columnsOf(null, null), '30'],
    ['a constant', columnsOf([5, 5, 300, 60], [5, 5, 60, 12]), '31041a021e1703104014'],
    [
      'hundredths, one bucket empty',
      columnsOf([0.25, 0.5, 0.75, 2], null, [0.25, 0.75, 1.5, 3]),
      '33051a000403062203104039041a003232041a003264',
    ],
    [
      'a counter',
      columnsOf([1, 60, 1830, 60], [61, 120, 5430, 60], [121, 180, 9030, 60]),
      '340310404e0003103ff00410404d800410409ba8',
    ],
    [
      'a least value that no scale gives',
      columnsOf([1, 2, 3, 2], [Math.PI, 5, 9, 2], [1, 2, 3, 2]),
      '330210408003103ff0051a00020605051a00020c0b01017f182d4454fb210940',
    ],
    [
      'values that no scale gives',
      columnsOf([Math.E, Math.PI, 6, 2]),
      '3202104009104005bf0a8b1457690910400921fb54442d1803104018',
    ],
  ])('%s', (_, columns, hex) => {
    expect(toHex(encode(columns))).toBe(hex);
    expect(decodeRollupColumn(encode(columns), columns.count.length)).toEqual(columns);
  });
});

describe('decodeRollupColumn() refuses', () => {
  test.each([
    ['nothing at all', ''],
    ['another version', '10'],
    ['a kind that does not exist', '35'],
    ['something behind nothing', '3000'],
    ['a part that runs over the end', '33051040'],
    ['counts that are not whole', '3303103fe0'],
    ['counts below 0', '330310bff0'],
    ['counts without a bucket that holds something', '330110'],
    ['a scale that does not exist', '3303103ff030011001100110'],
    ['scaled values that are not whole', '3303103ff00003103fe001100110'],
    ['bytes left over', '3303103ff00001100110011000'],
  ])('%s', (_, hex) => {
    expect(() => decodeRollupColumn(Buffer.from(hex, 'hex'), 2)).toThrow(DecodeError);
  });

  test.each([0, -1, 1.5, rollupBucketsMax + 1])('%d buckets', (buckets) => {
    expect(() => decodeRollupColumn(Buffer.from('30', 'hex'), buckets)).toThrow(DecodeError);
  });
});

/** Runs the decoder on bytes that may be anything: it gives so many buckets or throws a DecodeError, nothing else. */
function expectDecodeOrRefuse(bytes: Uint8Array, buckets: number): void {
  try {
    const columns = decodeRollupColumn(bytes, buckets);
    expect([columns.min, columns.max, columns.sum, columns.count].map(({ length }) => length)).toEqual(
      Array(4).fill(buckets),
    );
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
  }
}

describe('decodeRollupColumn() of damaged bytes decodes or refuses', () => {
  const buckets = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constant(rollupBucketsMax));

  test('random bytes behind each kind', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0x30, 0x31, 0x32, 0x33, 0x34),
        fc.uint8Array({ maxLength: 120 }),
        buckets,
        (kind, rest, count) => {
          expectDecodeOrRefuse(Uint8Array.of(kind, ...rest), count);
        },
      ),
      { seed, numRuns: 4_000 },
    );
  });

  test('valid bytes with some of them changed, and another bucket count', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(
        fc.oneof(anyColumns, walkColumns),
        fc.array(change, { maxLength: 4 }),
        buckets,
        (columns, changes, count) => {
          const bytes = encode(columns);
          for (const [place, byte] of changes) bytes[place % bytes.length] = byte;
          expectDecodeOrRefuse(bytes, columns.count.length);
          expectDecodeOrRefuse(bytes, count);
        },
      ),
      { seed, numRuns: 3_000 },
    );
  });
});
