/**
 * The statements of `pulsewire simulate`: which hosts are made up and how far their history is written, and the one
 * transaction that writes a month of it.
 *
 * A month goes in whole or not at all, together with the mark that says so: whatever ends the program, the next run
 * goes on behind the last month that is there. The same functions insert the rows that compaction and rollups use.
 */
import { randomBytes } from 'node:crypto';
import type { Id128 } from '#core/message.ts';
import { encodeLayout, type Layout } from '#core/series.ts';
import { type Tier, tiers } from '#core/tier.ts';
import type { ChunkPart } from '../archive/chunk-encoder.ts';
import { openStreams } from './admission.ts';
import { chunkParameters } from './chunks/chunk-rows.ts';
import { ensurePartitions } from './chunks/partitions.ts';
import type { Sql } from './connect.ts';
import { storeLayouts } from './layouts.ts';

/** What the history of a host follows from, besides its name. */
export interface SimulatedSpan {
  readonly fleetSeed: number;
  readonly dayCount: number;
  readonly intervalMs: number;
  readonly fromMs: number;
  /** Not included. */
  readonly toMs: number;
}

export interface SimulatedRow extends SimulatedSpan {
  readonly hostId: number;
  readonly name: string;
  readonly agentId: Id128;
  /** Days before it are written. */
  readonly nextDay: number;
}

/** Of the names given, hosts that are made up, and names of real ones. */
export async function readSimulatedHosts(
  sql: Sql,
  names: readonly string[],
): Promise<{ readonly simulated: SimulatedRow[]; readonly realNames: string[] }> {
  const rows = await sql<
    (Omit<SimulatedRow, 'fleetSeed' | 'agentId'> & { agentId: Id128 | null; fleetSeed: string | null })[]
  >`
    select h.id as "hostId", h.name, encode(h.agent_id, 'hex') as "agentId", s.fleet_seed as "fleetSeed",
      s.day_count as "dayCount", s.interval_ms as "intervalMs", s.from_ms as "fromMs", s.to_ms as "toMs", s.next_day as "nextDay"
    from host h left join simulated_host s on s.host = h.id
    where h.name = any(${`{${names.join(',')}}`}::text[]) and h.removed_at is null and h.archived_at is null order by h.id`;
  const simulated: SimulatedRow[] = [];
  const realNames: string[] = [];
  for (const { agentId, fleetSeed, ...row } of rows) {
    if (fleetSeed === null || agentId === null) realNames.push(row.name);
    else simulated.push({ ...row, agentId, fleetSeed: Number(fleetSeed) });
  }
  return { simulated, realNames };
}

export interface NewSimulatedHost extends SimulatedSpan {
  readonly name: string;
  readonly alias: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly machineId: string;
  readonly nextDay: number;
}

/** Makes the host. Rejects where its name has been taken meanwhile. */
export async function createSimulatedHost(sql: Sql, host: NewSimulatedHost): Promise<SimulatedRow> {
  const { name, alias, tags, machineId, fleetSeed, dayCount, intervalMs, fromMs, toMs, nextDay } = host;
  const agentId = randomBytes(16);
  const [row] = await sql<{ id: number }[]>`
    with made as (
      insert into host (name, agent_name, alias, kind, agent_id, machine_id, agent_tags, interval_ms)
      values (${name}, ${name}, ${alias}, 'agent', ${agentId}, ${machineId}, ${sql.json(tags)}, ${intervalMs}) returning id)
    insert into simulated_host (host, fleet_seed, day_count, interval_ms, from_ms, to_ms, next_day)
    select id, ${fleetSeed}, ${dayCount}, ${intervalMs}, ${fromMs}, ${toMs}, ${nextDay} from made returning host as id`;
  return {
    ...{ fleetSeed, dayCount, intervalMs, fromMs, toMs, nextDay },
    name,
    hostId: row!.id,
    agentId: agentId.toString('hex'),
  };
}

export interface SimulatedStream {
  readonly streamId: number;
  readonly storedSeq: number;
}

/** Opens a stream for each epoch, oldest first, or finds it where it stands. */
export async function openSimulatedStreams(
  sql: Sql,
  hostId: number,
  epochs: readonly Id128[],
): Promise<SimulatedStream[]> {
  const offers = epochs.map((epoch) => ({
    offer: { epoch, bootId: epoch, startWallMs: 0, startMonotonicMs: 0, oldest: 1, next: 1, acked: 0 },
    shiftMs: 0,
  }));
  const opened = await openStreams(sql, hostId, offers);
  return opened.map(({ id, storedSeq }) => ({ streamId: id, storedSeq }));
}

/** Rows of one host and month, or of the part of it that is asked for. */
export interface SimulatedMonth {
  readonly hostId: number;
  /** Its first day, which names the block of hours. */
  readonly month: number;
  /** The days that are written, the last one not included. */
  readonly fromDay: number;
  readonly toDay: number;
  readonly raw: readonly ChunkPart[];
  readonly minutes: readonly ChunkPart[];
  readonly hours: readonly ChunkPart[];
  /** Days that have ticks but only rollups of them. */
  readonly rolledOnlyDays: readonly number[];
  /** All days whose rollups are here. */
  readonly rolledDays: readonly number[];
  /** Ticks in `raw` by stream. */
  readonly streams: readonly (SimulatedStream & { readonly tickCount: number; readonly lastMs: number })[];
}

/** Packed bytes of one call of `compact_batches`; a day is never divided. */
const rawBytesMax = 8 * 1024 * 1024;

/** Writes the month. Rejects, and leaves everything as it was, where the host is not as it was read. */
export async function writeSimulatedMonth(sql: Sql, month: SimulatedMonth): Promise<void> {
  const { hostId, rolledDays, rolledOnlyDays } = month;
  await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    // Locked until the end: a host that is removed meanwhile is removed with what is written here, or not written to.
    const moved = await tx`
      with h as materialized (select id from host where id = ${hostId} and removed_at is null for share)
      update simulated_host s set next_day = ${month.toDay} from h where s.host = h.id and s.next_day = ${month.fromDay}`;
    expectCount('host that waits for this month', moved.count, 1);
    for (const parts of sliceByDays(month.raw)) {
      const { rows, runs, offsets, data } = chunkParameters(parts);
      await tx`select compact_batches(${hostId}, '{}', '{}', '{}', ${rows}::chunk_row[], ${runs}, ${offsets}, ${data})`;
    }
    if (rolledOnlyDays.length > 0)
      await tx`insert into day (host, day) select ${hostId}::int4, unnest(${arrayOf(rolledOnlyDays)}::int4[])`;
    if (month.minutes.length > 0) {
      const { rows, runs, offsets, data } = chunkParameters(month.minutes);
      await tx`select insert_chunks(${hostId}, 1, ${rows}::chunk_row[], ${runs}, ${offsets}, ${data})`;
    }
    if (rolledDays.length > 0) {
      const rolled = await tx`update day set rolled_minute = version
        where host = ${hostId} and day = any(${arrayOf(rolledDays)}::int4[]) and version = 1`;
      expectCount('days that hold nothing else', rolled.count, rolledDays.length);
      const { rows, offsets, data } = chunkParameters(month.hours);
      await tx`select replace_hours(${hostId}, ${month.month}, '{}', ${arrayOf(rolledDays)}::int4[],
        ${arrayOf(rolledDays.map(() => 1))}::int8[], ${rows}::chunk_row[], ${offsets}, ${data})`;
    }
    await moveStreams(tx, month.streams);
  });
}

async function moveStreams(tx: Sql, streams: SimulatedMonth['streams']): Promise<void> {
  if (streams.length === 0) return;
  const moved = await tx`
    update stream s set stored_seq = s.stored_seq + u.ticks, stored_ticks = s.stored_ticks + u.ticks,
      stored_at = to_timestamp(u.last_ms / 1000)
    from unnest(${arrayOf(streams.map(({ streamId }) => streamId))}::int8[],
      ${arrayOf(streams.map(({ storedSeq }) => storedSeq))}::int8[],
      ${arrayOf(streams.map(({ tickCount }) => tickCount))}::int8[],
      ${arrayOf(streams.map(({ lastMs }) => lastMs))}::float8[]) u (id, seq, ticks, last_ms)
    where s.id = u.id and s.stored_seq = u.seq`;
  expectCount('streams as they were opened', moved.count, streams.length);
}

function expectCount(what: string, got: number, wanted: number): void {
  if (got === wanted) return;
  throw new Error(`Cannot write simulated history: there must be ${wanted} ${what}: got ${got}`);
}

/** Runs of whole days within the bound, or of one day beyond it. */
function* sliceByDays(parts: readonly ChunkPart[]): Generator<ChunkPart[]> {
  let slice: ChunkPart[] = [];
  let bytes = 0;
  for (const part of parts) {
    const last = slice.at(-1);
    if (last !== undefined && last.day !== part.day && bytes > rawBytesMax) {
      yield slice;
      slice = [];
      bytes = 0;
    }
    slice.push(part);
    bytes += part.data.byteLength;
  }
  if (slice.length > 0) yield slice;
}

/** What must be there before the first month is written. */
export async function prepareSimulation(
  sql: Sql,
  options: {
    readonly layouts: readonly Layout[];
    /** First day of each tier; for hours that of its month. A tier that begins behind `toDay` gets nothing. */
    readonly fromDays: Readonly<Record<Tier, number>>;
    /** Included. */
    readonly toDay: number;
  },
): Promise<void> {
  const { layouts, fromDays, toDay } = options;
  await storeLayouts(
    sql,
    layouts.map((layout) => ({ id: layout.id, bytes: encodeLayout(layout) })),
  );
  await ensurePartitions(
    sql,
    tiers.filter((tier) => fromDays[tier] <= toDay).map((tier) => ({ tier, fromDay: fromDays[tier], toDay })),
  );
}

/** Counted from the rows. */
export interface TierSums {
  readonly tier: Tier;
  readonly rowCount: number;
  /** Raw: values. Rollups: buckets that hold something, of all series. */
  readonly sampleCount: number;
  readonly byteCount: number;
}

/** What the hosts' chunks hold, tier by tier; tiers without chunks are missing. */
export async function sumChunks(sql: Sql, hostIds: readonly number[]): Promise<TierSums[]> {
  const rows = await sql<(Omit<TierSums, 'tier'> & { tier: number })[]>`
    select tier::int4, count(*)::float8 as "rowCount", sum(samples)::float8 as "sampleCount",
      sum(octet_length(data) + octet_length(offsets) + octet_length(runs))::float8 as "byteCount"
    from chunk where host = any(${arrayOf(hostIds)}::int4[]) group by tier order by tier`;
  return rows.map((row) => ({ ...row, tier: tiers[row.tier]! }));
}

/** Resolves when everything that was committed before is on the disk: a change on a durable connection takes it along. */
export async function flushCommits(durable: Sql): Promise<void> {
  await durable`update simulated_host set next_day = next_day where host = (select min(host) from simulated_host)`;
}

/** The agents of made-up hosts enrol anew at each run: what an earlier run was given is void. */
export async function dropTokens(sql: Sql, hostIds: readonly number[]): Promise<void> {
  await sql`delete from token where host = any(${arrayOf(hostIds)}::int4[])`;
}

/** Takes the right to simulate in this database, for as long as this connection lasts. False where another program has it. */
export async function lockSimulation(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ taken: boolean }[]>`
    select pg_try_advisory_lock(hashtext('pulsewire.simulate'), 0) as taken`;
  return row!.taken;
}

function arrayOf(numbers: readonly number[]): string {
  return `{${numbers.join(',')}}`;
}
