/** What the hub says of its storage, as the texts and shares that the page shows. Pure. */
import type { Tier } from '#core/tier.ts';
import { formatAgo, formatCount, formatDate, formatValue, noValue, type Parts, thinSpace } from './format.ts';

/** Answer of `/api/v1/storage`. Times are epoch ms. */
export interface StorageFigures {
  readonly tiers: readonly TierFigures[];
  readonly batchCount: number;
  readonly batchBytes: number;
  readonly databaseBytes: number;
  /** null without a bound. */
  readonly storageBytesMax: number | null;
  /** null when the database is on another machine. */
  readonly diskFreeBytes: number | null;
  readonly warnings: readonly ('budget' | 'disk')[];
  readonly retention: { readonly lastMs: number | null; readonly hold: Hold | null; readonly droppedBytes: number };
  readonly compaction: {
    readonly isRunning: boolean;
    readonly lastMs: number | null;
    readonly batches: number;
    readonly chunks: number;
  };
}

export interface TierFigures {
  readonly tier: Tier;
  readonly bytes: number;
  readonly samples: number;
  readonly oldestMs: number | null;
  readonly keepDays: number;
  /** Whether it reaches less far back because of the bound. */
  readonly isShortened: boolean;
}

export type Hold = 'clock-moved' | 'clocks-differ' | 'needed' | 'failed';
export const holds: readonly Hold[] = ['clock-moved', 'clocks-differ', 'needed', 'failed'];

/** One line of the table. */
export interface StorageRow {
  readonly name: string;
  readonly bytes: number;
  /** Of the whole database, 0..1. */
  readonly share: number;
  readonly samples: string;
  readonly perSample: string;
  readonly since: string;
  readonly keep: string;
}

const tierNames: Readonly<Record<Tier, string>> = { raw: 'Raw', minute: '1 m', hour: '1 h' };
/** A double and its time, as the plainest store would have them. */
export const plainSampleBytes = 16;

/** The tiers, then what waits to become raw chunks, then all the rest of the database. */
export function storageRows(figures: StorageFigures): StorageRow[] {
  const { databaseBytes, batchBytes } = figures;
  const shareOf = (bytes: number) => (databaseBytes <= 0 ? 0 : Math.min(1, Math.max(0, bytes / databaseBytes)));
  const none = { samples: noValue, perSample: noValue, since: noValue, keep: noValue };
  const rows = figures.tiers.map(({ tier, bytes, samples, oldestMs, keepDays }) => ({
    name: tierNames[tier],
    bytes,
    share: shareOf(bytes),
    samples: samples === 0 ? noValue : formatValue(samples, '1'),
    perSample: perSample(bytes, samples),
    since: oldestMs === null ? noValue : formatDate(oldestMs),
    keep: formatDays(keepDays),
  }));
  const restBytes = databaseBytes - batchBytes - figures.tiers.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    ...rows,
    { ...none, name: 'Waiting', bytes: batchBytes, share: shareOf(batchBytes) },
    { ...none, name: 'Other', bytes: Math.max(0, restBytes), share: shareOf(restBytes) },
  ];
}

function perSample(bytes: number, samples: number): string {
  const { figure, unit } = perSampleParts(samples === 0 ? null : bytes / samples);
  return unit === '' ? figure : figure + thinSpace + unit;
}

/** Bytes for one sample: three figures, as a tenth of a byte is much here. */
export function perSampleParts(bytes: number | null): Parts {
  return bytes === null ? { figure: noValue, unit: '' } : { figure: bytes.toPrecision(3), unit: 'B' };
}

/** Bytes of raw for one sample; null before there is any. */
export function rawBytesPerSample(figures: StorageFigures): number | null {
  const raw = figures.tiers.find(({ tier }) => tier === 'raw');
  return raw === undefined || raw.samples === 0 ? null : raw.bytes / raw.samples;
}

/** "14 d", "3 y" where it is whole years. */
export function formatDays(days: number): string {
  const years = Math.round(days / 365.25);
  const isYears = years >= 2 && Math.abs(days - years * 365.25) <= 1;
  return isYears ? `${years}${thinSpace}y` : `${formatCount(days)}${thinSpace}d`;
}

/** What a person should know or do, the worst first. */
export function storageNotices(figures: StorageFigures): { readonly strong: string; readonly text: string }[] {
  const { warnings, databaseBytes, storageBytesMax, diskFreeBytes, tiers } = figures;
  const notices: { strong: string; text: string }[] = [];
  if (warnings.includes('disk') && diskFreeBytes !== null) {
    notices.push({
      strong: `Only ${formatValue(diskFreeBytes, 'bytes')} are free on the hub\u2019s disk.`,
      text: 'When it is full nothing can be stored; the agents keep their ticks until there is room again.',
    });
  }
  if (warnings.includes('budget') && storageBytesMax !== null) {
    notices.push({
      strong: `The database has reached ${formatValue((100 * databaseBytes) / storageBytesMax, 'percent')} of its bound.`,
      text: 'Above it the oldest raw goes early; minutes and hours stay.',
    });
  }
  const raw = tiers.find(({ tier }) => tier === 'raw');
  if (raw?.isShortened === true) {
    notices.push({
      strong: raw.oldestMs === null ? 'Raw was shortened.' : `Raw since ${formatDate(raw.oldestMs)}.`,
      text: `It was to be kept for ${formatDays(raw.keepDays)}; the bound of the database did not allow it.`,
    });
  }
  return notices;
}

/** How retention is doing, as one sentence. */
export function retentionText({ retention }: StorageFigures, nowMs: number): string {
  if (retention.lastMs === null) return 'It has not run yet.';
  const ran = `It ran ${formatAgo(retention.lastMs, nowMs)}.`;
  switch (retention.hold) {
    case null:
      return ran;
    case 'clock-moved':
      return `${ran} The hub\u2019s clock was moved: nothing goes before the next run.`;
    case 'clocks-differ':
      return `${ran} The clocks of hub and database differ: nothing goes until they agree.`;
    case 'needed':
      return `${ran} The oldest day stays until it is compacted and rolled up.`;
    case 'failed':
      return `${ran} It failed; the log says why. The next run goes on.`;
  }
}

/** How compaction is doing, as one sentence. */
export function compactionText({ compaction }: StorageFigures, nowMs: number): string {
  const { isRunning, lastMs, batches, chunks } = compaction;
  const made =
    batches === 0
      ? ''
      : ` ${counted(batches, 'batch', 'batches')} became ${counted(chunks, 'chunk', 'chunks')} since the hub started.`;
  if (isRunning) return `It is running.${made}`;
  return lastMs === null ? 'It has not run yet.' : `It ran ${formatAgo(lastMs, nowMs)}.${made}`;
}

function counted(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
