import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from './errors.ts';
import { decodeRuns, encodeRuns, joinRuns, type Run } from './runs.ts';

const anyRun: fc.Arbitrary<Run> = fc.record({
  streamId: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 2 ** 40 })),
  firstSeq: fc.oneof(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 2 ** 50 })),
  count: fc.integer({ min: 1, max: 8_192 }),
});

describe('runs', () => {
  test('encodeRuns() and decodeRuns() are inverse', () => {
    fc.assert(
      fc.property(fc.array(anyRun, { maxLength: 50 }), (runs) => {
        const ticks = runs.reduce((sum, run) => sum + run.count, 0);
        expect(decodeRuns(encodeRuns(runs), ticks)).toEqual(runs);
      }),
      { seed: 42 },
    );
  });

  test('encodeRuns() takes three bytes for a run that goes on behind a gap', () => {
    const runs = [
      { streamId: 7, firstSeq: 1, count: 100 },
      { streamId: 7, firstSeq: 111, count: 50 },
      { streamId: 8, firstSeq: 1, count: 2 },
    ];
    expect(Buffer.from(encodeRuns(runs)).toString('hex')).toBe('0e0064001432020002');
  });

  test('joinRuns() joins what follows without a hole', () => {
    const run = (streamId: number, firstSeq: number, count: number) => ({ streamId, firstSeq, count });
    expect(joinRuns([run(1, 1, 3), run(1, 4, 2), run(1, 7, 1), run(2, 8, 1)])).toEqual([
      run(1, 1, 5),
      run(1, 7, 1),
      run(2, 8, 1),
    ]);
  });

  test('decodeRuns() refuses any bytes that are not exactly so many ticks, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 0, max: 9_000 }), (bytes, ticks) => {
        let runs: Run[];
        try {
          runs = decodeRuns(bytes, ticks);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          return;
        }
        expect(runs.reduce((sum, run) => sum + run.count, 0)).toBe(ticks);
      }),
      { seed: 42, numRuns: 2_000 },
    );
  });
});
