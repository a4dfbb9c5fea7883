/**
 * A run of consecutive ticks as the bytes of live frames, WebSocket headers included: what an agent with credit
 * writes in one go. Hot path of the generator, which shares its cores with the hub under test.
 *
 * The bytes are those of `encodeMessage` for frames that lean on the one before them (layout and time left out);
 * a test compares the two.
 */
import { messageKinds } from '#core/message.ts';
import { columnOffset, type Dataset } from '../dataset.ts';
import { writeWaves } from '../waves.ts';
import { clientHeaderBytes, opcodes, writeClientHeader } from './websocket-frames.ts';

export interface FrameRun {
  readonly dataset: Dataset;
  /** Host of the data set. */
  readonly host: number;
  readonly ordinal: number;
  /** Tick 0 of the data set is seq 1. */
  readonly firstSeq: number;
  readonly count: number;
}

/** array, kind, ordinal and seq of up to 5 bytes, two nils, bin16 head. */
const envelopeBytesMax = 2 + 5 + 5 + 2 + 3;

/** The frames of a run, each leaning on the one before. The caller owns the result. */
export function encodeFrameRun(run: FrameRun): Uint8Array {
  const { dataset, host, ordinal, firstSeq, count } = run;
  const columnBytes = dataset.metricCount * 8;
  const frameBytesMax = clientHeaderBytes(columnBytes + envelopeBytesMax) + envelopeBytesMax + columnBytes;
  const target = Buffer.allocUnsafeSlow(count * frameBytesMax);
  const waves = dataset.waves?.get(host);
  const source = Buffer.from(dataset.bytes.buffer, dataset.bytes.byteOffset, dataset.bytes.byteLength);
  let at = 0;
  for (let seq = firstSeq; seq < firstSeq + count; seq += 1) {
    const envelopeBytes = 2 + wholeBytes(ordinal) + wholeBytes(seq) + 2 + (columnBytes < 256 ? 2 : 3);
    at = writeClientHeader(target, at, opcodes.binary, envelopeBytes + columnBytes);
    target[at++] = 0x96;
    target[at++] = messageKinds.frame;
    at = writeWhole(target, at, ordinal);
    at = writeWhole(target, at, seq);
    target[at++] = 0xc0;
    target[at++] = 0xc0;
    if (columnBytes < 256) target[at++] = 0xc4;
    else {
      target[at++] = 0xc5;
      target[at++] = columnBytes >>> 8;
    }
    target[at++] = columnBytes;
    const from = columnOffset(dataset, host, seq - 1);
    source.copy(target, at, from, from + columnBytes);
    if (waves !== undefined) writeWaves(new DataView(target.buffer, target.byteOffset + at), waves, seq - 1);
    at += columnBytes;
  }
  return target.subarray(0, at);
}

/** Bytes of a whole number below 2^32 in msgpack's shortest form. */
function wholeBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x100) return 2;
  return value < 0x1_0000 ? 3 : 5;
}

function writeWhole(target: Uint8Array, place: number, value: number): number {
  let at = place;
  if (value < 0x80) {
    target[at++] = value;
    return at;
  }
  if (value < 0x100) target[at++] = 0xcc;
  else if (value < 0x1_0000) {
    target[at++] = 0xcd;
    target[at++] = value >>> 8;
  } else {
    target[at++] = 0xce;
    target[at++] = value >>> 24;
    target[at++] = value >>> 16;
    target[at++] = value >>> 8;
  }
  target[at++] = value;
  return at;
}
