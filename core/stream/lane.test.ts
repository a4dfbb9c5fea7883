import { expect, test } from 'vitest';
import { Lane } from './lane.ts';

/** A lane that has sent 1..3 in one message of 30 bytes and 4 in one of 10. */
function sent4(): Lane {
  const lane = new Lane('e1');
  lane.sent(3, 30);
  lane.sent(4, 10);
  return lane;
}

test('acked() releases a message once all of it is stored', () => {
  const lane = sent4();
  lane.acked(2);
  expect(lane.outstandingBytes).toBe(40);
  lane.acked(3);
  expect([lane.outstandingBytes, lane.sentSeq]).toEqual([10, 4]);
});

test('acked() beyond what was sent moves on without sending', () => {
  const lane = sent4();
  lane.acked(9);
  expect([lane.outstandingBytes, lane.sentSeq]).toEqual([0, 9]);
});

test('rewind() counts each item once when it is sent again', () => {
  const lane = sent4();
  lane.lastFrame = { seq: 4, timeMs: 0, layoutId: 'l' };
  lane.rewind(3);
  lane.sent(4, 10);
  expect([lane.outstandingBytes, lane.sentSeq, lane.lastFrame]).toEqual([40, 4, null]);
});

test('sent() backwards is a bug', () => {
  expect(() => sent4().sent(4, 1)).toThrow('Assertion failed: sent(4) after 4');
});

test('stored is there while verifying only', () => {
  const lane = new Lane('e1');
  lane.startVerifying({ seq: 5, gapTicks: 0, isForeign: true });
  expect([lane.isVerifying, lane.stored.seq]).toEqual([true, 5]);
  lane.endVerifying();
  expect(() => lane.stored).toThrow('Assertion failed: the lane is not verifying');
});
