import { expect, test } from 'vitest';
import { PeerWatch } from './peer-watch.ts';

/** What a watch answers second by second; `bytesAt` is what the socket has received by then. */
function answers(seconds: readonly number[], bytesAt: (second: number) => number): string[] {
  const watch = new PeerWatch({ checkMs: 1_000, nowMs: 0, bytesRead: 0 });
  return seconds.map((second) => watch.poll(second * 1_000, bytesAt(second)));
}

const secondsTo = (end: number) => Array.from({ length: end }, (_, index) => index + 1);

test('poll() asks for a ping every 10 s', () => {
  const asked = answers(secondsTo(40), (second) => second).flatMap((answer, index) =>
    answer === 'ping' ? [index + 1] : [],
  );
  expect(asked).toEqual([10, 20, 30, 40]);
});

test('poll() says that the peer is gone after 45 s without a byte', () => {
  expect(answers(secondsTo(50), () => 0).indexOf('gone')).toBe(44);
  expect(answers(secondsTo(90), (second) => Math.min(second, 20)).indexOf('gone')).toBe(64);
});

test('poll() gives the peer one more heartbeat after this process stood still', () => {
  const seconds = [1, 2, ...Array.from({ length: 12 }, (_, index) => 602 + index)];
  expect(seconds[answers(seconds, () => 0).indexOf('gone')]).toBe(612);
  expect(answers(seconds, (second) => (second < 604 ? 0 : 7))).not.toContain('gone');
});
