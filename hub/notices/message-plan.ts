/**
 * Which messages a claim of rows becomes, and in which order they are tried. Messages of one group keep theirs, as "resolved"
 * must not overtake "fired"; among groups, what has failed least goes first, so that one that is always refused holds nobody up.
 */
import type { ClaimedRow } from '../store/alerts/outbox.ts';
import type { NoticeMessage } from './notice.ts';

export interface PlannedMessage {
  readonly message: NoticeMessage;
  readonly groupKeys: readonly string[];
  /** Of its row that has failed most. */
  readonly attempts: number;
  /** It has been tried under this key before. */
  readonly isRepeated: boolean;
}

/** `rows` in the order in which they happened. */
export function planMessages(rows: readonly ClaimedRow[]): PlannedMessage[] {
  const byKey = new Map<string, ClaimedRow[]>();
  for (const row of rows) {
    const others = byKey.get(row.messageKey);
    if (others === undefined) byKey.set(row.messageKey, [row]);
    else others.push(row);
  }
  const planned = [...byKey].map(([key, ofMessage]) => toMessage(key, ofMessage));
  const attemptsOf = new Map<string, number>();
  for (const { groupKeys, attempts } of planned)
    for (const group of groupKeys) attemptsOf.set(group, Math.max(attempts, attemptsOf.get(group) ?? 0));
  const ranked = planned.map((one) => ({
    one,
    // All of a group have the rank of the one that has failed most.
    rank: Math.max(...one.groupKeys.map((group) => attemptsOf.get(group)!)),
    // What is repeated came before whatever is new in its groups.
    turn: one.isRepeated ? 0 : 1,
  }));
  ranked.sort((a, b) => a.rank - b.rank || a.turn - b.turn);
  return ranked.map(({ one }) => one);
}

function toMessage(key: string, rows: readonly ClaimedRow[]): PlannedMessage {
  const groupKeys = [...new Set(rows.map(({ groupKey }) => groupKey))];
  return {
    message: {
      key,
      groupKey: groupKeys.length === 1 ? groupKeys[0]! : '',
      events: rows.map(({ event }) => event),
      omittedCount: 0,
    },
    groupKeys,
    attempts: Math.max(...rows.map(({ attempts }) => attempts)),
    isRepeated: rows.some(({ isRepeated }) => isRepeated),
  };
}
