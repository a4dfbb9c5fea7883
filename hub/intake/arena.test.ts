import { expect, test } from 'vitest';
import { Arena } from './arena.ts';

test('reserve() aligns to 8 and keeps what was written when it grows', () => {
  const arena = new Arena(5);
  arena.bytes.set([1, 2, 3], arena.reserve(3));
  const second = arena.reserve(300_000);
  arena.bytes[second] = 9;
  expect([second, [...arena.bytes.subarray(0, 3)], new Uint8Array(arena.buffer())[8]]).toEqual([8, [1, 2, 3], 9]);
  expect(arena.byteCount).toBe(300_008);
});

test('queuedBytes counts batches without bytes', () => {
  const arena = new Arena(0);
  arena.batches.push({
    kind: 'gap',
    streamId: 1,
    hostId: 1,
    lease: 1,
    firstSeq: 1,
    lastSeq: 9,
    reason: 'damaged',
    fromMs: 1,
    toMs: 2,
  });
  expect([arena.byteCount, arena.queuedBytes > 0]).toEqual([0, true]);
});
