/**
 * Removes the rows of removed hosts, slice by slice, beside the work of the hub and of other hubs.
 *
 * Compaction may turn batches into chunks while this goes on, so a host is gone through until nothing is left; its row
 * goes last, by a statement that looks at all tables in one snapshot. That is the end: without a stream nothing is
 * ingested, without batches nothing compacted, without a day nothing rolled up. Rows that a rival holds are passed over.
 * Whatever is cut short is found again, as the host's row is still there.
 */
import type { Sql } from './connect.ts';

/** Rows in one slice, by the primary key of the table: 10 to 100 ms of a small server. A chunk may be of megabytes. */
const slices = [
  { table: 'batch', key: 'id', rowsMax: 500 },
  { table: 'chunk', key: 'host, tier, day, id, part', rowsMax: 50 },
  { table: 'gap', key: 'id', rowsMax: 2_000 },
  { table: 'day', key: 'host, day', rowsMax: 2_000 },
] as const;

type Slice = (typeof slices)[number];

export interface RemovalCounters {
  /** Removed hosts of which rows are left. */
  readonly hostsLeft: number;
  /** Rows that have been removed by this hub since its start. */
  readonly removedRows: number;
}

export class Removal {
  readonly #sql: Sql;
  readonly #pause: (busyMs: number) => Promise<void>;
  #running: Promise<void> | null = null;
  #isAskedAgain = false;
  #hostsLeft = 0;
  #removedRows = 0;

  /** `pause` is awaited between two slices, of which the last took `busyMs`. */
  constructor(sql: Sql, pause: (busyMs: number) => Promise<void>) {
    this.#sql = sql;
    this.#pause = pause;
  }

  get counters(): RemovalCounters {
    return { hostsLeft: this.#hostsLeft, removedRows: this.#removedRows };
  }

  /** Settles when all that can be removed now is removed. One run goes on at a time: asking again makes it look again. Rejects when the database is away. */
  run(): Promise<void> {
    this.#isAskedAgain = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isAskedAgain) {
      this.#isAskedAgain = false;
      const hosts = await this.#sql<{ id: number }[]>`
        select id from host where removed_at is not null order by removed_at, id`;
      this.#hostsLeft = hosts.length;
      for (const { id } of hosts) if (await this.#removeHost(id)) this.#hostsLeft -= 1;
    }
  }

  /** Answers whether the host is gone; else a rival is at work on it. */
  async #removeHost(hostId: number): Promise<boolean> {
    for (;;) {
      let rowCount = 0;
      for (const slice of slices) rowCount += await this.#removeRows(hostId, slice);
      this.#removedRows += rowCount;
      // What fires still is about to be resolved by the hub that judges it; its alerts stay, as history.
      await this.#sql`delete from alert_target where host = ${hostId} and phase <> 'firing'`;
      if (await this.#removeRow(hostId)) return true;
      if (rowCount === 0) return false;
    }
  }

  async #removeRows(hostId: number, slice: Slice): Promise<number> {
    let rowCount = 0;
    for (;;) {
      const startedMs = performance.now();
      const removed = await removeSlice(this.#sql, hostId, slice);
      rowCount += removed;
      if (removed < slice.rowsMax) return rowCount;
      await this.#pause(performance.now() - startedMs);
    }
  }

  /** Whether the host's row is gone now, by this or by a rival. */
  async #removeRow(hostId: number): Promise<boolean> {
    await this.#sql`
      delete from host h where h.id = ${hostId} and h.removed_at is not null
        and not exists (select from batch x where x.host = h.id) and not exists (select from chunk x where x.host = h.id)
        and not exists (select from gap x where x.host = h.id) and not exists (select from day x where x.host = h.id)`;
    const [left] = await this.#sql`select from host where id = ${hostId}`;
    return left === undefined;
  }
}

async function removeSlice(sql: Sql, hostId: number, { table, key, rowsMax }: Slice): Promise<number> {
  // Where the key does not begin with the host, looking for it again would read all that is left of it.
  const ofHost = key.startsWith('host') ? 'x.host = $1 and ' : '';
  const result = await sql.unsafe(
    `with slice as (select ${key} from ${table} where host = $1 limit ${rowsMax} for update skip locked)
     delete from ${table} x using slice where ${ofHost}(${columnsOf('x', key)}) = (${columnsOf('slice', key)})`,
    [hostId],
    { prepare: true },
  );
  return result.count;
}

function columnsOf(relation: string, key: string): string {
  return key
    .split(', ')
    .map((column) => `${relation}.${column}`)
    .join(', ');
}
