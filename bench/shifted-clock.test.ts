import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { lastMonthEndMs, shiftedClockArgument } from './shifted-clock.ts';

test('shiftedClockArgument() shifts the clock of a process and of its threads', () => {
  const shiftMs = -30 * 86_400_000;
  const program = `
    import { Worker } from 'node:worker_threads';
    const code = "import { parentPort } from 'node:worker_threads'; parentPort.postMessage(Date.now())";
    new Worker(new URL('data:text/javascript,' + code)).on('message', (atMs) => {
      console.log(JSON.stringify([Date.now(), new Date().getTime(), atMs, new Date(5).getTime()]));
    });`;
  const args = [shiftedClockArgument(shiftMs), '--input-type=module', '-e', program];
  const fromMs = Date.now() + shiftMs;
  const times: number[] = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  const toMs = Date.now() + shiftMs;

  expect(times.map((atMs) => atMs >= fromMs && atMs <= toMs)).toEqual([true, true, true, false]);
  expect(times[3]).toBe(5);
});

describe('lastMonthEndMs()', () => {
  test.each([
    ['2026-11-26T12:00:00Z', '2026-10-31T23:50:00.000Z'],
    ['2026-10-31T23:49:00Z', '2026-08-31T23:50:00.000Z'],
    ['2026-10-31T23:51:00Z', '2026-10-31T23:50:00.000Z'],
    ['2026-03-01T00:00:00Z', '2026-01-31T23:50:00.000Z'],
  ])('at %s is %s', (now, end) => {
    expect(new Date(lastMonthEndMs(Date.parse(now))).toISOString()).toBe(end);
  });
});
