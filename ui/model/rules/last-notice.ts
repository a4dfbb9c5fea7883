/** How it stands with the newest notice of a channel, in words that stay true while nothing happens. Pure. */
import type { Notice } from '../../api/channels.ts';
import { formatAgo, formatClock, formatMoment } from '../format.ts';

/** "sent 4 s ago"; "made 13 s ago, tried once, next try at 14:32:02". */
export function lastNoticeText({ state, createdMs, sentMs, dueMs, attempts }: Notice, nowMs: number): string {
  const made = `made ${formatAgo(createdMs, nowMs)}`;
  const tried = attempts === 0 ? '' : `, tried ${attempts === 1 ? 'once' : `${attempts} times`}`;
  switch (state) {
    case 'sent':
      return `sent ${formatAgo(sentMs ?? createdMs, nowMs)}`;
    case 'dead':
      return `${made}${tried}, given up`;
    case 'sending':
      return `${made}${tried}, is being sent`;
    case 'waiting':
      return attempts === 0 ? `${made}, waits for its turn` : `${made}${tried}, ${nextTryText(dueMs, nowMs)}`;
  }
}

/** What a channel said to its newest notice; a test that went well since does not make that undone, but old. */
export function lastAnswerOf(
  { state, answer, triedMs }: Notice,
  testedMs: number | null,
): { readonly text: string; readonly isOld: boolean } | null {
  if (state === 'sent' || answer === '') return null;
  const isOld = testedMs !== null && triedMs !== null && triedMs < testedMs;
  return { text: isOld ? `Before the test: ${answer}` : answer, isOld };
}

/** A try that comes within the hour is waited for: its seconds count. */
export function nextTryText(dueMs: number, nowMs: number): string {
  if (dueMs <= nowMs) return 'next try is due';
  return `next try at ${dueMs - nowMs < 3_600_000 ? formatClock(dueMs) : formatMoment(dueMs)}`;
}
