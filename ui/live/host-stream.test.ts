import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BlockEncoder, joinBlock } from '#core/block.ts';
import type { Snapshot, Tick } from '#core/message.ts';
import { encodeLayout, type Layout } from '#core/series.ts';
import { HostStream, LayoutBook } from './host-stream.ts';

const layout: Layout = {
  id: '0011223344556677',
  intervalMs: 1_000,
  series: [{ key: 'a', unit: '1', kind: 'gauge', every: 1 }],
};

function bookWithLayout(): LayoutBook {
  const book = new LayoutBook();
  book.accept({ kind: 'layout', layoutId: layout.id, page: 0, pageCount: 1, bytes: encodeLayout(layout) });
  return book;
}

/** A stream whose inflating waits until the test lets it go on. */
function streamUnderTest() {
  const gates: (() => void)[] = [];
  const failures: unknown[] = [];
  const stream = new HostStream({
    layouts: bookWithLayout(),
    windowMs: 60_000,
    inflate: (bytes) => new Promise((resolve) => gates.push(() => resolve(inflateRawSync(bytes)))),
    failed: (error) => failures.push(error),
  });
  return {
    stream,
    failures,
    /** Lets every page that waits be inflated, and those behind it. */
    async settle() {
      for (let turn = 0; turn < 20; turn += 1) {
        gates.shift()?.();
        await Promise.resolve();
      }
    },
  };
}

function tick(seq: number, ordinal = 1, timeMs = seq * 1_000): Tick {
  const column = new Uint8Array(Float64Array.of(seq).buffer);
  return { kind: 'tick', hostId: 1, ordinal, seq, layoutId: layout.id, timeMs, column };
}

function page(index: number, pageCount: number, seqs: readonly number[], ordinal = 1): Snapshot {
  const block = new BlockEncoder().encode({
    tickCount: seqs.length,
    columnCount: 2,
    values: Float64Array.from(seqs.flatMap((seq) => [seq, seq])),
    times: Float64Array.from(seqs, (seq) => seq * 1_000),
    intervalMs: 1_000,
  });
  return {
    kind: 'snapshot',
    hostId: 1,
    page: index,
    pageCount,
    ordinal,
    layoutId: layout.id,
    tickCount: seqs.length,
    block: deflateRawSync(joinBlock(block)),
  };
}

function seen({ ring }: HostStream): number[] {
  return [...(ring.column('a')?.subarray(ring.start, ring.end) ?? [])];
}

describe('HostStream', () => {
  test('keeps ticks that come while a page is inflated, and those between pages', async () => {
    const { stream, settle } = streamUnderTest();
    stream.accept(page(0, 2, [1, 2]));
    stream.accept(tick(5));
    await settle();
    stream.accept(tick(6));
    stream.accept(page(1, 2, [3, 4]));
    stream.accept(tick(7));
    await settle();
    expect(seen(stream)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('shows a tick once that stands in the snapshot and comes by itself', async () => {
    const { stream, settle } = streamUnderTest();
    stream.accept(page(0, 1, [1, 2, 3]));
    stream.accept(tick(3));
    stream.accept(tick(4));
    await settle();
    expect(seen(stream)).toEqual([1, 2, 3, 4]);
  });

  test('puts what a later snapshot brings into the hole that it fills', async () => {
    const { stream, settle } = streamUnderTest();
    for (const seq of [1, 2, 7]) stream.accept(tick(seq));
    stream.accept(page(0, 1, [3, 4, 5, 6, 7]));
    await settle();
    expect(seen(stream)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('says that a snapshot has come, also an empty one', async () => {
    const { stream, settle } = streamUnderTest();
    expect(stream.hasSnapshot).toBe(false);
    stream.accept({ ...page(0, 1, [1]), tickCount: 0, block: new Uint8Array(0) });
    await settle();
    expect(stream.hasSnapshot).toBe(true);
  });

  test('lets polled ticks make room for the real ones', async () => {
    const { stream, settle } = streamUnderTest();
    stream.accept(tick(1));
    stream.acceptPolled(4_500, layout, Float64Array.of(99));
    expect(seen(stream)).toEqual([1, 99]);
    stream.restart();
    stream.accept(page(0, 1, [1, 2, 3, 4, 5]));
    await settle();
    expect(seen(stream)).toEqual([1, 2, 3, 4, 5]);
  });

  test('forgets the streams of a hub that has forgotten them itself', async () => {
    const { stream, settle } = streamUnderTest();
    stream.accept(tick(50, 9));
    stream.restart();
    stream.accept(page(0, 1, [100, 101], 1));
    await settle();
    expect(seen(stream)).toEqual([100, 101]);
  });

  test('drops what still waits when a new socket starts', async () => {
    const { stream, settle } = streamUnderTest();
    stream.accept(page(0, 1, [1]));
    stream.accept(tick(2));
    stream.restart();
    await settle();
    expect([seen(stream), stream.hasSnapshot]).toEqual([[], false]);
  });

  test('leaves out a tick whose layout it does not have', () => {
    const { stream } = streamUnderTest();
    stream.accept({ ...tick(1), layoutId: 'ffffffffffffffff' });
    expect(seen(stream)).toEqual([]);
  });

  test('reports a page that is no block', async () => {
    const { stream, settle, failures } = streamUnderTest();
    stream.accept({ ...page(0, 1, [1]), block: deflateRawSync(new Uint8Array([1, 2, 3])) });
    await settle();
    expect(failures).toHaveLength(1);
  });
});

describe('LayoutBook', () => {
  test('accept() joins pages in their order', () => {
    const bytes = encodeLayout(layout);
    const book = new LayoutBook();
    const message = { kind: 'layout', layoutId: layout.id, pageCount: 2 } as const;
    book.accept({ ...message, page: 0, bytes: bytes.subarray(0, 5) });
    expect(book.get(layout.id)).toBeNull();
    book.accept({ ...message, page: 1, bytes: bytes.subarray(5) });
    expect(book.get(layout.id)).toEqual(layout);
  });

  test('accept() refuses a page that does not come next', () => {
    const book = new LayoutBook();
    expect(() =>
      book.accept({ kind: 'layout', layoutId: layout.id, page: 1, pageCount: 2, bytes: new Uint8Array(1) }),
    ).toThrow('page 0 of 2 must come next: got 1');
  });
});
