import { describe, expect, test } from 'vitest';
import { isForked, likenessOf, rangeToVerify, unstoredSeqs } from './fork-check.ts';
import { itemCrc, type TickItem } from './item.ts';
import { Lane } from './lane.ts';
import { MemorySpool } from './memory-spool.ts';

const layoutId = '0011223344556677';

function tickAt(seq: number): TickItem {
  return { kind: 'tick', seq, timeMs: 1_000 * seq, layoutId, column: new Uint8Array(Float64Array.of(seq).buffer) };
}

/** A spool whose stream e1 has the ticks 1..6 with a gap at 5, of which 2 are acknowledged. */
function spoolOf6(): MemorySpool {
  const spool = new MemorySpool();
  spool.addLayout(layoutId, new Uint8Array([1]));
  spool.openEpoch({ epoch: 'e1', bootId: 'b', startWallMs: 0, startMonotonicMs: 0 });
  for (let seq = 1; seq <= 6; seq += 1) spool.append(tickAt(seq));
  spool.acknowledge('e1', 2, 0);
  spool.putGap('e1', { firstSeq: 5, lastSeq: 5, reason: 'rejected' });
  return spool;
}

function verifying(seq: number, isForeign = false): Lane {
  const lane = new Lane('e1');
  lane.startVerifying({ seq, gapTicks: 0, isForeign });
  return lane;
}

describe('likenessOf()', () => {
  test.each([
    ['nothing stored', 0, null, 'same'],
    ['less than was acknowledged', 1, 77, 'same'],
    ['the item that was acknowledged last', 2, itemCrc(tickAt(2)), 'same'],
    ['another item there', 2, 77, 'foreign'],
    ['more than was acknowledged, the own tick', 4, itemCrc(tickAt(4)), 'same'],
    ['more than was acknowledged, another tick', 4, 77, 'foreign'],
    ['more than was acknowledged, where a gap is held', 5, 77, 'unsure'],
    ['a stream that begins above what is held', 4, null, 'unsure'],
    ['more than exists', 7, itemCrc(tickAt(6)), 'unsure'],
  ] as const)('likenessOf() of %s', (_name, storedSeq, storedCrc, likeness) => {
    const spool = spoolOf6();
    const answer = { epoch: 'e1', ordinal: 1, storedSeq, storedCrc, gapTicks: 0 };
    expect(likenessOf(answer, { spool, stream: spool.stream('e1')! })).toBe(likeness);
  });
});

test('rangeToVerify() ends with what is held and what is stored, whichever is less', () => {
  const stream = spoolOf6().stream('e1')!;
  expect([
    rangeToVerify(verifying(4), { stream, fromSeq: 3 }),
    rangeToVerify(verifying(9), { stream, fromSeq: 3 }),
    rangeToVerify(verifying(4), { stream, fromSeq: 5 }),
  ]).toEqual([{ firstSeq: 3, count: 2 }, { firstSeq: 3, count: 4 }, null]);
});

test('isForked() holds of a current stream whose next seqs are taken, not of an earlier one', () => {
  const stream = spoolOf6().stream('e1')!;
  expect([true, false].map((isCurrent) => isForked(verifying(7), { stream, isCurrent }))).toEqual([true, false]);
  expect(isForked(verifying(4, true), { stream, isCurrent: false })).toBe(true);
});

test('unstoredSeqs() are the ticks that differ and all above the stored seq, without gaps', () => {
  const lane = verifying(3);
  lane.differingSeqs.push(3);
  expect(unstoredSeqs(lane, spoolOf6())).toEqual([3, 4, 6]);
});
