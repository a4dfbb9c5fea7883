/**
 * What of the hub's health a person must know, and how the rest reads. Pure.
 */
import type { Bound, HubHealth } from '../../api/hub-health.ts';
import { formatCount, formatDate, formatDuration, formatValue, noValue } from '../format.ts';

export interface Trouble {
  readonly strong: string;
  readonly text: string;
}

/** Share of a bound from which on it is worth a look. */
export const nearRatio = 0.8;
const loopLateMs = 50;
const clockOffMs = 2_000;
const certificateMs = 14 * 86_400_000;
const diskFreeBytesMin = 1024 ** 3;

/** What is wrong now, or soon will be, the most pressing first. */
export function troublesOf(health: HubHealth, nowMs: number): Trouble[] {
  const { database, versions, loop, audit, certificate, diskFreeBytes } = health;
  const near = health.bounds.filter((bound) => ratioOf(bound) >= nearRatio);
  const troubles: (Trouble | false)[] = [
    database.state === 'away' && {
      strong: 'The database is away.',
      text: 'Nothing is stored until it is back; agents keep what they have.',
    },
    database.state === 'delayed' && {
      strong: 'Storing is delayed.',
      text: 'The newest ticks are not in the database yet.',
    },
    diskFreeBytes !== null &&
      diskFreeBytes < diskFreeBytesMin && {
        strong: 'The disk is nearly full.',
        text: `${formatValue(diskFreeBytes, 'bytes')} are free; without room PostgreSQL takes nothing.`,
      },
    ...near.map((bound) => ({
      strong: `${titleOf(bound)} is at ${formatValue(ratioOf(bound) * 100, 'percent')} of its bound.`,
      text: `${bound.help}: ${boundText(bound)}.`,
    })),
    audit.lost > 0 && {
      strong: `${formatCount(audit.lost)} ${audit.lost === 1 ? 'entry' : 'entries'} of the audit log could not be kept.`,
      text: 'Each is in the log of the hub as "audit.lost".',
    },
    database.weak.length > 0 && {
      strong: 'What was committed may be lost by a crash of the database.',
      text: `Its settings say ${database.weak.join(', ')}.`,
    },
    database.isSuperuser && {
      strong: 'The hub works as a superuser of the database.',
      text: 'Give it a role of its own; no right can be kept from this one.',
    },
    Math.abs(database.clockAheadMs ?? 0) > clockOffMs && {
      strong: 'The clocks of hub and database differ.',
      text: `The database is ${formatDuration(Math.abs(database.clockAheadMs ?? 0))} ${(database.clockAheadMs ?? 0) > 0 ? 'ahead' : 'behind'}.`,
    },
    certificate !== null &&
      certificate.endsMs - nowMs < certificateMs && {
        strong: certificate.endsMs < nowMs ? 'The certificate has ended.' : 'The certificate ends soon.',
        text: `Its last day is ${formatDate(certificate.endsMs)}.`,
      },
    loop !== null &&
      loop.p99Ms > loopLateMs && {
        strong: 'The hub is busy.',
        text: `One of a hundred turns comes ${formatMs(loop.p99Ms)} late; viewers see that.`,
      },
    versions.isNodeOld && {
      strong: `Node ${versions.node.replace(/^v/, '').split('.')[0]} gets no security fixes any more.`,
      text: `Its last day was ${versions.nodeLastDay}: move to a newer one.`,
    },
  ];
  return troubles.filter((trouble) => trouble !== false);
}

export function ratioOf({ value, max }: Bound): number {
  return max > 0 ? Math.min(1, Math.max(0, value / max)) : 0;
}

/** "Queued bytes", of "queued_bytes". */
export function titleOf({ name }: Pick<Bound, 'name'>): string {
  const text = name.replaceAll('_', ' ').replace(/^api /, 'API ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "3.1 MB of 256 MB". */
export function boundText(bound: Bound): string {
  const show = (value: number) => (bound.name.includes('bytes') ? formatValue(value, 'bytes') : formatCount(value));
  return `${show(bound.value)} of ${show(bound.max)}`;
}

export function formatMs(ms: number | null): string {
  if (ms === null) return noValue;
  return ms < 1_000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)}\u202fms` : formatDuration(ms);
}
