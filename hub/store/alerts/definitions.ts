/**
 * Rules, channels, downtimes and silences together, as main holds them: all of them, or what has changed since.
 */
import type { Downtime, Silence } from '#core/downtime.ts';
import type { Rule } from '#core/rule-spec.ts';
import type { Channel } from '../../notices/channel.ts';
import type { Sql } from '../connect.ts';
import { type ChannelColumns, channelColumns, channelOf } from './channels.ts';
import { type DowntimeColumns, downtimeColumns, downtimeOf, type StoredDowntime } from './downtimes.ts';
import { type RuleColumns, ruleColumns, ruleOf } from './rules.ts';
import { type SilenceColumns, silenceColumns, silenceOf } from './silences.ts';

export interface AlertDefinitions {
  readonly rules: readonly Rule[];
  readonly channels: readonly Channel[];
  readonly downtimes: readonly Downtime[];
  /** Those that have expired lately may be among them. */
  readonly silences: readonly Silence[];
}

export type DefinitionTable = 'rule' | 'channel' | 'downtime' | 'silence';

export interface DefinitionChanges {
  readonly rules: readonly Rule[];
  readonly channels: readonly Channel[];
  readonly downtimes: readonly StoredDowntime[];
  readonly silences: readonly Silence[];
  /** Of rows that are there no more, and of silences that have expired. */
  readonly removed: readonly { readonly table: DefinitionTable; readonly id: number }[];
  /** Alerts that fire and that somebody has acknowledged since, here or by another hub. */
  readonly acknowledgedIds: readonly number[];
  /** Rows that cannot be understood: of another version, or changed by hand. */
  readonly unreadable: readonly { readonly table: DefinitionTable; readonly id: number }[];
  /** To be given the next time. */
  readonly readAt: string;
}

/** A change is committed at most this long after its time was noted; what is read twice is recognised by its version. */
const commitSeconds = 60;

export interface DefinitionsRequest {
  /** An earlier `readAt`; null for everything that there is. */
  readonly since: string | null;
  /** Rules that need not come again as they are, and their versions: of many that have changed together. */
  readonly knownRules: { readonly ids: readonly number[]; readonly versions: readonly number[] };
}

/** What was changed since. Rejects when the database is away. */
export async function readDefinitions(sql: Sql, { since, knownRules }: DefinitionsRequest): Promise<DefinitionChanges> {
  const from = since === null ? sql`'-infinity'` : sql`${since}::timestamptz - make_interval(secs => ${commitSeconds})`;
  const hasChanged = sql`changed_at > ${from}`;
  // One that expires is changed by that.
  const silenceHasChanged = sql`(greatest(created_at, removed_at) > ${from} or until > ${from} and until <= clock_timestamp())`;
  // Whoever reads everything begins, and has read of each open alert whether it is acknowledged.
  const isNewlyAcknowledged = since === null ? sql`false` : sql`resolved_at is null and acknowledged_at > ${from}`;
  const [now] = await sql<{ readAt: string; isChanged: boolean; acknowledgedIds: number[] }[]>`
    select clock_timestamp()::text as "readAt",
      (select coalesce(json_agg(id), '[]') from alert where ${isNewlyAcknowledged}) as "acknowledgedIds",
      exists (select from rule where ${hasChanged}) or exists (select from channel where ${hasChanged})
        or exists (select from downtime where ${hasChanged}) or exists (select from silence where ${silenceHasChanged})
        as "isChanged"`;
  const { readAt, isChanged, acknowledgedIds } = now!;
  const nothing = { rules: [], channels: [], downtimes: [], silences: [], removed: [], unreadable: [] };
  if (!isChanged) return { ...nothing, acknowledgedIds, readAt };
  const isWanted = since === null ? sql`removed_at is null` : hasChanged;
  const isSilenceWanted = since === null ? sql`removed_at is null and until > clock_timestamp()` : silenceHasChanged;
  const rules = await sql<RuleColumns[]>`
    select ${ruleColumns(sql)} from rule r where ${isWanted}
      and (r.id, r.version) not in (
        select * from unnest(${arrayText(knownRules.ids)}::int[], ${arrayText(knownRules.versions)}::int[]))
    order by id`;
  const channels = await sql<ChannelColumns[]>`
    select ${channelColumns(sql)} from channel c where ${isWanted} order by id`;
  const downtimes = await sql<DowntimeColumns[]>`
    select ${downtimeColumns(sql)} from downtime d where ${isWanted} order by id`;
  const silences = await sql<SilenceColumns[]>`
    select ${silenceColumns(sql)} from silence s where ${isSilenceWanted} order by id`;
  const reading = new Reading();
  return {
    rules: reading.take('rule', ruleOf, rules),
    channels: reading.take('channel', channelOf, channels),
    downtimes: reading.take('downtime', downtimeOf, downtimes),
    silences: reading.take('silence', silenceOf, silences),
    removed: reading.removed,
    acknowledgedIds,
    unreadable: reading.unreadable,
    readAt,
  };
}

/** Parts rows by whether they are there and can be understood. */
class Reading {
  readonly removed: { table: DefinitionTable; id: number }[] = [];
  readonly unreadable: { table: DefinitionTable; id: number }[] = [];

  take<R extends { readonly id: number; readonly isRemoved: boolean }, T>(
    table: DefinitionTable,
    parse: (row: R) => T | null,
    rows: readonly R[],
  ): T[] {
    const taken: T[] = [];
    for (const row of rows) {
      const parsed = row.isRemoved ? null : parse(row);
      if (parsed !== null) taken.push(parsed);
      else (row.isRemoved ? this.removed : this.unreadable).push({ table, id: row.id });
    }
    return taken;
  }
}

function arrayText(numbers: readonly number[]): string {
  return `{${numbers.join(',')}}`;
}
