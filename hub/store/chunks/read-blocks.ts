/**
 * Reads what is stored of a span in one statement, so in one snapshot: hour blocks, minute blocks, raw chunks and
 * batches of all hosts asked for, the versions of their days, the floors, gaps, and how far streams are stored.
 *
 * A row costs the driver several µs and a field more, and two hours of batches are 720 rows a host: so rows leave the
 * database as binary records (`block-records.ts`), those of all batches of a host in one. A column is cut out by the
 * directory: of TOASTed data only its own pages are read; small data is fetched once for all its columns.
 */
import { dayMs, dayOf, monthOf, nextMonthOf } from '#core/calendar.ts';
import { tierCodes } from '#core/tier.ts';
import { edgeSpans } from '../../archive/query-plan.ts';
import type { Span } from '../../archive/query-request.ts';
import type { BlocksRequest, StoredBlocks } from '../../archive/stored-blocks.ts';
import { readCancellable } from '../cancellable.ts';
import type { Sql } from '../connect.ts';
import { parseRecords, type RecordRow } from './block-records.ts';

/** Below this a block's data is fetched whole: it is in the row itself, or in four rows of its TOAST table. */
const wholeBytesMax = 8_192;

export async function readBlocks(sql: Sql, request: BlocksRequest, signal: AbortSignal): Promise<StoredBlocks> {
  const { plan, layouts } = request;
  const { startMs, endMs } = plan;
  const dayFrom = dayOf(startMs);
  const dayTo = Math.ceil(endMs / dayMs) - 1;
  const edges = edgeSpans(plan);
  const raw = twoOf(edges.raw);
  const minute = twoOf(edges.minute);
  const lows: number[] = [];
  const highs: number[] = [];
  let placeCount = 0;
  for (const { places } of layouts) {
    lows.push(placeCount + 1);
    placeCount += places.length;
    highs.push(placeCount);
  }
  const hosts = arrayOf(request.hostIds);
  const query = sql<RecordRow[]>`
    with f as materialized (select
        coalesce(max(day) filter (where tier = 0), -1000000) as raw,
        coalesce(max(day) filter (where tier = 1), -1000000) as minute,
        coalesce(max(day) filter (where tier = 2), -1000000) as hour from floor),
      x as materialized (select ${arrayOf(layouts.flatMap((one) => one.places))}::int4[] as places,
        ${arrayOf(layouts.flatMap((one) => one.numbers))}::int4[] as numbers),
      k as materialized (select * from unnest(${bytesArrayOf(layouts.map((one) => one.id))}::bytea[],
        ${arrayOf(layouts.map((one) => one.columnCount))}::int4[], ${arrayOf(lows)}::int4[], ${arrayOf(highs)}::int4[])
        k (id, columns, low, high)),
      d as materialized (select d.host, d.day, d.rolled_minute = d.version as has_minutes, d.rolled_hour = d.version as has_hours
        from day d where d.host = any(${hosts}::int4[]) and d.day between ${dayFrom} and ${dayTo}),
      b as materialized (
        select 0 as kind, b.host, 0 as day, b.ticks, b.layout, b.offsets, b.data from batch b
        where b.host = any(${hosts}::int4[]) and b.to_ms >= ${startMs}::float8 and b.from_ms < ${endMs}::float8
        union all
        select 1, c.host, c.day, c.ticks, c.layout, c.offsets, c.data
        from f cross join d join chunk c on c.tier = 0 and c.host = d.host and c.day = d.day
        where d.day >= f.raw and c.to_ms >= ${startMs}::float8 and c.from_ms < ${endMs}::float8
          -- Of the day alone, so that a year does not look for raw of each of its days.
          and (${plan.tier === 'raw'}::bool or not d.has_minutes
            or (d.day * 864e5 < ${raw[0].endMs}::float8 and (d.day + 1) * 864e5 > ${raw[0].startMs}::float8)
            or (d.day * 864e5 < ${raw[1].endMs}::float8 and (d.day + 1) * 864e5 > ${raw[1].startMs}::float8))
          and (${plan.tier === 'raw'}::bool or not d.has_minutes
            or (c.to_ms >= ${raw[0].startMs}::float8 and c.from_ms < ${raw[0].endMs}::float8)
            or (c.to_ms >= ${raw[1].startMs}::float8 and c.from_ms < ${raw[1].endMs}::float8))
        union all
        select 2, c.host, c.day, c.ticks, c.layout, c.offsets, c.data
        from f cross join d join chunk c on c.tier = 1 and c.host = d.host and c.day = d.day
        where ${tierCodes[plan.tier]}::int4 >= 1 and (d.has_minutes or d.day < f.raw)
          and (${plan.tier === 'minute'}::bool or not (d.has_hours or d.day < f.minute)
            or (d.day * 864e5 < ${minute[0].endMs}::float8 and (d.day + 1) * 864e5 > ${minute[0].startMs}::float8)
            or (d.day * 864e5 < ${minute[1].endMs}::float8 and (d.day + 1) * 864e5 > ${minute[1].startMs}::float8))
        union all
        select 3, c.host, c.day, c.ticks, c.layout, c.offsets, c.data
        from chunk c where ${tierCodes[plan.tier]}::int4 = 2 and c.tier = 2 and c.host = any(${hosts}::int4[])
          and c.day = any(${arrayOf(plan.tier === 'hour' ? monthsOf(dayFrom, dayTo) : [])}::int4[])),
      u as materialized (select distinct b.host, b.layout from b where not exists (select from k where k.id = b.layout)),
      n as materialized (select
        coalesce(sum(b.ticks::int8 * (k.high - k.low + 1) * case when b.kind >= 2 then 4 else 1 end), 0)::int8 as samples
        from b join k on k.id = b.layout),
      r as (select b.kind, b.host, int4send(b.host) || int4send(b.day) || int4send(b.ticks) || b.layout
          || int4send(block_offset(s.head, 1, 0)) || substring(s.data from 1 for block_offset(s.head, 1, 0))
          || int4send(k.high - k.low + 1) || c.columns as record
        from b join k on k.id = b.layout cross join n
        cross join lateral (select length(b.offsets) / (k.columns + 1) as width,
          substring(b.offsets from 1 for 2 * (length(b.offsets) / (k.columns + 1))) as head,
          case when length(b.data) <= ${wholeBytesMax} then b.data || ''::bytea else b.data end as data offset 0) s
        cross join lateral (select string_agg(int4send(x.numbers[i]) || int4send(p.until - p.since)
            || substring(s.data from 1 + p.since for p.until - p.since), ''::bytea) as columns
          from x cross join generate_series(k.low, k.high) i
          cross join lateral (select substring(b.offsets from 1 + x.places[i] * s.width for 2 * s.width) as pair offset 0) o
          cross join lateral (select block_offset(o.pair, 1, 0) as since, block_offset(o.pair, 1, 1) as until offset 0) p) c
        where k.high >= k.low and n.samples <= ${request.samplesMax}::int8 and not exists (select from u))
    select 10 as kind, int4send(f.raw) || int4send(f.minute) || int4send(f.hour) || int8send(n.samples) as bytes from f, n
    union all
    select 11, string_agg(int4send(d.host) || int4send(d.day)
      || int4send(d.has_minutes::int4 + 2 * d.has_hours::int4), ''::bytea) from d
    union all
    select 12, string_agg(int4send(u.host) || u.layout, ''::bytea) from u
    union all
    select 13, string_agg(int8send(s.id) || int8send(s.stored_seq), ''::bytea)
    from stream s where s.id = any(${arrayOf(request.streamIds)}::int8[])
    union all
    select 14, string_agg(int4send(g.host) || int8send(g.last_seq - g.first_seq + 1) || float8send(g.from_ms)
      || float8send(g.to_ms) || int4send(length(g.reason)) || convert_to(g.reason, 'UTF8'), ''::bytea order by g.from_ms, g.id)
    from gap g where ${request.wantsGaps}::bool and g.host = any(${hosts}::int4[])
      and g.to_ms >= ${startMs}::float8 and g.from_ms < ${endMs}::float8
    union all
    select r.kind, string_agg(r.record, ''::bytea) from r where r.kind = 0 group by r.kind, r.host
    union all
    select r.kind, r.record from r where r.kind > 0`;
  return parseRecords(await readCancellable(query, signal));
}

const none: Span = { startMs: 0, endMs: Number.MIN_SAFE_INTEGER };

/** Exactly two spans for the statement; those that are not there lie before everything. */
function twoOf(spans: readonly Span[]): readonly [Span, Span] {
  return [spans[0] ?? none, spans[1] ?? none];
}

/** The months that days lie in, each by its first day. */
function monthsOf(dayFrom: number, dayTo: number): number[] {
  const months: number[] = [];
  for (let month = monthOf(dayFrom); month <= dayTo; month = nextMonthOf(month)) months.push(month);
  return months;
}

function arrayOf(numbers: readonly number[]): string {
  return `{${numbers.join(',')}}`;
}

function bytesArrayOf(ids: readonly string[]): string {
  return `{${ids.map((id) => `"\\\\x${id}"`).join(',')}}`;
}
