/**
 * Moves what can be read of a damaged spool into a new file, row by row, and covers what cannot with gaps.
 *
 * The order of steps makes a crash at any point harmless: the new file is complete and closed before the damaged one
 * is set aside, so a spool is either still the damaged one (salvaged again from the start) or missing beside a
 * complete salvage, which then takes its place.
 */
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { timeBetween } from '#core/stream/gap-range.ts';
import { type Database, diskTroubleOf, openDamaged, openDatabase } from './database.ts';
import { createTables, type GapRow, parseGap, parseTick, type StreamRow, type TickRow } from './schema.ts';

export interface SalvageReport {
  readonly ticks: number;
  /** Ticks known to be missing, now covered by gaps `damaged`. */
  readonly lostTicks: number;
  readonly damagedFile: string;
}

/** Damaged files that are kept; older ones go, so that a dying disk does not fill itself with them. */
const damagedFilesMax = 3;
/** More than the ticks below one inner page: 400 leaves of 5 rows are 2,000, 20 inner pages side by side are tried in a second. */
const singleStepsMax = 40_000;
/** Pages of WAL while the salvage is written. */
const walPages = 1_024;

function salvagedFileOf(file: string): string {
  return `${file}.salvaged`;
}

/** Ends a salvage that a crash interrupted: a complete one takes its place, any other is thrown away. */
export function finishSalvage(file: string): void {
  const salvaged = salvagedFileOf(file);
  if (!existsSync(salvaged)) return;
  if (existsSync(file)) {
    removeDatabase(salvaged);
    return;
  }
  // A WAL left behind belongs to the damaged file and would be played into the new one.
  if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${file}.damaged-wal`);
  renameSync(salvaged, file);
}

/** Replaces the damaged `file` by a new one with all rows that are whole. Throws when the disk does not allow it. */
export function salvage(file: string, options: { readonly nowMs: number }): SalvageReport {
  const salvaged = salvagedFileOf(file);
  removeDatabase(salvaged);
  const target = openDatabase(salvaged, { walPages });
  let counts: { readonly ticks: number; readonly lostTicks: number };
  try {
    createTables(target);
    counts = copyAll(file, target);
    target.pragma('wal_checkpoint(truncate)');
  } finally {
    target.close();
  }

  const damagedFile = freeName(
    `${file}.damaged-${new Date(options.nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`,
  );
  renameSync(file, damagedFile);
  if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${damagedFile}-wal`);
  renameSync(salvaged, file);
  removeOldest(file);
  return { ...counts, damagedFile };
}

function copyAll(file: string, target: Database): { readonly ticks: number; readonly lostTicks: number } {
  let source: Database | null = null;
  try {
    source = openDamaged(file);
    return copyRows(source, target);
  } catch (error) {
    // Not even the header can be read: nothing is left to copy.
    if (diskTroubleOf(error) !== 'damaged') throw error;
    return { ticks: 0, lostTicks: 0 };
  } finally {
    source?.close();
  }
}

/** A stream as its row or its ticks tell. */
interface FoundStream {
  readonly base: number;
  /** null when only ticks of it were found. */
  readonly row: StreamRow | null;
  readonly epoch: Buffer;
  readonly startMs: number;
}

function copyRows(source: Database, target: Database): { readonly ticks: number; readonly lostTicks: number } {
  target.exec('begin');
  for (const row of readable<{ key: unknown; value: unknown }>(source, 'select * from meta')) {
    if (typeof row.key === 'string')
      target.prepare('insert or replace into meta values (?, ?)').run(row.key, row.value);
  }
  for (const row of readable<{ id: unknown; bytes: unknown }>(source, 'select id, bytes from layout')) {
    if (row.id instanceof Uint8Array && row.bytes instanceof Uint8Array) {
      target.prepare('insert or replace into layout values (?, ?, null)').run(row.id, row.bytes);
    }
  }
  const found = new Map<string, FoundStream>();
  for (const row of readable<StreamRow>(source, 'select * from stream')) {
    if (!isStreamRow(row)) continue;
    found.set(row.epoch.toString('hex'), { base: row.base, row, epoch: row.epoch, startMs: row.start_wall_ms });
  }
  const ticks = copyTicks(source, target, found);
  const lostTicks = writeStreams(source, target, found);
  target.exec('commit');
  return { ticks, lostTicks };
}

function copyTicks(source: Database, target: Database, found: Map<string, FoundStream>): number {
  const insert = target.prepare('insert or ignore into tick values (?, ?, ?, ?, ?, ?, ?)');
  let count = 0;
  for (const row of readableTicks(source)) {
    const tick = parseTick(row);
    if (tick === null || row.id < tick.seq) continue;
    const epoch = row.epoch.toString('hex');
    const base = row.id - tick.seq;
    const stream = found.get(epoch);
    if (stream === undefined) found.set(epoch, { base, row: null, epoch: row.epoch, startMs: tick.timeMs });
    else if (stream.base !== base) continue;
    insert.run(row.id, row.epoch, row.seq, row.time_ms, row.layout, row.crc, row.data);
    count += 1;
    // Bounds the WAL of the new file.
    if (count % 4_096 === 0) target.exec('commit; begin');
  }
  return count;
}

/** Writes the streams in order with their gaps, and gaps for what is missing. Returns the ticks that are. */
function writeStreams(source: Database, target: Database, found: ReadonlyMap<string, FoundStream>): number {
  const gapRows = [...readable<GapRow>(source, 'select * from gap')];
  const insert = target.prepare('insert into stream values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const streams = [...found.values()].sort((a, b) => a.base - b.base);
  let lost = 0;
  streams.forEach((stream, index) => {
    const id = index + 1;
    const { row, epoch, base, startMs } = stream;
    const gaps = gapRows.filter((gap) => row !== null && gap.stream === row.id);
    for (const gap of gaps) addGap(target, id, gap);
    const lastTickId = (streams[index + 1]?.base ?? Number.MAX_SAFE_INTEGER) - 1;
    const ends = { base, lastTickId, ackedNext: row === null ? null : row.acked + 1, seenNext: row?.seen_next ?? 1 };
    const covered = coverHoles(target, { id, startMs, ...ends });
    lost += covered.lost;
    const bootId = row?.boot_id ?? Buffer.alloc(16);
    const acked = row?.acked ?? covered.oldest - 1;
    const progress = [acked, row?.acked_crc ?? null, row?.gap_ticks ?? 0, covered.next];
    insert.run(id, epoch, bootId, startMs, row?.start_monotonic_ms ?? 0, base, ...progress);
  });
  return lost;
}

function addGap(target: Database, stream: number, row: GapRow): void {
  const gap = parseGap(row);
  if (gap === null) return;
  const insert = target.prepare('insert or ignore into gap values (?, ?, ?, ?, ?, ?)');
  insert.run(stream, gap.firstSeq, gap.lastSeq, gap.reason, gap.fromMs, gap.toMs);
}

interface StreamSpan {
  readonly id: number;
  readonly base: number;
  readonly lastTickId: number;
  readonly startMs: number;
  /** First seq that is not acknowledged; null when that is not known. */
  readonly ackedNext: number | null;
  readonly seenNext: number;
}

/** Puts a gap `damaged` wherever neither a tick nor a gap stands between what is known of the stream. */
function coverHoles(target: Database, span: StreamSpan): { oldest: number; next: number; lost: number } {
  const items = target.prepare<unknown[], { first: number; last: number; fromMs: number; toMs: number }>(`
    select seq as first, seq as last, time_ms as fromMs, time_ms as toMs from tick where id between ? and ?
    union all select first_seq, last_seq, from_ms, to_ms from gap where stream = ? order by 1`);
  const holes: GapRow[] = [];
  let oldest = span.ackedNext;
  let known = { seq: (span.ackedNext ?? 1) - 1, timeMs: span.startMs };
  for (const item of items.iterate(span.base + 1, span.lastTickId, span.id)) {
    // Without the row of the stream, the first item is where it begins; kept ticks begin below the ack.
    if (oldest === null || item.first < oldest) {
      oldest = item.first;
      known = { seq: item.first - 1, timeMs: item.fromMs };
    }
    const after = { seq: item.first, timeMs: item.fromMs };
    if (item.first > known.seq + 1) holes.push(holeBetween(span.id, known, after));
    if (item.last > known.seq) known = { seq: item.last, timeMs: item.toMs };
  }
  if (span.seenNext > known.seq + 1) {
    holes.push(holeBetween(span.id, known, { seq: span.seenNext, timeMs: known.timeMs }));
    known = { seq: span.seenNext - 1, timeMs: known.timeMs };
  }
  let lost = 0;
  for (const hole of holes) {
    addGap(target, span.id, hole);
    lost += Math.max(0, hole.last_seq - Math.max(hole.first_seq, span.ackedNext ?? 1) + 1);
  }
  return { oldest: oldest ?? 1, next: known.seq + 1, lost };
}

function holeBetween(stream: number, before: KnownTime, after: KnownTime): GapRow {
  const firstSeq = before.seq + 1;
  const lastSeq = after.seq - 1;
  const from_ms = timeBetween(firstSeq, before, after);
  return {
    stream,
    first_seq: firstSeq,
    last_seq: lastSeq,
    reason: 'damaged',
    from_ms,
    to_ms: timeBetween(lastSeq, before, after),
  };
}

type KnownTime = Parameters<typeof timeBetween>[1];

function isStreamRow(row: StreamRow): boolean {
  const { epoch, boot_id, base, acked, seen_next } = row;
  const ids =
    epoch instanceof Uint8Array &&
    epoch.byteLength === 16 &&
    boot_id instanceof Uint8Array &&
    boot_id.byteLength === 16;
  return ids && [base, acked, seen_next].every((value) => Number.isSafeInteger(value) && value >= 0);
}

/** Rows of a small table up to the first that cannot be read. */
function* readable<Row>(source: Database, sql: string): Generator<Row> {
  try {
    yield* source.prepare<unknown[], Row>(sql).iterate();
  } catch (error) {
    if (diskTroubleOf(error) !== 'damaged' && !isMissingTable(error)) throw error;
  }
}

/**
 * All ticks that can be read. Behind a page that cannot, reading goes on at the next id that can: one id at a time,
 * which costs microseconds each, and after very many in growing steps, to come to an end where the tail is lost.
 */
function* readableTicks(source: Database): Generator<TickRow> {
  let afterId = 0;
  let failures = 0;
  try {
    const after = source.prepare<unknown[], TickRow>('select * from tick where id > ? order by id');
    while (afterId < Number.MAX_SAFE_INTEGER / 2) {
      try {
        for (const row of after.iterate(afterId)) {
          afterId = row.id;
          failures = 0;
          yield row;
        }
        return;
      } catch (error) {
        if (diskTroubleOf(error) !== 'damaged') throw error;
        failures += 1;
        afterId += 2 ** Math.max(0, failures - singleStepsMax);
      }
    }
  } catch (error) {
    if (diskTroubleOf(error) !== 'damaged' && !isMissingTable(error)) throw error;
  }
}

function isMissingTable(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('no such table');
}

function freeName(name: string): string {
  let free = name;
  for (let index = 2; existsSync(free); index += 1) free = `${name}-${index}`;
  return free;
}

function removeOldest(file: string): void {
  const folder = dirname(file);
  const prefix = `${basename(file)}.damaged-`;
  const names = readdirSync(folder).filter((name) => name.startsWith(prefix) && !name.endsWith('-wal'));
  const byAge = names
    .map((name) => ({ name, ms: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.ms - a.ms || b.name.localeCompare(a.name));
  for (const { name } of byAge.slice(damagedFilesMax)) removeDatabase(join(folder, name));
}

function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true });
}
