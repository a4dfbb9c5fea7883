/**
 * The tables of a spool, and a tick as a row.
 *
 * A tick's rowid is the base of its stream + seq, so ticks of all streams lie in one tree in the order in which they
 * came: an append fills the last page, an ack frees the first ones, and no index is kept (measured: half the bytes
 * written per tick of a table keyed (stream, seq)). `next` is not stored per tick either: acked, ticks and gaps say
 * it; `seen_next` is what it was at the last ack, and tells after damage how much of the tail is missing.
 *
 * A row says by itself what it is (epoch, seq), and its CRC covers that too: a row that can be read after damage is
 * either exactly the tick that was accepted or not taken.
 */
import { crc32c } from '#core/crc32c.ts';
import type { GapReason, Id128 } from '#core/message.ts';
import { gapReasons } from '#core/message.ts';
import { type GapItem, itemCrc, type TickItem } from '#core/stream/item.ts';
import type { Database } from './database.ts';

/** Rises when an older agent could not read the file. */
export const schemaVersion = 1;

const tables = `
  create table meta (key text primary key, value) without rowid;
  create table stream (
    id integer primary key, epoch blob not null unique, boot_id blob not null, start_wall_ms real not null,
    start_monotonic_ms real not null, base integer not null, acked integer not null, acked_crc integer,
    gap_ticks integer not null, seen_next integer not null);
  create table tick (
    id integer primary key, epoch blob not null, seq integer not null, time_ms integer not null,
    layout blob not null, crc integer not null, data blob not null);
  create table gap (
    stream integer not null, first_seq integer not null, last_seq integer not null, reason text not null,
    from_ms integer not null, to_ms integer not null, primary key (stream, first_seq)) without rowid;
  create table layout (id blob primary key, bytes blob not null, last_tick integer) without rowid;
`;

export interface StreamRow {
  readonly id: number;
  readonly epoch: Buffer;
  readonly boot_id: Buffer;
  readonly start_wall_ms: number;
  readonly start_monotonic_ms: number;
  readonly base: number;
  readonly acked: number;
  readonly acked_crc: number | null;
  readonly gap_ticks: number;
  readonly seen_next: number;
}

export interface TickRow {
  readonly id: number;
  readonly epoch: Buffer;
  readonly seq: number;
  readonly time_ms: number;
  readonly layout: Buffer;
  readonly crc: number;
  readonly data: Buffer;
}

export interface GapRow {
  readonly stream: number;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly reason: string;
  readonly from_ms: number;
  readonly to_ms: number;
}

/** Makes the tables of an empty file. */
export function createTables(db: Database): void {
  db.transaction(() => {
    db.exec(tables);
    db.pragma(`user_version = ${schemaVersion}`);
  })();
}

/** Version of the tables in the file; 0 when it has none. */
export function schemaVersionOf(db: Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

export function idBytes(id: Id128): Buffer {
  return Buffer.from(id, 'hex');
}

/** CRC of a row: of its item, continued over the epoch. */
export function rowCrc(item: TickItem, epoch: Buffer): number {
  return crc32c(epoch, itemCrc(item));
}

/** The tick of a row, or null when the row is not what was once written. */
export function parseTick(row: TickRow): TickItem | null {
  const { epoch, seq, time_ms: timeMs, layout, data: column } = row;
  if (!(epoch instanceof Uint8Array && layout instanceof Uint8Array && column instanceof Uint8Array)) return null;
  if (layout.byteLength !== 8 || epoch.byteLength !== 16) return null;
  if (!Number.isSafeInteger(seq) || typeof timeMs !== 'number') return null;
  const item: TickItem = { kind: 'tick', seq, timeMs, layoutId: layout.toString('hex'), column };
  return rowCrc(item, epoch) === row.crc ? item : null;
}

/** The gap of a row, or null when the row is damaged. */
export function parseGap(row: GapRow): GapItem | null {
  const { first_seq: firstSeq, last_seq: lastSeq, from_ms: fromMs, to_ms: toMs } = row;
  const reason = gapReasons.find((known): known is GapReason => known === row.reason);
  const whole = Number.isSafeInteger(firstSeq) && Number.isSafeInteger(lastSeq) && firstSeq >= 1 && lastSeq >= firstSeq;
  if (!whole || reason === undefined || typeof fromMs !== 'number' || typeof toMs !== 'number') return null;
  return { kind: 'gap', firstSeq, lastSeq, reason, fromMs, toMs };
}
