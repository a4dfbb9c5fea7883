/**
 * The records in which `read-blocks.ts` lets rows leave the database: big-endian, as PostgreSQL's send functions write.
 */
import type { GapReason } from '#core/message.ts';
import type { DayState, Floors } from '../../archive/query-plan.ts';
import type { StoredBlock, StoredBlocks, StoredColumn, StoredGap } from '../../archive/stored-blocks.ts';

export interface RecordRow {
  readonly kind: number;
  /** null where there is nothing of the kind. */
  readonly bytes: Buffer | null;
}

const blockKinds = ['batch', 'raw', 'minute', 'hour'] as const;
const kinds = { floors: 10, days: 11, unknown: 12, streams: 13, gaps: 14 } as const;

export function parseRecords(rows: readonly RecordRow[]): StoredBlocks {
  let floors: Floors = { raw: 0, minute: 0, hour: 0 };
  let sampleCount = 0;
  const days = new Map<number, DayState[]>();
  const unknown: StoredBlocks['unknown'][number][] = [];
  const storedSeqs = new Map<number, number>();
  const gaps: StoredGap[] = [];
  const blocks: StoredBlock[] = [];
  for (const { kind, bytes } of rows) {
    if (bytes === null) continue;
    const reader = new RecordReader(bytes);
    if (kind === kinds.floors) {
      floors = { raw: reader.int4(), minute: reader.int4(), hour: reader.int4() };
      sampleCount = reader.int8();
    }
    while (!reader.isAtEnd) {
      if (kind === kinds.days) {
        const hostId = reader.int4();
        const day = reader.int4();
        const flags = reader.int4();
        const state = { day, hasMinutes: (flags & 1) !== 0, hasHours: (flags & 2) !== 0 };
        const known = days.get(hostId);
        if (known === undefined) days.set(hostId, [state]);
        else known.push(state);
      } else if (kind === kinds.unknown) unknown.push({ hostId: reader.int4(), layoutId: reader.layoutId() });
      else if (kind === kinds.streams) storedSeqs.set(reader.int8(), reader.int8());
      else if (kind === kinds.gaps) gaps.push(readGap(reader));
      else blocks.push(readBlock(reader, blockKinds[kind]!));
    }
  }
  return { floors, days, storedSeqs, gaps, unknown, sampleCount, blocks };
}

function readGap(reader: RecordReader): StoredGap {
  const hostId = reader.int4();
  const tickCount = reader.int8();
  const fromMs = reader.float8();
  const toMs = reader.float8();
  return { hostId, tickCount, fromMs, toMs, reason: reader.bytes(reader.int4()).toString() as GapReason };
}

function readBlock(reader: RecordReader, kind: StoredBlock['kind']): StoredBlock {
  const hostId = reader.int4();
  const day = reader.int4();
  const tickCount = reader.int4();
  const layoutId = reader.layoutId();
  const head = reader.bytes(reader.int4());
  const columns: StoredColumn[] = [];
  for (let left = reader.int4(); left > 0; left -= 1) {
    const number = reader.int4();
    columns.push({ number, bytes: reader.bytes(reader.int4()) });
  }
  return { kind, hostId, day, tickCount, layoutId, head, columns };
}

/** The bytes come from our own statement. */
class RecordReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.byteLength;
  }

  int4(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  /** Within ±2^53. */
  int8(): number {
    return this.int4() * 4_294_967_296 + (this.int4() >>> 0);
  }

  float8(): number {
    this.#at += 8;
    return this.#bytes.readDoubleBE(this.#at - 8);
  }

  layoutId(): string {
    return this.bytes(8).toString('hex');
  }

  /** Shares the memory. */
  bytes(count: number): Buffer {
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}
