/**
 * CRC-32C (Castagnoli): what hub and agent compare to see whether an item of the same seq is the same item.
 *
 * Reflected polynomial 0x82f63b78, initial value and final exclusive or 0xffffffff (RFC 3720, 12.1 and the
 * examples in B.4). Eight tables let the loop take eight bytes a turn (Kounavis and Berry, "A Systematic
 * Approach to Building High Performance Software-based CRC Generators", 2005).
 */

const sliceCount = 8;
/** `tables[slice × 256 + byte]`: the byte's remainder after `slice` further zero bytes. */
const tables = createTables();

function createTables(): Int32Array {
  const result = new Int32Array(sliceCount * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit += 1) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0x82f63b78 : 0);
    result[byte] = remainder;
  }
  for (let index = 256; index < result.length; index += 1) {
    const shorter = result[index - 256]!;
    result[index] = (shorter >>> 8) ^ result[shorter & 255]!;
  }
  return result;
}

/**
 * CRC-32C of `bytes` as an unsigned number. `previous` is the CRC of what came before, so that
 * `crc32c(b, crc32c(a))` is the CRC of both in one.
 */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous;
  let at = 0;
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    crc =
      tables[1792 + (low & 255)]! ^
      tables[1536 + ((low >>> 8) & 255)]! ^
      tables[1280 + ((low >>> 16) & 255)]! ^
      tables[1024 + (low >>> 24)]! ^
      tables[768 + bytes[at + 4]!]! ^
      tables[512 + bytes[at + 5]!]! ^
      tables[256 + bytes[at + 6]!]! ^
      tables[bytes[at + 7]!]!;
  }
  for (; at < bytes.length; at += 1) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}
