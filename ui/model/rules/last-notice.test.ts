import { expect, test } from 'vitest';
import type { Notice } from '../../api/channels.ts';
import { formatClock } from '../format.ts';
import { lastAnswerOf, lastNoticeText } from './last-notice.ts';

const nowMs = Date.UTC(2026, 10, 27, 21, 28, 44);

function notice(said: Partial<Notice> = {}): Notice {
  return {
    ...{ id: 1, channelId: 2, state: 'waiting', createdMs: nowMs - 120_000, sentMs: null, dueMs: nowMs + 20_000 },
    ...{ attempts: 1, triedMs: nowMs - 5_000, answer: 'HTTP 503', alertId: null, event: 'fired', rule: 'CPU' },
    ...{ host: 'web', message: '' },
    ...said,
  };
}

test.each([
  [{}, `made 2 m ago, tried once, next try at ${formatClock(nowMs + 20_000)}`],
  [{ attempts: 3, dueMs: nowMs - 1 }, 'made 2 m ago, tried 3 times, next try is due'],
  [{ attempts: 0, dueMs: nowMs }, 'made 2 m ago, waits for its turn'],
  [{ state: 'sending', attempts: 0 }, 'made 2 m ago, is being sent'],
  [{ state: 'sent', sentMs: nowMs - 60_000 }, 'sent 1 m ago'],
  [{ state: 'dead', attempts: 30 }, 'made 2 m ago, tried 30 times, given up'],
] as const)('lastNoticeText() of %o', (said, text) => {
  expect(lastNoticeText(notice(said), nowMs).replaceAll('\u202f', ' ')).toBe(text);
});

test('an answer from before a test that went well is an old one, a newer one is not', () => {
  expect(lastAnswerOf(notice(), null)).toEqual({ text: 'HTTP 503', isOld: false });
  expect(lastAnswerOf(notice(), nowMs)).toEqual({ text: 'Before the test: HTTP 503', isOld: true });
  expect(lastAnswerOf(notice({ triedMs: nowMs + 1 }), nowMs)).toEqual({ text: 'HTTP 503', isOld: false });
  expect(lastAnswerOf(notice({ state: 'sent', answer: 'HTTP 200' }), null)).toBeNull();
});
