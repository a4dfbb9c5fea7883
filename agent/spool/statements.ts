/**
 * Every statement on an open spool, prepared once.
 *
 * Hot path: `addTick`, `pageCount`, and each ten seconds those of an ack.
 */
import type { Database, Statement } from './database.ts';

const statements = {
  meta: 'select value from meta where key = ?',
  setMeta: 'insert into meta values (?, ?) on conflict (key) do update set value = excluded.value',
  streams: 'select * from stream order by id',
  addStream: 'insert into stream values (?, ?, ?, ?, ?, ?, ?, null, 0, ?)',
  saveStream: 'update stream set acked = ?, acked_crc = ?, gap_ticks = ?, seen_next = ? where id = ?',
  dropStream: 'delete from stream where id = ?',
  addTick: 'insert into tick values (?, ?, ?, ?, ?, ?, ?)',
  tick: 'select * from tick where id = ?',
  ticks: 'select * from tick where id between ? and ? order by id limit ?',
  firstTick: 'select id, time_ms from tick where id between ? and ? order by id limit 1',
  lastTick: 'select id, time_ms from tick where id between ? and ? order by id desc limit 1',
  dropTicks: 'delete from tick where id between ? and ?',
  addGap: 'insert into gap values (?, ?, ?, ?, ?, ?)',
  gapBefore: 'select * from gap where stream = ? and first_seq <= ? order by first_seq desc limit 1',
  gapAfter: 'select * from gap where stream = ? and first_seq > ? order by first_seq limit 1',
  gapsBetween: 'select * from gap where stream = ? and first_seq between ? and ? order by first_seq',
  dropGaps: 'delete from gap where stream = ? and first_seq between ? and ?',
  gapSpan: `select min(first_seq) as first, max(last_seq) as last, max(to_ms) as "to",
    coalesce(sum(last_seq - first_seq + 1), 0) as n from gap where stream = ?`,
  gapTicksThrough:
    'select coalesce(sum(min(last_seq, ?) - first_seq + 1), 0) from gap where stream = ? and first_seq <= ?',
  gapTotals: 'select reason, count(*) as count, sum(last_seq - first_seq + 1) as ticks from gap group by reason',
  addLayout: 'insert into layout values (?, ?, null) on conflict (id) do update set last_tick = null',
  layout: 'select bytes from layout where id = ?',
  layoutCount: 'select count(*) from layout',
  endLayouts: 'update layout set last_tick = ? where last_tick is null and id <> ?',
  useLayout: 'update layout set last_tick = null where id = ?',
  dropLayouts:
    'delete from layout where last_tick < coalesce((select min(id) from tick), 9007199254740991) and id <> ?',
  pageCount: 'pragma page_count',
  freePages: 'pragma freelist_count',
} as const;

export type SpoolStatements = Readonly<Record<keyof typeof statements, Statement>>;

const plucked = ['meta', 'layout', 'layoutCount', 'gapTicksThrough', 'pageCount', 'freePages'];

/** The prepared statements by name; those of `plucked` answer one value instead of a row. */
export function prepareStatements(db: Database): SpoolStatements {
  const prepared = {} as Record<keyof typeof statements, Statement>;
  for (const [name, sql] of Object.entries(statements)) {
    const statement = db.prepare<unknown[]>(sql);
    prepared[name as keyof typeof statements] = plucked.includes(name) ? statement.pluck() : statement;
  }
  return prepared;
}
