import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createLayout, encodeLayout } from '#core/series.ts';
import { LayoutBook } from './layout-book.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const layoutOf = (key: string) =>
  createLayout({ intervalMs: 1_000, series: [{ key, unit: '', kind: 'gauge', every: 1 }] }, sha256);

describe('LayoutBook', () => {
  test('decode() gives the same object for the same layout', () => {
    const book = new LayoutBook();
    const layout = layoutOf('cpu');
    const first = book.decode(encodeLayout(layout), layout.id);

    expect(first).toEqual(layout);
    expect(book.decode(encodeLayout(layout), layout.id)).toBe(first);
    expect(book.share(layout)).toBe(first);
  });

  test('share() keeps different layouts apart', () => {
    const book = new LayoutBook();
    const [cpu, memory] = [layoutOf('cpu'), layoutOf('memory')];

    expect([book.share(cpu), book.share(memory)]).toEqual([cpu, memory]);
  });
});
