/**
 * Metrics of notices: what has been sent, what failed, and what waits, as the archive thread has told it last.
 */
import type { Registry } from 'prom-client';
import { type CounterReading, type GaugeReading, registerReadings } from './metric-readings.ts';
import type { NoticesReport } from './notices/notice-methods.ts';

/** Registers them. `reportOf` is asked at each scrape; without a report nothing is told. */
export function registerNoticeMetrics(registry: Registry, reportOf: () => NoticesReport | null): void {
  registerReadings(registry, { gauges, counters }, reportOf);
}

const counters: readonly CounterReading<NoticesReport>[] = [
  ['notice_messages_sent_total', 'Messages that a receiver has taken', ({ sentMessages }) => sentMessages],
  [
    'notice_messages_direct_total',
    'Messages sent past the outbox: from memory while the database was away, and tests of channels',
    ({ directMessages }) => directMessages,
  ],
  ['notice_tries_failed_total', 'Tries of messages that failed; each is repeated', ({ failedTries }) => failedTries],
  [
    'notices_dead_total',
    'Notices given up after a day, or as their channel was closed',
    ({ deadNotices }) => deadNotices,
  ],
  ['watchdog_pings_total', 'Times that the watchdog was told that all is well', ({ watchdogPings }) => watchdogPings],
];

const gauges: readonly GaugeReading<NoticesReport>[] = [
  ['notices_waiting', 'Notices that are not sent yet', ({ waitingCount }) => waitingCount],
  ['notices_waiting_seconds', 'Age of the oldest notice that is not sent yet', ({ waitingMs }) => waitingMs / 1_000],
  ['notices_dead', 'Notices that were given up and can be tried again', ({ deadCount }) => deadCount],
];
