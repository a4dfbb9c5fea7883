/**
 * What one frame costs to encode and decode: `frame-codec.ts` against the library that every other message
 * goes through. The hub decodes one per host and second and encodes one tick for its viewers.
 */
import { Packr, Unpackr } from 'msgpackr';
import { bench, describe } from 'vitest';
import { decodeTickMessage, encodeTickMessage } from '#core/frame-codec.ts';
import type { Frame } from '#core/message.ts';
import { checkMessageBytes } from '#core/msgpack-guard.ts';

const seriesCount = 60;
const frameCount = 64;
const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false });

/** Frames written out, as after a resume: the longest form. */
const frames = Array.from({ length: frameCount }, (_, index): Frame => {
  const values = Float64Array.from({ length: seriesCount }, (_value, series) => index * 1.5 + series / 7);
  return {
    kind: 'frame',
    ordinal: 7,
    seq: 100_000 + index,
    layoutId: '4aff0e6b8d64bff8',
    timeMs: 1_700_000_000_250 + index * 1_000,
    column: new Uint8Array(values.buffer),
  };
});
const encoded = frames.map(encodeTickMessage);

function packed(frame: Frame): Uint8Array {
  const layoutId = Buffer.from(frame.layoutId!, 'hex');
  return packr.pack([5, frame.ordinal, frame.seq, layoutId, frame.timeMs, frame.column]);
}

function unpacked(bytes: Uint8Array): Frame {
  checkMessageBytes(bytes);
  const [, ordinal, seq, layoutId, timeMs, column] = unpackr.unpack(bytes) as [
    number,
    number,
    number,
    Buffer,
    number,
    Buffer,
  ];
  return { kind: 'frame', ordinal, seq, layoutId: Buffer.from(layoutId).toString('hex'), timeMs, column };
}

describe(`frame (${seriesCount} series)`, () => {
  let turn = 0;
  const next = () => (turn = (turn + 1) % frameCount);
  bench('encode: ours', () => {
    encodeTickMessage(frames[next()]!);
  });
  bench('encode: msgpackr', () => {
    packed(frames[next()]!);
  });
  bench('decode: ours', () => {
    decodeTickMessage(encoded[next()]!);
  });
  bench('decode: guard and msgpackr', () => {
    unpacked(encoded[next()]!);
  });
});
