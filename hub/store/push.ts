/**
 * Stores one pushed body as a stream of its own, through the same statement as everything else: a retry finds
 * its stream stored already, so there is no table of keys.
 */
import { tagsPerSideMax } from '#core/limits.ts';
import type { Id128 } from '#core/message.ts';
import type { LayoutId } from '#core/series.ts';
import type { HubStreamShape } from '#core/stream/hub-stream.ts';
import type { Flight, FlightLayout } from '../intake/flight.ts';
import { type HostWords, hostWords, type KnownHost, knownHostOf, openStreams } from './admission.ts';
import { revivePushedHost } from './archiving.ts';
import { codeOf, type Sql, troubleOf } from './connect.ts';
import type { FlightRunner } from './flight-runner.ts';

export interface PushRequest {
  readonly hostName: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Names the body: equal for a retry. */
  readonly epoch: Id128;
  /** Whether a retry could ever come with the same epoch; if not, the stream's row goes at once. */
  readonly isRepeatable: boolean;
  readonly layout: FlightLayout;
  readonly layoutId: LayoutId;
  readonly intervalMs: number;
  readonly columnCount: number;
  /** Ascending, one a tick. */
  readonly times: Float64Array<ArrayBuffer>;
  /** Row by row. */
  readonly values: Float64Array<ArrayBuffer>;
}

export type PushAnswer =
  | {
      readonly kind: 'stored';
      readonly host: KnownHost;
      readonly ordinal: number;
      readonly isRepeat: boolean;
    }
  /** The name belongs to a host with an agent. */
  | { readonly kind: 'taken' }
  /** It can never be stored as it is. */
  | { readonly kind: 'unusable'; readonly why: string }
  /** It cannot be stored now. */
  | { readonly kind: 'refused'; readonly why: string };

/** Rows of streams that nothing can be repeated into any more are removed when this old. */
const streamHoursMax = 24;

let nextFlightId = -1;

/** Tries at most: the same body at the same moment may open the stream anew, once for each hub. */
const triesMax = 5;

/** Rejects when the database is away. */
export async function storePush(sql: Sql, runner: FlightRunner, request: PushRequest): Promise<PushAnswer> {
  try {
    const host = await pushHost(sql, request);
    if (host === null) return { kind: 'taken' };
    for (let tries = 0; tries < triesMax; tries += 1) {
      const answer = await storeOnce(sql, runner, { host, request });
      if (answer !== null) return answer;
    }
    return { kind: 'refused', why: 'Cannot store push: the same body is being pushed too often at once' };
  } catch (error) {
    if (troubleOf(error) !== 'data') throw error;
    return { kind: 'unusable', why: `Cannot store push: the database refused it: got ${codeOf(error)}` };
  }
}

/** One try; null when another push of the same body opened the stream at the same moment. */
async function storeOnce(
  sql: Sql,
  runner: FlightRunner,
  { host, request }: { readonly host: KnownHost; readonly request: PushRequest },
): Promise<PushAnswer | null> {
  const tickCount = request.times.length;
  const stream = (await knownStream(sql, host, request)) ?? (await openStream(sql, host, request));
  if (stream === undefined) return { kind: 'refused', why: 'Cannot store push: the host was removed' };
  const stored = { kind: 'stored', host, ordinal: stream.ordinal } as const;
  // A body is stored whole or not at all, so a part of it is proof of all, whatever a later body of the same key holds.
  if (stream.storedSeq >= 1) return { ...stored, isRepeat: true };

  const answer = await runner.run(flightOf(host, stream, request));
  const refused = answer.refused[0];
  if (refused !== undefined) return { kind: 'unusable', why: refused.why };
  const outcome = answer.outcomes[0];
  if (outcome?.kind === 'gone') return { kind: 'refused', why: 'Cannot store push: the host was removed' };
  if (outcome === undefined || outcome.storedSeq < tickCount) return null;
  if (!request.isRepeatable) await sql`delete from stream where id = ${stream.id}`;
  return { ...stored, isRepeat: false };
}

type PushStream = Pick<HubStreamShape, 'id' | 'ordinal' | 'storedSeq' | 'lease'>;

/** The stream of an earlier push of the same body, under the lease that it has: two at once must not take it from each other. */
async function knownStream(sql: Sql, host: KnownHost, request: PushRequest): Promise<PushStream | undefined> {
  if (!request.isRepeatable) return undefined;
  const [row] = await sql<{ id: string; ordinal: number; stored_seq: string; lease: string }[]>`
    select id, ordinal, stored_seq, lease from stream
    where host = ${host.hostId} and epoch = ${Buffer.from(request.epoch, 'hex')}`;
  if (row === undefined) return undefined;
  return { id: Number(row.id), ordinal: row.ordinal, storedSeq: Number(row.stored_seq), lease: Number(row.lease) };
}

async function openStream(sql: Sql, host: KnownHost, request: PushRequest): Promise<PushStream | undefined> {
  const { epoch, times } = request;
  const clocks = { bootId: '', startWallMs: 0, startMonotonicMs: 0 };
  const offer = { epoch, ...clocks, oldest: 1, next: times.length + 1, acked: 0 };
  return (await openStreams(sql, host.hostId, [{ shiftMs: 0, offer }]))[0];
}

function flightOf(host: KnownHost, stream: PushStream, request: PushRequest): Flight {
  const { layoutId, intervalMs, columnCount, times, values } = request;
  const tickCount = times.length;
  const buffer = new ArrayBuffer((tickCount + values.length) * 8);
  new Float64Array(buffer, 0, tickCount).set(times);
  new Float64Array(buffer, tickCount * 8).set(values);
  return {
    // Flights of main count upwards.
    flightId: nextFlightId--,
    layouts: [request.layout],
    buffer,
    batches: [
      {
        kind: 'ticks',
        streamId: stream.id,
        hostId: host.hostId,
        lease: stream.lease,
        firstSeq: 1,
        lastSeq: tickCount,
        layoutId,
        intervalMs,
        tickCount,
        columnCount,
        byteOffset: 0,
        shiftMs: 0,
      },
    ],
  };
}

/** Removes the rows by which retries are recognised, once no retry is to be expected. */
export async function dropOldPushStreams(sql: Sql): Promise<number> {
  const rows = await sql`
    delete from stream s using host h
    where s.host = h.id and h.kind = 'push' and s.stored_at < now() - make_interval(hours => ${streamHoursMax}) returning s.id`;
  return rows.length;
}

/** The host of the name, made when it is new; null when it belongs to an agent. Its tags gather over many bodies; beyond the bound those of the last remain. */
async function pushHost(sql: Sql, request: PushRequest): Promise<KnownHost | null> {
  const { hostName: name, tags } = request;
  // Nearly always it is there with these tags, and a row that is not written makes no dead one.
  const known = await sql<HostWords[]>`
    select ${hostWords(sql)} from host h
    where h.name = ${name} and h.removed_at is null and h.archived_at is null
      and (h.kind <> 'push' or h.agent_tags @> ${sql.json(tags)}::jsonb)`;
  if (known.length === 0) await revivePushedHost(sql, name);
  const rows =
    known.length > 0
      ? known
      : await sql<HostWords[]>`
          insert into host as h (name, kind, agent_tags, interval_ms) values (${name}, 'push', ${sql.json(tags)}, ${request.intervalMs})
          on conflict (name) where removed_at is null and archived_at is null
          do update set agent_tags = case when h.kind <> 'push' then h.agent_tags
            when (select count(*) from jsonb_object_keys(h.agent_tags || excluded.agent_tags)) > ${tagsPerSideMax} then excluded.agent_tags
            else h.agent_tags || excluded.agent_tags end
          returning ${hostWords(sql)}`;
  const host = rows[0]!;
  return host.kind === 'push' ? knownHostOf({ ...host, lastMs: 0 }) : null;
}
