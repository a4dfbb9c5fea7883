import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nackRepeatMs } from '../limits.ts';
import { HubStream, type HubStreamShape } from './hub-stream.ts';

const shape: HubStreamShape = {
  id: 7,
  epoch: 'e1',
  ordinal: 3,
  storedSeq: 10,
  storedCrc: 99,
  gapTicks: 2,
  shiftMs: 0,
  lease: 1,
};

function one(seq: number) {
  return { firstSeq: seq, lastSeq: seq };
}

/** A stream that has stored up to 10 and accepted up to 12. */
function accepted12(): HubStream {
  const stream = new HubStream(shape);
  stream.accept(11);
  stream.accept(12);
  return stream;
}

describe('HubStream', () => {
  test.each([
    ['the next item', one(13), { kind: 'take', fromSeq: 13 }],
    ['an item that was accepted', one(12), { kind: 'duplicate' }],
    ['an item that is stored', one(3), { kind: 'duplicate' }],
    ['the end of a range that overlaps', { firstSeq: 11, lastSeq: 20 }, { kind: 'take', fromSeq: 13 }],
    ['a jump', one(14), { kind: 'nack', seq: 13 }],
  ])('offer() judges %s', (_, range, expected) => {
    expect(accepted12().offer(range, 0)).toEqual(expected);
  });

  test('offer() asks once for a missing item and again after a while', () => {
    const stream = accepted12();
    const offers = [0, 1, nackRepeatMs - 1, nackRepeatMs].map((nowMs) => stream.offer(one(20), nowMs).kind);
    expect(offers).toEqual(['nack', 'awaiting', 'awaiting', 'nack']);
  });

  test('refuse() asks for the next item, once', () => {
    const stream = accepted12();
    expect([stream.refuse(0), stream.refuse(1)]).toEqual([13, null]);
  });

  test('settle() moves the stored seq and never what was accepted', () => {
    const stream = accepted12();
    expect(stream.settle({ storedSeq: 11, storedCrc: 5, gapTicks: 2 })).toBe('advanced');
    expect(stream.settle({ storedSeq: 11, storedCrc: 5, gapTicks: 2 })).toBe('same');
    expect([stream.storedSeq, stream.acceptedSeq, stream.storedCrc]).toEqual([11, 12, 5]);
  });

  test('settle() below the stored seq makes what the database lost wanted again', () => {
    const stream = accepted12();
    expect(stream.settle({ storedSeq: 4, storedCrc: 5, gapTicks: 0 })).toBe('rewound');
    expect(stream.offer(one(5), 0)).toEqual({ kind: 'take', fromSeq: 5 });
  });

  test('forget() wants everything again that is not stored', () => {
    const stream = accepted12();
    stream.forget();
    expect(stream.offer(one(11), 0)).toEqual({ kind: 'take', fromSeq: 11 });
  });

  test('relink() takes the lease and the place that the database names, whatever was accepted', () => {
    const stream = accepted12();
    stream.offer(one(20), 0);
    stream.relink({ ...shape, lease: 2, storedSeq: 11 });
    expect([stream.lease, stream.acceptedSeq, stream.offer(one(20), 1)]).toEqual([2, 11, { kind: 'nack', seq: 12 }]);
  });

  test('offer() lets every seq through exactly once, in order, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ first: fc.integer({ min: 1, max: 30 }), length: fc.integer({ min: 1, max: 5 }) })),
        (ranges) => {
          const stream = new HubStream({ ...shape, storedSeq: 0 });
          const taken: number[] = [];
          for (const { first, length } of ranges) {
            const lastSeq = first + length - 1;
            const offer = stream.offer({ firstSeq: first, lastSeq }, 0);
            if (offer.kind !== 'take') continue;
            for (let seq = offer.fromSeq; seq <= lastSeq; seq += 1) taken.push(seq);
            stream.accept(lastSeq);
          }
          expect(taken).toEqual(taken.map((_, index) => index + 1));
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});
