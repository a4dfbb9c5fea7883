import { describe, expect, test } from 'vitest';
import { replaySamplesMax } from '#core/limits.ts';
import type { Replay, StreamOffer } from '#core/message.ts';
import {
  checkGapRange,
  checkOffers,
  checkReplay,
  checkReplaySamples,
  checkVerify,
  clampTime,
  tickProblem,
} from './message-checks.ts';

const offer: StreamOffer = {
  ...{ epoch: 'e1', bootId: 'b', startWallMs: 0, startMonotonicMs: 0 },
  ...{ oldest: 1, next: 5, acked: 2 },
};
const replay: Replay = {
  ...{ kind: 'replay', ordinal: 1, firstSeq: 1, tickCount: 8, layoutId: '0011223344556677' },
  ...{ inflatedBytes: 100, block: new Uint8Array(10) },
};

test.each([
  ['the same stream twice', [offer, offer]],
  ['a stream that ends before it starts', [{ ...offer, oldest: 6 }]],
  ['acks of what does not exist', [{ ...offer, acked: 5 }]],
])('checkOffers() refuses %s', (_name, offers) => {
  expect(() => checkOffers(offers)).toThrow(expect.objectContaining({ code: 'ERR_SEQ_RANGE' }));
});

test('checkOffers() takes a drained stream and an empty one', () => {
  expect(() => checkOffers([{ ...offer, oldest: 5, acked: 4 }])).not.toThrow();
  expect(() => checkOffers([{ ...offer, oldest: 1, next: 1, acked: 0 }])).not.toThrow();
});

describe('checkReplay()', () => {
  test.each([{ tickCount: 0 }, { tickCount: 1e6 }, { inflatedBytes: 1e9 }])('checkReplay() refuses %j', (wrong) => {
    expect(() => checkReplay({ ...replay, ...wrong })).toThrow(
      expect.objectContaining({ code: 'ERR_BLOCK_MALFORMED' }),
    );
  });

  test('checkReplaySamples() bounds ticks × series, but not the series of one tick', () => {
    expect(() => checkReplaySamples(replay, replaySamplesMax / 8)).not.toThrow();
    expect(() => checkReplaySamples(replay, replaySamplesMax / 8 + 1)).toThrow('samples are allowed');
    expect(() => checkReplaySamples({ ...replay, tickCount: 1 }, replaySamplesMax + 1)).not.toThrow();
  });
});

test('checkGapRange() refuses a gap of no seq', () => {
  expect(() => checkGapRange({ firstSeq: 3, lastSeq: 2 })).toThrow('got 3..2');
  expect(() => checkGapRange({ firstSeq: 3, lastSeq: 3 })).not.toThrow();
});

test.each([0, 16_385])('checkVerify() refuses to compare %d rows', (count) => {
  expect(() => checkVerify({ kind: 'verify', ordinal: 1, firstSeq: 1, count })).toThrow('1..16384');
});

test('tickProblem() names what is wrong with a tick, and nothing else', () => {
  const wanted = { seriesCount: 2, lastMs: 1_000 };
  expect([
    tickProblem({ timeMs: 1_001, byteLength: 16 }, wanted),
    tickProblem({ timeMs: 1_001, byteLength: 8 }, wanted),
    tickProblem({ timeMs: 1_000, byteLength: 16 }, wanted),
    tickProblem({ timeMs: 9e15, byteLength: 16 }, wanted),
    tickProblem({ timeMs: Number.NaN, byteLength: 16 }, wanted),
  ]).toEqual([
    null,
    expect.stringContaining('has 2 series: got 1 values'),
    expect.stringContaining('got 1000 after 1000'),
    expect.stringContaining('must lie in'),
    expect.stringContaining('must lie in'),
  ]);
});

test('clampTime() keeps a gap from being refused for the time of its ticks', () => {
  expect([-5, 0, 1_000, 9e15].map(clampTime)).toEqual([1, 1, 1_000, 8.64e15]);
});
