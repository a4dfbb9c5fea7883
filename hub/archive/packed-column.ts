/**
 * The entropy coder around a column of a chunk: raw deflate where that is shorter, else the column as it is.
 *
 * A deflated column begins with the byte 0x20, which no column begins with (`core/column.ts` version 1 and
 * `core/rollup-column.ts` take other high halves), so each column says itself how it is kept. The head of a chunk is never packed.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { DecodeError } from '#core/errors.ts';

/** First byte of a deflated column. RFC 1951 data follows. */
export const deflatedMark = 0x20;
/** Shorter columns are constants and the like: deflate has five bytes of its own. */
const packBytesMin = 24;

/** The shorter of the column and its deflated form. The result may be `column` itself. */
export function packColumn(column: Uint8Array): Uint8Array {
  if (column.byteLength < packBytesMin) return column;
  const deflated = deflateRawSync(column, { level: 6, strategy: constants.Z_DEFAULT_STRATEGY });
  if (deflated.byteLength + 1 >= column.byteLength) return column;
  const packed = new Uint8Array(deflated.byteLength + 1);
  packed[0] = deflatedMark;
  packed.set(deflated, 1);
  return packed;
}

/** The column of at most `bytesMax` bytes. Throws DecodeError when it is damaged. The result may be `packed` itself. */
export function unpackColumn(packed: Uint8Array, bytesMax: number): Uint8Array {
  if (packed[0] !== deflatedMark) return packed;
  try {
    return inflateRawSync(packed.subarray(1), { maxOutputLength: bytesMax });
  } catch (error) {
    throw new DecodeError(
      `Cannot unpack column: it must be deflate of at most ${bytesMax} bytes: got ${String(error)}`,
    );
  }
}
