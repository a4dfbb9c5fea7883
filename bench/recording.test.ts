import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '#core/errors.ts';
import { columnOf, tickOffsetMs } from './dataset.ts';
import { makeRecording, readRecording, recordedDataset, recordingFolder, writeRecording } from './recording.ts';

const two = {
  keys: ['a', 'b{c="d"}'],
  tickCount: 3,
  offsetsMs: Float64Array.of(0, 1_001, 1_999),
  values: Float64Array.of(1, 2, 3, Number.NaN, 5, 6),
};

function withFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'pulsewire-recording-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('readRecording()', () => {
  test('reads what writeRecording() has written, round after round', () =>
    withFolder((folder) => {
      writeRecording(folder, two, { count: 2, startMs: 7_000, roundMs: 3_000 });

      expect(readRecording({ folder, everyNth: 1 })).toEqual({
        keys: two.keys,
        tickCount: 6,
        offsetsMs: Float64Array.of(0, 1_001, 1_999, 3_000, 4_001, 4_999),
        values: Float64Array.of(...two.values, ...two.values),
      });
    }));

  test('takes one tick of several', () =>
    withFolder((folder) => {
      writeRecording(folder, two, { count: 1, startMs: 0, roundMs: 3_000 });

      expect(readRecording({ folder, everyNth: 2 })).toEqual({
        keys: two.keys,
        tickCount: 1,
        offsetsMs: Float64Array.of(0),
        values: Float64Array.of(1, 2),
      });
    }));
});

test('recordedDataset() gives every host the ticks of the recording, at its times, round after round', () => {
  const dataset = recordedDataset(two);

  expect(columnOf(dataset, 5, 4)).toEqual(columnOf(dataset, 0, 1));
  expect([0, 1, 2, 3, 4].map((tick) => tickOffsetMs(dataset, tick, 1_000))).toEqual([0, 1_001, 1_999, 3_000, 4_001]);
});

describe('makeRecording()', () => {
  test('makes the same hour each time, with times that rise', () => {
    const made = makeRecording();

    // Comparing a million numbers one by one takes vitest a minute.
    expect(Buffer.compare(recordedDataset(made).bytes, recordedDataset(makeRecording()).bytes)).toBe(0);
    expect(made.values.length).toBe(made.keys.length * made.tickCount);
    expect(new Set(made.keys).size).toBe(made.keys.length);
    expect(made.offsetsMs.every((offset, tick) => tick === 0 || offset > made.offsetsMs[tick - 1]!)).toBe(true);
  });

  test('makes most series constant, as on a host', () => {
    const { keys, tickCount, values } = makeRecording();
    const isConstant = (_: string, series: number) => {
      for (let tick = 1; tick < tickCount; tick += 1)
        if (values[tick * keys.length + series] !== values[series]) return false;
      return true;
    };

    expect(keys.filter(isConstant).length).toBe(249);
  });
});

describe('recordingFolder()', () => {
  test('is none where the environment names none', () => {
    expect(recordingFolder({})).toBe(null);
  });

  test('refuses a folder without a recording', () => {
    expect(() => recordingFolder({ PULSEWIRE_HOST_DATA_FOLDER: '/nowhere' })).toThrow(ConfigError);
  });
});
