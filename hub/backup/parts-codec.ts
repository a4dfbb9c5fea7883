/**
 * A snapshot's parts ⇄ bytes: what is inside the compression of a backup file.
 *
 *   "pulsewire backup\n"  then frames of  kind (1 byte) · length (4 bytes, little-endian) · payload
 *
 * Rows are bytes, everything else is JSON. `tableEnd` has the SHA-256 of the table's rows, `end` that of all bytes
 * before its own frame, so that a file that is cut, changed or put together from two is known for what it is. The decoder
 * believes nothing that it has not checked, but gives rows away before their sum is known: read a file to its end
 * once before acting on it.
 */
import { createHash, type Hash } from 'node:crypto';
import { z } from 'zod';
import { DecodeError } from '#core/errors.ts';
import type { SequenceState } from '../store/backup/catalogue.ts';
import type { SnapshotPart } from '../store/backup/snapshot.ts';

/** Of these bytes; another number is refused. */
export const formatVersion = 1;

/** What a backup says of itself beside the snapshot. */
export interface BackupAbout {
  /** Version of Pulsewire that made it. */
  readonly madeBy: string;
  /** Epoch ms. */
  readonly atMs: number;
}

const magic = Buffer.from('pulsewire backup\n');
const kinds = { header: 1, table: 2, rows: 3, tableEnd: 4, sequences: 5, end: 6 } as const;
const kindNames = new Map(Object.entries(kinds).map(([name, code]) => [code as number, name as keyof typeof kinds]));
const frameHeadBytes = 5;
const rowsBytesMax = 256 * 1024;
/** Names of tables and columns: thousands of them fit. */
const jsonBytesMax = 4 * 1024 * 1024;

const headerSchema = z.object({
  format: z.int(),
  madeBy: z.string(),
  atMs: z.number(),
  schemaVersion: z.int().min(0),
  serverVersion: z.string(),
  tables: z.array(
    z.object({ name: z.string().min(1), columns: z.array(z.object({ name: z.string().min(1), type: z.string() })) }),
  ),
});
const tableSchema = z.object({ name: z.string() });
const tableEndSchema = z.object({ rowCount: z.int().min(0), sha256: z.string() });
const sequencesSchema = z.array(z.object({ name: z.string().min(1), lastValue: z.string().regex(/^-?\d{1,19}$/) }));
const endSchema = z.object({ sha256: z.string() });

/** Bytes of a backup, before compression. */
export async function* encodeParts(
  parts: AsyncIterable<SnapshotPart>,
  about: BackupAbout,
): AsyncGenerator<Buffer, void, void> {
  const all = createHash('sha256');
  let rows = createHash('sha256');
  const hashed = (bytes: Buffer): Buffer => {
    all.update(bytes);
    return bytes;
  };
  yield hashed(magic);
  for await (const part of parts) {
    switch (part.kind) {
      case 'header': {
        const { kind: _, ...header } = part;
        yield hashed(jsonFrame('header', { format: formatVersion, ...about, ...header }));
        break;
      }
      case 'table':
        rows = createHash('sha256');
        yield hashed(jsonFrame('table', { name: part.name }));
        break;
      case 'rows':
        rows.update(part.bytes);
        for (let start = 0; start < part.bytes.byteLength; start += rowsBytesMax)
          yield hashed(frame('rows', part.bytes.subarray(start, start + rowsBytesMax)));
        break;
      case 'tableEnd':
        yield hashed(jsonFrame('tableEnd', { rowCount: part.rowCount, sha256: rows.digest('hex') }));
        break;
      case 'end':
        yield hashed(jsonFrame('sequences', part.sequences));
        yield jsonFrame('end', { sha256: all.digest('hex') });
        break;
    }
  }
}

function frame(kind: keyof typeof kinds, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(frameHeadBytes);
  head.writeUInt8(kinds[kind]);
  head.writeUInt32LE(payload.byteLength, 1);
  return Buffer.concat([head, payload]);
}

function jsonFrame(kind: keyof typeof kinds, value: unknown): Buffer {
  return frame(kind, Buffer.from(JSON.stringify(value)));
}

/** What `onAbout` is told comes before the first part. Throws DecodeError for anything that a backup does not hold. */
export async function* decodeParts(
  bytes: AsyncIterable<Uint8Array>,
  onAbout: (about: BackupAbout) => void = () => {},
): AsyncGenerator<SnapshotPart, void, void> {
  const source = new ByteSource(bytes);
  const all = createHash('sha256');
  const start = await source.take(magic.byteLength);
  if (start === null || !start.equals(magic))
    throw new DecodeError('Cannot read backup: it must be one of Pulsewire: got something else');
  all.update(start);
  let place: Place = 'start';
  let sequences: readonly SequenceState[] = [];
  let rows: Hash = createHash('sha256');
  for (;;) {
    const read = await readFrame(source);
    if (read === null) break;
    const { kind, head, payload } = read;
    if (!isExpected(kind, place))
      throw new DecodeError(`Cannot read backup: its parts must be in order: got ${kind} at ${place}`);
    if (kind !== 'end') all.update(head).update(payload);
    switch (kind) {
      case 'header': {
        place = 'tables';
        const { format, madeBy, atMs, ...header } = parseJson(headerSchema, payload);
        if (format !== formatVersion)
          throw new DecodeError(
            `Cannot read backup: its format must be ${formatVersion}, which this version of Pulsewire knows: got ${format}`,
          );
        onAbout({ madeBy, atMs });
        yield { kind: 'header', ...header };
        break;
      }
      case 'table':
        place = 'rows';
        rows = createHash('sha256');
        yield { kind: 'table', ...parseJson(tableSchema, payload) };
        break;
      case 'rows':
        rows.update(payload);
        yield { kind: 'rows', bytes: payload };
        break;
      case 'tableEnd': {
        place = 'tables';
        const { rowCount, sha256 } = parseJson(tableEndSchema, payload);
        if (rows.digest('hex') !== sha256)
          throw new DecodeError('Cannot read backup: the checksum of a table must be right: got another');
        yield { kind: 'tableEnd', rowCount };
        break;
      }
      case 'sequences':
        place = 'closing';
        sequences = parseJson(sequencesSchema, payload);
        break;
      case 'end': {
        place = 'over';
        const { sha256 } = parseJson(endSchema, payload);
        if (all.digest('hex') !== sha256)
          throw new DecodeError('Cannot read backup: the checksum of all must be right: got another');
        yield { kind: 'end', sequences };
        break;
      }
    }
  }
  if (place !== 'over') throw new DecodeError('Cannot read backup: it must have an end: got one that is cut off');
}

type Place = 'start' | 'tables' | 'rows' | 'closing' | 'over';

function isExpected(kind: keyof typeof kinds, place: Place): boolean {
  switch (place) {
    case 'start':
      return kind === 'header';
    case 'tables':
      return kind === 'table' || kind === 'sequences';
    case 'rows':
      return kind === 'rows' || kind === 'tableEnd';
    case 'closing':
      return kind === 'end';
    case 'over':
      return false;
  }
}

async function readFrame(
  source: ByteSource,
): Promise<{ readonly kind: keyof typeof kinds; readonly head: Buffer; readonly payload: Buffer } | null> {
  const head = await source.take(frameHeadBytes);
  if (head === null) return null;
  const kind = kindNames.get(head.readUInt8());
  const length = head.readUInt32LE(1);
  if (kind === undefined || length > (kind === 'rows' ? rowsBytesMax : jsonBytesMax))
    throw new DecodeError('Cannot read backup: its frames must be of a known kind and size: got others');
  const payload = await source.take(length);
  if (payload === null) throw new DecodeError('Cannot read backup: its last frame must be whole: got a part');
  return { kind, head, payload };
}

function parseJson<T>(schema: z.ZodType<T>, payload: Buffer): T {
  try {
    return schema.parse(JSON.parse(payload.toString('utf8')));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError)
      throw new DecodeError('Cannot read backup: its words must be those of the format: got others', { cause: error });
    throw error;
  }
}

/** Bytes that come in pieces of any size, taken in pieces of the size that is wanted. */
class ByteSource {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** null at the end; throws DecodeError when there is less than that. */
  async take(byteCount: number): Promise<Buffer | null> {
    const pieces: Buffer[] = [];
    let missing = byteCount;
    while (missing > 0) {
      if (this.#held.byteLength === 0) {
        const next = await this.#pieces.next();
        if (next.done === true) break;
        const { buffer, byteOffset, byteLength } = next.value;
        this.#held = Buffer.from(buffer, byteOffset, byteLength);
      }
      const piece = this.#held.subarray(0, missing);
      this.#held = this.#held.subarray(piece.byteLength);
      missing -= piece.byteLength;
      pieces.push(piece);
    }
    if (missing === 0) return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    if (missing === byteCount) return null;
    throw new DecodeError('Cannot read backup: its last frame must be whole: got a part');
  }
}
