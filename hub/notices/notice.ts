/**
 * What is sent: events of alerts, put together to messages. Plain data between the outbox, main and the senders.
 */
import type { AlertCause, Severity } from '#core/rule-spec.ts';

/** `told`: told late, as it could not be told when it happened; `storage…`: of the hub itself; `test`: somebody tries the channel. */
export type NoticeKind =
  | 'fired'
  | 'resolved'
  | 'told'
  | 'repeated'
  | 'escalated'
  | 'storageDown'
  | 'storageBack'
  | 'test';

export interface NoticeEvent {
  /** Equal for a repetition of the same event: receivers drop what they know. */
  readonly key: string;
  /** Equal for all events of one rule on one series of one host, over all its alerts. */
  readonly targetKey: string;
  readonly kind: NoticeKind;
  readonly isFiring: boolean;
  /** null for what is no alert. */
  readonly alertId: number | null;
  readonly ruleName: string;
  readonly hostName: string;
  /** Canonical key; empty for the host itself. */
  readonly series: string;
  readonly severity: Severity;
  readonly cause: AlertCause | null;
  /** "above 90"; empty where there is none. */
  readonly condition: string;
  readonly value: number | null;
  readonly unit: string;
  /** One line for people. */
  readonly message: string;
  /** One line on what the rule is for; empty or absent where it says nothing. */
  readonly summary?: string;
  readonly atMs: number;
  readonly firedMs: number | null;
  readonly resolvedMs: number | null;
}

export interface NoticeMessage {
  /** Of the channel and the events in it. */
  readonly key: string;
  readonly groupKey: string;
  /** In the order in which they happened. */
  readonly events: readonly NoticeEvent[];
  /** Events that are not listed as there are too many. */
  readonly omittedCount: number;
}

/** What became of a try. `retryAfterMs`: the receiver has asked for that. `answer`: a status and a few words, never a body. */
export type SendOutcome =
  | { readonly kind: 'sent'; readonly answer: string }
  | { readonly kind: 'failed'; readonly answer: string; readonly retryAfterMs: number | null };

/**
 * The same with what only a sender knows. `isOfMessage`: this very message is refused, others may well pass.
 * `mayHaveArrived`: it may be known there all the same, so it must be repeated as it is, under the same key.
 */
export type TryOutcome =
  | { readonly kind: 'sent'; readonly answer: string }
  | {
      readonly kind: 'failed';
      readonly answer: string;
      readonly retryAfterMs: number | null;
      readonly isOfMessage: boolean;
      readonly mayHaveArrived: boolean;
    };
