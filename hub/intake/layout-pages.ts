/**
 * A layout on its way: the pages of one layout message after the other, until all of it is there.
 *
 * Pages come in order and those of two layouts do not mix; page 0 begins anew, whatever was missing before. What is
 * complete hashes to the id that every page names. Bound: `layoutBytesMax` for each connection.
 */
import { ProtocolError } from '#core/errors.ts';
import { layoutBytesMax } from '#core/limits.ts';
import type { LayoutMessage } from '#core/message.ts';
import { type LayoutId, layoutIdOf, type Sha256 } from '#core/series.ts';

interface Pages {
  readonly layoutId: LayoutId;
  readonly pageCount: number;
  readonly pages: Uint8Array[];
  byteCount: number;
}

export class LayoutPages {
  readonly #sha256: Sha256;
  #pages: Pages | null = null;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** Copies a page. Answers the canonical bytes after the last one, else null. Throws ProtocolError. */
  add(message: LayoutMessage): Uint8Array | null {
    const { layoutId, page, pageCount, bytes } = message;
    if (page === 0) this.#pages = { layoutId, pageCount, pages: [], byteCount: 0 };
    const pages = this.#pages;
    if (pages === null || !isNext(pages, message))
      throw new ProtocolError(
        'ERR_LAYOUT_INVALID',
        `Cannot accept layout: page ${page} of ${pageCount} comes out of order`,
      );
    pages.byteCount += bytes.byteLength;
    if (pages.byteCount > layoutBytesMax)
      throw new ProtocolError(
        'ERR_LAYOUT_INVALID',
        `Cannot accept layout: at most ${layoutBytesMax} bytes are allowed: got more`,
      );
    pages.pages.push(bytes.slice());
    if (pages.pages.length < pageCount) return null;
    this.#pages = null;
    const all = joinPages(pages);
    if (layoutIdOf(all, this.#sha256) !== layoutId)
      throw new ProtocolError('ERR_LAYOUT_INVALID', `Cannot accept layout: its bytes do not hash to ${layoutId}`);
    return all;
  }
}

function isNext(pages: Pages, { layoutId, page, pageCount }: LayoutMessage): boolean {
  const isSame = pages.layoutId === layoutId && pages.pageCount === pageCount;
  return isSame && pages.pages.length === page && page < pageCount;
}

function joinPages(pages: Pages): Uint8Array {
  const all = new Uint8Array(pages.byteCount);
  let at = 0;
  for (const page of pages.pages) {
    all.set(page, at);
    at += page.byteLength;
  }
  return all;
}
