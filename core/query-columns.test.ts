import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from './errors.ts';
import { decodeQueryColumns, encodeQueryColumns, type QueriedAnswer, type QueriedSeries } from './query-columns.ts';
import { rollUp } from './rollup.ts';

const shape = { host: 'web', series: 'load{a="ü"}', unit: '1', kind: 'gauge', intervalMs: 1_000 } as const;
const answer: QueriedAnswer = {
  startMs: 0,
  endMs: 10_000,
  tier: 'minute',
  coarserBy: 'retention',
  sinceMs: { raw: 86_400_000, minute: null, hour: null },
  series: [],
  gaps: [{ host: 'web', fromMs: 1, toMs: 2, reason: 'spool_full', tickCount: 7 }],
  unmatched: ['x*'],
};

function samplesOf(values: readonly number[]): QueriedSeries {
  const times = Float64Array.from(values, (_, index) => 1_700_000_000_000 + index * 1_000);
  return { ...shape, content: { kind: 'samples', samples: { times, values: Float64Array.from(values) } } };
}

describe('query columns', () => {
  test('come back as they were, longer ones in pieces', () => {
    const long = Array.from({ length: 20_000 }, (_, index) => Math.round(Math.sin(index) * 1_000) / 10);
    const { times, values } = { times: Float64Array.of(5, 61_000, 61_001), values: Float64Array.of(1, -2.5, 1e300) };
    const series: QueriedSeries[] = [
      samplesOf(long),
      samplesOf([]),
      { ...shape, content: { kind: 'buckets', stepMs: 60_000, buckets: rollUp(times, values, 60_000) } },
    ];
    const bytes = encodeQueryColumns({ ...answer, series });

    expect(decodeQueryColumns(bytes)).toEqual({ ...answer, series });
    expect(bytes.byteLength).toBeLessThan(50_000);
  });

  test('are, in hex', () => {
    const bytes = encodeQueryColumns({ ...answer, series: [samplesOf([1, 2, 3])] });
    const headBytes = new DataView(bytes.buffer).getUint32(4, true);
    const hex = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString('hex');

    expect(hex(0, 4)).toBe('50575101');
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headBytes))).series).toEqual([
      { ...shape, stepMs: 0, count: 3, pieces: [[11], [5]] },
    ]);
    expect(hex(8 + headBytes, bytes.byteLength)).toBe('1c0380b4e59faf0cfa01001a00020202');
  });

  test('that are damaged are refused, and never take memory that their bytes do not pay for', () => {
    const bytes = encodeQueryColumns({ ...answer, series: [samplesOf([1, 2, 3]), samplesOf([4])] });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, byte, end) => {
        const damaged = bytes.slice(0, end);
        if (at < end) damaged[at] = byte;
        try {
          decodeQueryColumns(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { seed: 20_261_126, numRuns: 2_000 },
    );
    for (const head of ['null', '[]', '{"series":[{}]}', '{"series":[{"count":1e12,"stepMs":0,"pieces":[[],[]]}]}']) {
      const text = new TextEncoder().encode(head);
      const made = Uint8Array.of(0x50, 0x57, 0x51, 1, text.length, 0, 0, 0, ...text);
      expect(() => decodeQueryColumns(made)).toThrow(DecodeError);
    }
  });
});
