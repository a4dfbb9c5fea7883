/**
 * The block: consecutive ticks of one host in one layout. Batches, replay messages, raw chunks and rollups
 * are all blocks.
 *
 * `data` is the head (version, tick count, column count, times) followed by one column per series.
 * `offsets`, the directory, stands beside it: where each column starts and where the last one ends, so that
 * one series is cut out of a stored block without reading the rest. Layout byte by byte: `docs/storage.md`.
 *
 * A block covers the seqs first..first + ticks − 1, so no seq is stored in it. Encoding is a hot path
 * (`bench/micro/column.bench.ts`). Decoding trusts nothing: counts are checked against what the caller
 * expects and against `limits.ts` before anything is allocated.
 */
import { bitsOf, decodeColumn } from './column.ts';
import { ColumnEncoder } from './column-encoder.ts';
import { assert, DecodeError } from './errors.ts';
import { blockColumnsMax, blockTicksMax, replaySamplesMax, tickIntervalMsMax } from './limits.ts';
import { ByteReader, ByteSink, writeUint32, writeVarint } from './varint.ts';

export const blockVersion = 1;
/** Low half of the first byte: first time and interval, or a column of times. */
const timeKinds = { grid: 0, column: 1 } as const;
/** First byte, two varints of at most two bytes, the first time and the interval. */
const headBytesMax = 1 + 2 + 2 + 8 + 4;

export interface BlockShape {
  readonly tickCount: number;
  readonly columnCount: number;
}

/** Data and directory of one block. */
export interface Block {
  readonly data: Uint8Array;
  readonly offsets: Uint8Array;
}

export interface EncodedBlock extends Block {
  /** Values that are numbers: NaNs, whatever they mean, are not counted. Counted while encoding. */
  readonly sampleCount: number;
}

export interface BlockInput extends BlockFrame {
  /** `ticks`: values[tick × columnCount + column], as ticks arrive. `columns`: values[column × tickCount + tick]. */
  readonly values: Float64Array;
  readonly order?: 'ticks' | 'columns';
}

export interface DecodedBlock {
  readonly times: Float64Array;
  /** Row-major: values[tick × columnCount + column]. */
  readonly values: Float64Array;
}

/** Times and counts of a block that is put together. */
export interface BlockFrame extends BlockShape {
  /** Epoch ms of each tick. Free when they are whole multiples of the interval apart, one after the other. */
  readonly times: Float64Array;
  /** The layout's interval: a whole number of ms. */
  readonly intervalMs: number;
}

/** Puts block after block together in the same memory, column by column, each in bytes: chunks pack their columns. */
export class BlockWriter {
  readonly #times = new ColumnEncoder();
  readonly #sink = new ByteSink(65_536);
  #ends = new Uint32Array(256);
  #offsets = new Uint8Array(1_024);
  #columnCount = 0;
  #written = 0;

  /** Begins a block; what came before is forgotten. */
  begin(frame: BlockFrame): void {
    const { tickCount, columnCount } = frame;
    assert(tickCount >= 1 && tickCount <= blockTicksMax, 'a block has 1..8,192 ticks');
    assert(columnCount >= 0 && columnCount <= blockColumnsMax, 'a block has 0..8,192 columns');
    assert(frame.times.length >= tickCount, 'a block has all its times');
    if (this.#ends.length <= columnCount) this.#ends = new Uint32Array(columnCount + 1);
    this.#columnCount = columnCount;
    this.#written = 0;
    this.#sink.length = 0;
    this.#encodeHead(frame);
    this.#ends[0] = this.#sink.length;
  }

  /** Where the next column is to be appended; `columnEnded` comes after it. */
  get sink(): ByteSink {
    return this.#sink;
  }

  /** The next column lies between the end of the one before and the end of the sink. */
  columnEnded(): void {
    this.#written += 1;
    this.#ends[this.#written] = this.#sink.length;
  }

  /** Appends the bytes of the next column. */
  append(column: Uint8Array): void {
    append(this.#sink, column);
    this.columnEnded();
  }

  /** The views of the result are valid until the next block. */
  end(): Block {
    assert(this.#written === this.#columnCount, 'a block has all its columns');
    const byteCount = (this.#columnCount + 1) * 4;
    if (this.#offsets.length < byteCount) this.#offsets = new Uint8Array(byteCount);
    return {
      data: this.#sink.view(),
      offsets: writeOffsets(this.#offsets, this.#ends.subarray(0, this.#columnCount + 1)),
    };
  }

  #encodeHead({ tickCount, columnCount, times, intervalMs }: BlockFrame): void {
    const sink = this.#sink;
    sink.reserve(headBytesMax);
    const onGrid = isGrid(times, { tickCount, intervalMs });
    sink.bytes[0] = (blockVersion << 4) | (onGrid ? timeKinds.grid : timeKinds.column);
    let at = writeVarint(sink.bytes, writeVarint(sink.bytes, 1, tickCount), columnCount);
    if (onGrid) {
      new DataView(sink.bytes.buffer).setFloat64(at, times[0]!, true);
      at = writeVarint(sink.bytes, at + 8, intervalMs);
    }
    sink.length = at;
    if (!onGrid) this.#times.encode(sink, { words: bitsOf(times), first: 0, stride: 1, count: tickCount });
  }
}

/** Encodes block after block in the same memory. */
export class BlockEncoder {
  readonly #columns = new ColumnEncoder();
  readonly #writer = new BlockWriter();

  /** The views of the result are valid until the next call. */
  encode(input: BlockInput): EncodedBlock {
    const { tickCount, columnCount, values } = input;
    this.#writer.begin(input);
    assert(values.length >= tickCount * columnCount, 'a block has all its values');
    const words = bitsOf(values);
    const byTicks = input.order !== 'columns';
    const stride = byTicks ? columnCount : 1;
    let sampleCount = 0;
    for (let column = 0; column < columnCount; column += 1) {
      const first = byTicks ? column : column * tickCount;
      sampleCount += this.#columns.encode(this.#writer.sink, { words, first, stride, count: tickCount });
      this.#writer.columnEnded();
    }
    return { ...this.#writer.end(), sampleCount };
  }
}

function isGrid(times: Float64Array, grid: { readonly tickCount: number; readonly intervalMs: number }): boolean {
  const { tickCount, intervalMs } = grid;
  const first = times[0]!;
  if (!Number.isFinite(first) || !Number.isInteger(intervalMs) || intervalMs < 1 || intervalMs > tickIntervalMsMax)
    return false;
  for (let tick = 0; tick < tickCount; tick += 1) {
    // −0 equals 0 but is not the same bits, and nobody keeps ticks of 1970.
    if (times[tick] !== first + tick * intervalMs || times[tick] === 0) return false;
  }
  return true;
}

/** Two bytes an entry where the data is below 64 KiB, else four. */
function writeOffsets(target: Uint8Array, offsets: Uint32Array): Uint8Array {
  const wide = offsets[offsets.length - 1]! > 0xffff;
  let at = 0;
  for (const offset of offsets) {
    if (wide) at = writeUint32(target, at, offset);
    else {
      target[at] = offset;
      target[at + 1] = offset >>> 8;
      at += 2;
    }
  }
  return target.subarray(0, at);
}

/**
 * The directory as numbers: columnCount + 1 rising places in data, each column from its own to the next,
 * the head before the first. `dataBytes` is the length of the data where the caller has all of it.
 */
export function decodeOffsets(offsets: Uint8Array, columnCount: number, dataBytes?: number): Uint32Array {
  if (columnCount > blockColumnsMax || !Number.isInteger(columnCount) || columnCount < 0)
    throw new DecodeError(`Cannot decode directory: columns are 0..${blockColumnsMax}: got ${columnCount}`);
  const count = columnCount + 1;
  const width = offsets.byteLength / count;
  if (width !== 2 && width !== 4)
    throw new DecodeError(
      `Cannot decode directory: it takes ${count * 2} or ${count * 4} bytes: got ${offsets.byteLength}`,
    );
  const result = new Uint32Array(count);
  const reader = new ByteReader(offsets);
  let before = 0;
  for (let index = 0; index < count; index += 1) {
    const offset = width === 4 ? reader.readUint32() : reader.readByte() | (reader.readByte() << 8);
    if (offset <= before)
      throw new DecodeError(`Cannot decode directory: places rise from above ${before}: got ${offset}`);
    result[index] = before = offset;
  }
  if (dataBytes !== undefined && before !== dataBytes)
    throw new DecodeError(`Cannot decode directory: it must end where the data does, at ${dataBytes}: got ${before}`);
  return result;
}

/** Counts in the head of a block, within the limits. `head` may be the start of its data. */
export function decodeBlockShape(head: Uint8Array): BlockShape {
  return readShape(new ByteReader(head)).shape;
}

/** Times of the ticks. `head` is the data up to the first entry of the directory. The caller owns the result. */
export function decodeBlockTimes(head: Uint8Array): Float64Array {
  const reader = new ByteReader(head);
  const { shape, timeKind } = readShape(reader);
  const times = new Float64Array(shape.tickCount);
  if (timeKind === timeKinds.column) {
    decodeColumn(head.subarray(reader.at), times);
    return times;
  }
  const firstMs = reader.readFloat64();
  const intervalMs = reader.readVarint();
  reader.end();
  if (!Number.isFinite(firstMs) || intervalMs < 1 || intervalMs > tickIntervalMsMax)
    throw new DecodeError(`Cannot decode block: times are a number and an interval: got ${firstMs} and ${intervalMs}`);
  for (let tick = 0; tick < times.length; tick += 1) times[tick] = firstMs + tick * intervalMs;
  return times;
}

/** One column, cut out of the data by the directory. The caller owns the result. */
export function decodeBlockColumn(bytes: Uint8Array, tickCount: number): Float64Array {
  checkTickCount(tickCount);
  const column = new Float64Array(tickCount);
  decodeColumn(bytes, column);
  return column;
}

/**
 * Decodes a whole block of at most `samplesMax` values (default: what a replay message may hold), whose
 * counts must be as expected. The caller owns the result.
 */
export function decodeBlock(block: Block, expected: BlockShape, samplesMax: number = replaySamplesMax): DecodedBlock {
  const { tickCount, columnCount } = expected;
  const offsets = checkShape(block, expected, samplesMax);
  const times = decodeBlockTimes(block.data.subarray(0, offsets[0]!));
  const values = new Float64Array(tickCount * columnCount);
  const bits = bitsOf(values);
  const column = new Float64Array(tickCount);
  const columnBits = bitsOf(column);
  for (let index = 0; index < columnCount; index += 1) {
    decodeColumn(block.data.subarray(offsets[index]!, offsets[index + 1]!), column, columnBits);
    let to = index * 2;
    for (let from = 0; from < tickCount * 2; from += 2) {
      bits[to] = columnBits[from]!;
      bits[to + 1] = columnBits[from + 1]!;
      to += columnCount * 2;
    }
  }
  return { times, values };
}

/** Proves that every column decodes, without keeping them, and returns how many values are numbers. Throws DecodeError. */
export function checkBlock(block: Block, expected: BlockShape, samplesMax: number = replaySamplesMax): number {
  const { tickCount, columnCount } = expected;
  const offsets = checkShape(block, expected, samplesMax);
  const times = decodeBlockTimes(block.data.subarray(0, offsets[0]!));
  for (const time of times) {
    if (!Number.isFinite(time)) throw new DecodeError(`Cannot decode block: times are numbers: got ${time}`);
  }
  const column = new Float64Array(tickCount);
  const columnBits = bitsOf(column);
  let sampleCount = 0;
  for (let index = 0; index < columnCount; index += 1) {
    decodeColumn(block.data.subarray(offsets[index]!, offsets[index + 1]!), column, columnBits);
    for (let tick = 0; tick < tickCount; tick += 1) if (!Number.isNaN(column[tick])) sampleCount += 1;
  }
  return sampleCount;
}

/**
 * The same block with each column replaced by what `transform` makes of its bytes, the head as it is: how a
 * chunk gets its columns deflated, and back. The caller owns the result.
 */
export function mapBlockColumns(
  block: Block,
  columnCount: number,
  transform: (column: Uint8Array, index: number) => Uint8Array,
): Block {
  const offsets = decodeOffsets(block.offsets, columnCount, block.data.byteLength);
  const sink = new ByteSink(block.data.byteLength);
  append(sink, block.data.subarray(0, offsets[0]!));
  const ends = new Uint32Array(columnCount + 1);
  for (let index = 0; index < columnCount; index += 1) {
    ends[index] = sink.length;
    append(sink, transform(block.data.subarray(offsets[index]!, offsets[index + 1]!), index));
  }
  ends[columnCount] = sink.length;
  return { data: sink.view(), offsets: writeOffsets(new Uint8Array(ends.length * 4), ends) };
}

/** One byte string of directory and data, for messages: others deflate it. The caller owns the result. */
export function joinBlock(block: Block): Uint8Array {
  const sink = new ByteSink(4 + block.offsets.byteLength + block.data.byteLength);
  sink.length = writeUint32(sink.bytes, 0, block.offsets.byteLength);
  append(sink, block.offsets);
  append(sink, block.data);
  return sink.view();
}

/** What `joinBlock` joined. The result shares the memory of `bytes`. */
export function splitBlock(bytes: Uint8Array): Block {
  const reader = new ByteReader(bytes);
  const offsetsBytes = reader.readUint32();
  if (offsetsBytes > reader.left)
    throw new DecodeError(`Cannot split block: the directory has at most ${reader.left} bytes: got ${offsetsBytes}`);
  return { offsets: bytes.subarray(4, 4 + offsetsBytes), data: bytes.subarray(4 + offsetsBytes) };
}

function append(sink: ByteSink, bytes: Uint8Array): void {
  sink.reserve(bytes.byteLength);
  sink.bytes.set(bytes, sink.length);
  sink.length += bytes.byteLength;
}

function checkTickCount(tickCount: number): void {
  if (!Number.isInteger(tickCount) || tickCount < 1 || tickCount > blockTicksMax)
    throw new DecodeError(`Cannot decode block: ticks are 1..${blockTicksMax}: got ${tickCount}`);
}

/** Refuses a block whose counts are not as expected or too large, and returns its directory. */
function checkShape(block: Block, expected: BlockShape, samplesMax: number): Uint32Array {
  const { tickCount, columnCount } = decodeBlockShape(block.data);
  if (tickCount !== expected.tickCount || columnCount !== expected.columnCount)
    throw new DecodeError(
      `Cannot decode block: it must be ${expected.tickCount} ticks × ${expected.columnCount} columns: got ${tickCount} × ${columnCount}`,
    );
  if (tickCount * columnCount > samplesMax)
    throw new DecodeError(
      `Cannot decode block: at most ${samplesMax} values are allowed: got ${tickCount * columnCount}`,
    );
  return decodeOffsets(block.offsets, columnCount, block.data.byteLength);
}

function readShape(reader: ByteReader): { readonly shape: BlockShape; readonly timeKind: number } {
  const first = reader.readByte();
  if (first >> 4 !== blockVersion)
    throw new DecodeError(`Cannot decode block: its version must be ${blockVersion}: got ${first >> 4}`);
  const timeKind = first & 15;
  if (timeKind !== timeKinds.grid && timeKind !== timeKinds.column)
    throw new DecodeError(`Cannot decode block: the kind of its times must be known: got ${timeKind}`);
  const tickCount = reader.readVarint();
  checkTickCount(tickCount);
  const columnCount = reader.readVarint();
  if (columnCount > blockColumnsMax)
    throw new DecodeError(`Cannot decode block: at most ${blockColumnsMax} columns are allowed: got ${columnCount}`);
  return { shape: { tickCount, columnCount }, timeKind };
}
