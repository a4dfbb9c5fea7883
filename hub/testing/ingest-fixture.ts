/**
 * Builders for tests of the ingest statement: a host with open streams, and rows of any bytes.
 */
import { openStreams } from '../store/admission.ts';
import type { Sql } from '../store/connect.ts';
import type { IngestRow } from '../store/ingest.ts';

export interface OpenedStream {
  readonly hostId: number;
  readonly streamId: number;
  readonly lease: number;
}

let epochCount = 0;

/** A host with one stream that starts at seq 1. */
export async function openTestStream(sql: Sql, name = `host-${epochCount}`): Promise<OpenedStream> {
  const [host] = await sql<{ id: number }[]>`
    insert into host (name, kind) values (${name}, 'agent') on conflict (name) where removed_at is null and archived_at is null
    do update set name = excluded.name returning id`;
  return await openTestEpoch(sql, host!.id, nextEpoch());
}

/** Opens `epoch` of a host (again): it has a new lease then. */
export async function openTestEpoch(sql: Sql, hostId: number, epoch: string): Promise<OpenedStream> {
  const offer = { epoch, bootId: '00'.repeat(16), startWallMs: 0, startMonotonicMs: 0, oldest: 1, next: 1, acked: 0 };
  const [shape] = await openStreams(sql, hostId, [{ offer, shiftMs: 0 }]);
  return { hostId, streamId: shape!.id, lease: shape!.lease };
}

export function nextEpoch(): string {
  epochCount += 1;
  return epochCount.toString(16).padStart(32, '0');
}

/** Four bytes of data and two of directory, the same for every row: the statement does not look inside. */
export const rowBytes = { data: Uint8Array.of(1, 2, 3, 4), offsets: Uint8Array.of(9, 9) };

export function batchRow(
  stream: OpenedStream,
  firstSeq: number,
  lastSeq: number,
  options: { readonly tickCount?: number } = {},
): IngestRow {
  return {
    ...stream,
    firstSeq,
    lastSeq,
    tickCount: options.tickCount ?? lastSeq - firstSeq + 1,
    reason: null,
    layoutId: '00000000000000aa',
    fromMs: firstSeq * 1_000,
    toMs: lastSeq * 1_000,
    crc: lastSeq,
    dataAt: 0,
    dataBytes: 4,
    offsetsAt: 0,
    offsetsBytes: 2,
  };
}

export function gapRow(stream: OpenedStream, firstSeq: number, lastSeq: number): IngestRow {
  return {
    ...batchRow(stream, firstSeq, lastSeq),
    tickCount: 0,
    reason: 'spool_full',
    layoutId: null,
    dataBytes: 0,
    offsetsBytes: 0,
  };
}
