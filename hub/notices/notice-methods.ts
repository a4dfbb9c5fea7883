/**
 * Delivery of notices as the archive thread has it: real clocks, sockets and database behind the engine, methods for main in front.
 */
import type { Logger } from 'pino';
import { SecretBox } from '../secret-box.ts';
import { outboxOver } from '../store/alerts/outbox.ts';
import type { Sql } from '../store/connect.ts';
import { Delivery, type DeliveryReport } from './delivery.ts';
import type { NoticeMessage } from './notice.ts';
import { NoticeSender, type SendingChannel } from './sender.ts';
import { Watchdog } from './watchdog.ts';

export interface NoticeSettings {
  /** Between two messages of a group on a channel. */
  readonly intervalMs: number;
  /** "host" or "host:port". */
  readonly internalTargets: readonly string[];
  /** May be a secret. */
  readonly watchdogUrl: string | null;
}

export interface NoticesReport extends DeliveryReport {
  readonly watchdogPings: number;
}

export interface NoticeMethodsOptions {
  readonly settings: NoticeSettings;
  readonly secretKey: Uint8Array;
  readonly log: Logger;
}

export function noticeMethods(sql: Sql, { settings, secretKey, log }: NoticeMethodsOptions) {
  const { internalTargets, intervalMs, watchdogUrl } = settings;
  const sender = new NoticeSender({ box: new SecretBox(secretKey), internalTargets, nowMs: Date.now });
  const ports = {
    outbox: outboxOver(sql),
    send: (channel: SendingChannel, message: NoticeMessage) => sender.send(channel, message),
    log,
    nowMs: Date.now,
    nowMonotonicMs: () => performance.now(),
    random: Math.random,
    after: (ms: number, call: () => void) => {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
  };
  const delivery = new Delivery(ports, { intervalMs });
  const watchdog = new Watchdog({ request: (request) => sender.http.send(request), log }, watchdogUrl);
  return {
    /** There may be something in the outbox; also once at the start. */
    pokeNotices: async (dueInMs: number): Promise<void> => delivery.poke(dueInMs),
    /** Sends at once, past the outbox: what is told from memory while the database is away, and tests of a channel. */
    sendDirect: ({ channel, message }: { readonly channel: SendingChannel; readonly message: NoticeMessage }) =>
      delivery.sendDirect(channel, message),
    noticesReport: async (_: null): Promise<NoticesReport> => ({
      ...(await delivery.report()),
      watchdogPings: watchdog.pingCount,
    }),
    /** Each minute: whether all is well. */
    watchdog: (isWell: boolean): Promise<void> => watchdog.ping(isWell),
    stopNotices: (_: null): Promise<void> => delivery.stop(),
  };
}
