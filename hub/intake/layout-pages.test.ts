import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { layoutBytesMax } from '#core/limits.ts';
import type { LayoutMessage } from '#core/message.ts';
import { layoutIdOf } from '#core/series.ts';
import { LayoutPages } from './layout-pages.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const bytes = Uint8Array.of(1, 2, 3, 4, 5);

function page(index: number, more: Partial<LayoutMessage> = {}): LayoutMessage {
  const layoutId = layoutIdOf(bytes, sha256);
  return {
    kind: 'layout',
    layoutId,
    page: index,
    pageCount: 3,
    bytes: bytes.subarray(index * 2, index * 2 + 2),
    ...more,
  };
}

describe('LayoutPages', () => {
  test('add() answers all bytes with the last page', () => {
    const pages = new LayoutPages(sha256);
    expect([0, 1, 2].map((index) => pages.add(page(index)))).toEqual([null, null, bytes]);
  });

  test('add() begins anew with page 0', () => {
    const pages = new LayoutPages(sha256);
    expect([0, 1, 0, 1, 2].map((index) => pages.add(page(index))).at(-1)).toEqual(bytes);
  });

  test.each([
    ['a page before the first', [page(1)]],
    ['a page left out', [page(0), page(2)]],
    ['a page of another layout', [page(0), page(1, { layoutId: '0011223344556677' })]],
    ['another count of pages', [page(0), page(1, { pageCount: 4 })]],
    ['no pages', [page(0, { pageCount: 0 })]],
    ['other bytes than the id says', [page(0), page(1), page(2, { bytes: Uint8Array.of(9) })]],
    ['too many bytes', [page(0, { bytes: new Uint8Array(layoutBytesMax + 1) })]],
  ])('add() refuses %s', (_name, messages) => {
    const pages = new LayoutPages(sha256);
    expect(() => messages.map((message) => pages.add(message))).toThrow(
      expect.objectContaining({ code: 'ERR_LAYOUT_INVALID' }),
    );
  });
});
