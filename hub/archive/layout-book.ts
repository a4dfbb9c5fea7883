/**
 * Layouts that readers of history have met, by host, in bounded memory: without them a query takes a statement more.
 */
import type { Layout, LayoutId } from '#core/series.ts';

/** Series of all layouts kept: some 200 bytes each. */
const seriesKeptMax = 200_000;
/** A host whose layouts change by the minute has no use for the old ones. */
const layoutsPerHostMax = 64;

export class LayoutBook {
  /** Least recently used first. */
  readonly #hosts = new Map<number, Map<LayoutId, Layout>>();
  #seriesCount = 0;

  /** Those known of a host; it counts as used. */
  of(hostId: number): IterableIterator<Layout> {
    const layouts = this.#hosts.get(hostId);
    if (layouts === undefined) return new Map<LayoutId, Layout>().values();
    this.#hosts.delete(hostId);
    this.#hosts.set(hostId, layouts);
    return layouts.values();
  }

  learn(hostId: number, layout: Layout): void {
    const layouts = this.#hosts.get(hostId) ?? new Map<LayoutId, Layout>();
    this.#hosts.delete(hostId);
    this.#hosts.set(hostId, layouts);
    if (layouts.has(layout.id)) return;
    layouts.set(layout.id, layout);
    this.#seriesCount += layout.series.length;
    if (layouts.size > layoutsPerHostMax) this.#forget(layouts);
    for (const [oldestId, oldest] of this.#hosts) {
      if (this.#seriesCount <= seriesKeptMax || oldestId === hostId) break;
      while (oldest.size > 0) this.#forget(oldest);
      this.#hosts.delete(oldestId);
    }
  }

  #forget(layouts: Map<LayoutId, Layout>): void {
    for (const [id, layout] of layouts) {
      layouts.delete(id);
      this.#seriesCount -= layout.series.length;
      return;
    }
  }
}
