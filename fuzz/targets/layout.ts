/**
 * The decoder of layouts, whose bytes come from an agent or a disk.
 *
 * It takes the bytes or throws DecodeError. What it takes was canonical: encoded again it is the same bytes. And each key
 * in it stands once, and is the key of the name and labels that are read from it.
 */
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { DecodeError } from '#core/errors.ts';
import { decodeLayout, encodeLayout, formatSeriesKey, type Layout, parseSeriesKey } from '#core/series.ts';

export function fuzz(bytes: Buffer): void {
  const layout = taken(bytes);
  if (layout === null) return;
  deepStrictEqual(Buffer.from(encodeLayout(layout)), bytes);
  strictEqual(new Set(layout.series.map(({ key }) => key)).size, layout.series.length);
  for (const { key } of layout.series) {
    const { name, labels } = parseSeriesKey(key)!;
    strictEqual(formatSeriesKey(name, labels), key);
  }
}

function taken(bytes: Uint8Array): Layout | null {
  try {
    return decodeLayout(bytes, '0'.repeat(16));
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
