import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import type { HttpRequest } from './http-sender.ts';
import type { TryOutcome } from './notice.ts';
import { Watchdog } from './watchdog.ts';

const url = 'https://watch.example/hunter2';
const sent: TryOutcome = { kind: 'sent', answer: 'HTTP 200' };
const failed: TryOutcome = {
  kind: 'failed',
  answer: 'HTTP 404',
  retryAfterMs: null,
  isOfMessage: false,
  mayHaveArrived: false,
};

let lines: { readonly msg: string }[] = [];
let requests: HttpRequest[] = [];
let outcome: TryOutcome = sent;
beforeEach(() => {
  lines = [];
  requests = [];
  outcome = sent;
});

function watchdog(target: string | null = url): Watchdog {
  const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const request = async (one: HttpRequest) => {
    requests.push(one);
    return outcome;
  };
  return new Watchdog({ request, log }, target);
}

test('ping() asks the service while all is well, and only then', async () => {
  const dog = watchdog();
  await dog.ping(true);
  await dog.ping(false);
  await dog.ping(true);
  expect(requests).toEqual(Array(2).fill({ method: 'GET', url, headers: {}, body: null }));
  expect(dog.pingCount).toBe(2);
  await watchdog(null).ping(true);
  expect(requests).toHaveLength(2);
});

test('ping() logs a failure and its end once, without the URL', async () => {
  const dog = watchdog();
  for (const next of [sent, failed, failed, failed, sent, sent, failed]) {
    outcome = next;
    await dog.ping(true);
  }
  expect(lines.map(({ msg }) => msg)).toEqual(['watchdog.unreached', 'watchdog.reached', 'watchdog.unreached']);
  expect(JSON.stringify(lines)).not.toContain('hunter2');
});

test('ping() is not asked twice at once', async () => {
  const dog = watchdog();
  await Promise.all([dog.ping(true), dog.ping(true)]);
  expect(requests).toHaveLength(1);
});
