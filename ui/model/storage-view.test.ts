import { describe, expect, test } from 'vitest';
import { parseStorage } from '../api/fleet.ts';
import { fakeStorage } from '../testing/fake-storage.ts';
import {
  compactionText,
  formatDays,
  type Hold,
  rawBytesPerSample,
  retentionText,
  type StorageFigures,
  storageNotices,
  storageRows,
} from './storage-view.ts';

const nowMs = Date.UTC(2026, 10, 26, 12);
const figures = parseStorage(fakeStorage(nowMs, false));
const short = parseStorage(fakeStorage(nowMs, true));
/** Narrow spaces as plain ones. */
const plain = (text: string) => text.replaceAll('\u202f', ' ');

test('storageRows() are the tiers, what waits, and the rest, as shares of the database', () => {
  const rows = storageRows(figures).map(({ name, share, samples, perSample, since, keep }) =>
    [name, share.toFixed(2), samples, perSample, since, keep].map(plain).join(' | '),
  );

  expect(rows).toEqual([
    'Raw | 0.68 | 7.26 G | 0.157 B | 12 Nov 2026 | 14 d',
    '1 m | 0.20 | 778 M | 0.428 B | 28 Aug 2026 | 90 d',
    '1 h | 0.06 | 105 M | 0.920 B | 26 Nov 2024 | 3 y',
    'Waiting | 0.04 | – | – | – | –',
    'Other | 0.03 | – | – | – | –',
  ]);
});

test('storageRows() of an empty database have no shares', () => {
  const rows = storageRows({ ...figures, tiers: [], batchBytes: 0, databaseBytes: 0 });
  expect(rows.map(({ share }) => share)).toEqual([0, 0]);
});

test('rawBytesPerSample() is not known before there is a sample', () => {
  expect(rawBytesPerSample(figures)).toBeCloseTo(0.157, 3);
  expect(rawBytesPerSample({ ...figures, tiers: [] })).toBeNull();
});

test.each([
  [1, '1 d'],
  [90, '90 d'],
  [365, '365 d'],
  [731, '2 y'],
  [1_096, '3 y'],
  [1_100, '1 100 d'],
])('formatDays() writes %d as %j', (days, expected) => {
  expect(plain(formatDays(days))).toBe(expected);
});

describe('storageNotices()', () => {
  test('says nothing while there is room', () => {
    expect(storageNotices(figures)).toEqual([]);
  });

  test('says what is short, the worst first, and since when raw is kept', () => {
    expect(storageNotices(short).map(({ strong }) => plain(strong))).toEqual([
      'Only 717 MiB are free on the hub’s disk.',
      'The database has reached 89 % of its bound.',
      'Raw since 17 Nov 2026.',
    ]);
  });
});

test.each<[Hold | null, RegExp]>([
  [null, /^It ran 21 m ago\.$/],
  ['clock-moved', /clock was moved/],
  ['clocks-differ', /clocks of hub and database differ/],
  ['needed', /stays until it is compacted/],
  ['failed', /the log says why/],
])('retentionText() with hold %j', (hold, expected) => {
  const of = (lastMs: number | null): StorageFigures => ({ ...figures, retention: { lastMs, hold, droppedBytes: 0 } });
  expect(plain(retentionText(of(nowMs - 1_260_000), nowMs))).toMatch(expected);
  expect(retentionText(of(null), nowMs)).toBe('It has not run yet.');
});

test('compactionText() says when it ran and what it made', () => {
  const of = (compaction: Partial<StorageFigures['compaction']>) =>
    plain(compactionText({ ...figures, compaction: { ...figures.compaction, ...compaction } }, nowMs));

  expect(of({})).toBe('It ran 3 m 10 s ago. 96 212 batches became 1 204 chunks since the hub started.');
  expect(of({ isRunning: true, batches: 0 })).toBe('It is running.');
  expect(of({ lastMs: null, batches: 0 })).toBe('It has not run yet.');
});
