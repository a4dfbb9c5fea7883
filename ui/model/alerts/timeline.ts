/**
 * "Why was I told, or not?" of one alert, as a timeline: what it went through, what was decided and by what, how each
 * notice fared. Pure.
 */
import type { Note } from '#core/note.ts';
import type { Severity } from '#core/rule-spec.ts';
import type { AlertTrace, Notice, StoredAlert, TraceEvent } from '../../api/alerts.ts';
import { formatDuration, thinSpace } from '../format.ts';
import { nextTryText } from '../rules/last-notice.ts';
import { alertValueText } from './alert-text.ts';
import { groupBy } from './spark-plan.ts';

export interface TimelineEntry {
  readonly id: string;
  readonly atMs: number;
  readonly kind: 'pending' | 'neighbour' | 'note' | TraceEvent['kind'];
  /** "Firing", "Told late". */
  readonly title: string;
  /** Follows the title: a value, what somebody said; '' or with what parts it from the title. */
  readonly text: string;
  /** Why somebody was told, or nobody; '' where there was nothing to tell. */
  readonly why: string;
  readonly isQuiet: boolean;
  /** Of the downtime that kept it quiet; null for none. */
  readonly downtimeId: number | null;
  readonly notices: readonly NoticeLine[];
  /** Of another alert: where it is. */
  readonly neighbour: { readonly id: number; readonly severity: Severity } | null;
}

export interface TimelineContext {
  readonly nowMs: number;
  /** Of the host, around the alert. */
  readonly notes: readonly Note[];
  /** Other alerts of the host that fired around it. */
  readonly neighbours: readonly StoredAlert[];
}

export interface NoticeLine {
  readonly id: number;
  readonly channel: string;
  readonly state: Notice['state'];
  /** "sent in 0.4 s: HTTP 200". */
  readonly text: string;
  readonly tries: readonly TryLine[];
  /** It was given up: somebody may have it tried again. */
  readonly isDead: boolean;
}

export interface TryLine {
  readonly atMs: number;
  /** "0.4 s: HTTP 503". */
  readonly text: string;
}

/** Newest first. */
export function timelineOf(
  { alert, events }: AlertTrace,
  { nowMs, notes, neighbours }: TimelineContext,
): readonly TimelineEntry[] {
  const entries: TimelineEntry[] = [...notes.map(noteEntry), ...neighbourEntries(neighbours)];
  for (const event of events) {
    // The path of an end begins where that of the beginning ended.
    const path = event.kind === 'fired' ? event.path : [];
    for (const { phase, atMs } of path) if (phase === 'pending') entries.push(pendingEntry(atMs, event.id));
    entries.push({
      ...bareEntry(`${event.id}`, event.atMs, event.kind),
      title: titleOf(event),
      text: textOf(event, alert.unit, alert.resolvedWhy),
      why: whyOf(event),
      isQuiet: !['told', 'note', 'unchanged'].includes(event.decision),
      downtimeId: event.decision === 'downtime' ? (event.quietBy?.id ?? null) : null,
      notices: event.notices.map((notice) => noticeLine(notice, { eventMs: event.atMs, nowMs })),
    });
  }
  return entries.sort((a, b) => b.atMs - a.atMs || Number(a.kind === 'pending') - Number(b.kind === 'pending'));
}

function bareEntry(id: string, atMs: number, kind: TimelineEntry['kind']): TimelineEntry {
  const quiet = { why: '', isQuiet: false, downtimeId: null, notices: [], neighbour: null };
  return { id, atMs, kind, title: '', text: '', ...quiet };
}

function pendingEntry(atMs: number, eventId: number): TimelineEntry {
  return { ...bareEntry(`${eventId} pending`, atMs, 'pending'), title: 'Pending', text: ': the condition became true' };
}

function noteEntry({ id, atMs, author, text }: Note): TimelineEntry {
  return {
    ...bareEntry(`note ${id}`, atMs, 'note'),
    title: author === '' ? 'Note' : author,
    text: `: \u201c${text}\u201d`,
  };
}

/** One for each rule and series: what flaps would fill the timeline. At its newest. */
function neighbourEntries(neighbours: readonly StoredAlert[]): TimelineEntry[] {
  const groups = [...groupBy(neighbours, ({ ruleId, series }) => `${ruleId} ${series}`).values()];
  return groups.map((group) => {
    const newest = group.reduce((a, b) => (b.firedMs > a.firedMs ? b : a));
    const { id, firedMs, ruleName, severity } = newest;
    const times = group.length === 1 ? '' : `, ${group.length} times`;
    const text = ` fired on the same host${times}`;
    return { ...bareEntry(`alert ${id}`, firedMs, 'neighbour'), title: ruleName, text, neighbour: { id, severity } };
  });
}

function titleOf({ kind, by }: TraceEvent): string {
  switch (kind) {
    case 'fired':
      return 'Firing';
    case 'resolved':
      return 'Resolved';
    case 'told':
      return 'Told late';
    case 'repeated':
      return 'Told again';
    case 'escalated':
      return 'Escalated';
    case 'acknowledged':
      return by === '' ? 'Acknowledged' : `Acknowledged by ${by}`;
  }
}

function textOf(event: TraceEvent, unit: string, resolvedWhy: string): string {
  const { kind, value, path, comment } = event;
  const shown = value === null ? '' : alertValueText(value, unit);
  switch (kind) {
    case 'fired': {
      const since = path.find(({ phase }) => phase === 'pending')?.atMs;
      const fired = path.find(({ phase }) => phase === 'firing')?.atMs;
      const after = since === undefined || fired === undefined ? '' : `after ${formatDuration(fired - since)}`;
      const words = [after, shown === '' ? '' : `at ${shown}`].filter(Boolean);
      return words.length === 0 ? '' : ` ${words.join(', ')}`;
    }
    case 'resolved':
      return resolvedText(resolvedWhy, shown);
    case 'acknowledged':
      return comment === '' ? '' : `: \u201c${comment}\u201d`;
    case 'told':
    case 'repeated':
    case 'escalated':
      return '';
  }
}

function resolvedText(why: string, shown: string): string {
  switch (why) {
    case 'gone':
      return ': the series is gone, there is nothing left to judge';
    case 'disabled':
      return ': the rule was disabled, removed or changed, or does not mean it any more';
    case 'removed':
      return ': the host was removed';
    case 'back':
      return ': the host is back';
  }
  return shown === '' ? '' : ` at ${shown}`;
}

function whyOf({ decision, quietBy, channels, missingChannels, kind }: TraceEvent): string {
  const missing = missingChannels.length === 0 ? '' : `. ${missingChannels.join(', ')}: not there, or disabled`;
  const by = quietBy === null || quietBy.author === '' ? '' : ` of ${quietBy.author}`;
  const reason = quietBy === null || quietBy.reason === '' ? '' : `: \u201c${quietBy.reason}\u201d`;
  switch (decision) {
    case 'told':
      return `${kind === 'resolved' ? 'Its end was told' : 'Told'} to ${channels.join(', ')}${missing}`;
    case 'downtime':
      return `Nobody was told: downtime ${quietBy?.id ?? ''}${by} covers the host${reason}`;
    case 'silenced':
      return `Nobody was told: silence ${quietBy?.id ?? ''}${by} covers the alert${reason}`;
    case 'hostDown':
      return 'Nobody was told: its host is down, which is told by itself';
    case 'massOutage':
      return 'Nobody was told: many hosts were gone at once, which is told as one';
    case 'noChannel':
      return `Nobody was told: no channel is enabled for it${missing}`;
    case 'unchanged':
      return 'Nobody was told anew: this is what they were told last';
    case 'note':
      return '';
  }
}

interface NoticeTimes {
  readonly eventMs: number;
  readonly nowMs: number;
}

function noticeLine(notice: Notice, times: NoticeTimes): NoticeLine {
  const { id, channel, state, tries } = notice;
  return {
    id,
    channel: channel === '' ? `channel ${notice.channelId}` : channel,
    state,
    text: noticeText(notice, times),
    tries: tries.map(({ atMs, tookMs, answer }) => ({
      atMs,
      text: [tookMs === null ? '' : tookText(tookMs), answer].filter(Boolean).join(': '),
    })),
    isDead: state === 'dead',
  };
}

function noticeText({ state, attempts, sentMs, dueMs, tries }: Notice, { eventMs, nowMs }: NoticeTimes): string {
  const answer = tries.at(-1)?.answer ?? '';
  const said = answer === '' ? '' : `: ${answer}`;
  const count = attempts === 1 ? '1 try' : `${attempts} tries`;
  switch (state) {
    case 'sent':
      return `sent${sentMs === null ? '' : ` after ${tookText(sentMs - eventMs)}`}${attempts > 1 ? `, ${count}` : ''}${said}`;
    case 'dead':
      return `given up after ${count}${said}`;
    case 'sending':
      return attempts === 0 ? 'is being sent' : `is being sent, after ${count}${said}`;
    case 'waiting':
      return attempts === 0
        ? 'waits for its turn: older notices of the channel go first'
        : `${nextTryText(dueMs, nowMs)}, after ${count}${said}`;
  }
}

function tookText(durationMs: number): string {
  return durationMs < 1_000 ? `${Math.max(0, Math.round(durationMs))}${thinSpace}ms` : seconds(durationMs);
}

function seconds(durationMs: number): string {
  return durationMs < 10_000 ? `${(durationMs / 1_000).toFixed(1)}${thinSpace}s` : formatDuration(durationMs);
}
