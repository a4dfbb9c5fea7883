import { describe, expect, test } from 'vitest';
import { encodeMessage } from '#core/codec.ts';
import { columnOf, createDataset } from '../dataset.ts';
import { wavesByHost } from '../waves.ts';
import { encodeFrameRun } from './frame-run.ts';
import { encodeClientFrame } from './websocket-frames.ts';

/** The same run by way of the codec. */
function framesByCodec(run: Parameters<typeof encodeFrameRun>[0]): Uint8Array {
  const frames = Array.from({ length: run.count }, (_, index) => {
    const seq = run.firstSeq + index;
    const column = columnOf(run.dataset, run.host, seq - 1);
    return encodeClientFrame(
      encodeMessage({ kind: 'frame', ordinal: run.ordinal, seq, layoutId: null, timeMs: null, column }),
    );
  });
  return Buffer.concat(frames);
}

describe('encodeFrameRun()', () => {
  test.each([
    { what: 'small numbers and columns', metricCount: 3, ordinal: 1, firstSeq: 2, count: 3 },
    { what: 'seqs that get longer', metricCount: 50, ordinal: 2, firstSeq: 126, count: 4 },
    { what: 'seqs of two bytes', metricCount: 50, ordinal: 200, firstSeq: 254, count: 4 },
    { what: 'seqs of four bytes', metricCount: 31, ordinal: 40_000, firstSeq: 65_533, count: 5 },
    { what: 'columns of 256 bytes', metricCount: 32, ordinal: 70_000, firstSeq: 1, count: 2 },
    { what: 'frames of a large host', metricCount: 8_000, ordinal: 1, firstSeq: 9, count: 2 },
  ])('gives the bytes of the codec for $what', ({ metricCount, ...run }) => {
    const dataset = createDataset({ hostCount: 2, metricCount, tickCount: 4 });
    const whole = { ...run, dataset, host: 1 };

    expect(Buffer.from(encodeFrameRun(whole)).equals(framesByCodec(whole))).toBe(true);
  });

  test('gives the bytes of the codec under a wave', () => {
    const waves = wavesByHost([{ host: 1, metric: 2, fromTick: 5, halfTicks: 2, toTick: 9, high: 500 }]);
    const dataset = { ...createDataset({ hostCount: 2, metricCount: 3, tickCount: 4 }), waves };
    const run = { dataset, host: 1, ordinal: 1, firstSeq: 4, count: 8 };

    expect(Buffer.from(encodeFrameRun(run)).equals(framesByCodec(run))).toBe(true);
  });
});
