/**
 * What the hub remembers of a host that pushes: its names with the newest value of each, and the layout that
 * its bodies are sampled into. The hub is the sampler of such hosts: one layout, the union of the names
 * of the last 24 h. Pure.
 */
import { layoutBytesMax } from '#core/limits.ts';
import { createLayout, encodeLayout, type Layout, type Sha256 } from '#core/series.ts';
import type { PushTick } from './push-body.ts';

/** A name that has not come for this long leaves the layout. Its newest value is kept. */
const layoutNameMsMax = 86_400_000;
/** Names kept at most: as many as one body may have. */
const namesMax = 4_000;
/** Cells of one body: 8 MiB of doubles. Most are "not due" where each value has a timestamp of its own. */
const cellsMax = 1_048_576;
/** Pushes have no interval of their own; a minute is what such clients use. */
export const pushIntervalMs = 60_000;

interface Name {
  seenMs: number;
  /** Time of `value`; -Infinity before the first that was stored. */
  timeMs: number;
  value: number;
}

export interface PushedValue {
  readonly key: string;
  readonly timeMs: number;
  readonly value: number;
}

export class PushedHost {
  /** In the order of their first coming: a layout grows at its end. */
  readonly #names = new Map<string, Name>();
  #layout: Layout | null = null;
  /** Whether what was stored before the hub's start has been looked up. */
  isRestored = false;

  /** The layout for a body that comes now; null when its names and times are too many for one block. */
  layoutFor(ticks: readonly PushTick[], nowMs: number, sha256: Sha256): Layout | null {
    const own = new Set(ticks.flatMap((tick) => [...tick.values.keys()]));
    this.#see(own, nowMs);
    const union: string[] = [];
    for (const [key, name] of this.#names) if (nowMs - name.seenMs <= layoutNameMsMax) union.push(key);
    const layout = this.#layoutOf(union, ticks.length, sha256);
    if (layout !== null) this.#layout = layout;
    return layout ?? this.#layoutOf([...own], ticks.length, sha256);
  }

  /** Notes values that are stored. */
  note(ticks: readonly PushTick[]): void {
    for (const { timeMs, values } of ticks) {
      for (const [key, value] of values) {
        const name = this.#names.get(key);
        if (name === undefined || timeMs < name.timeMs) continue;
        name.timeMs = timeMs;
        name.value = value;
      }
    }
  }

  /** Takes over what an earlier run of the hub has stored, where nothing newer has come since. */
  restore(values: readonly PushedValue[]): void {
    for (const { key, timeMs, value } of values) {
      const known = this.#names.get(key);
      if (known === undefined) {
        if (this.#names.size < namesMax) this.#names.set(key, { seenMs: timeMs, timeMs, value });
      } else if (timeMs > known.timeMs) {
        known.timeMs = timeMs;
        known.value = value;
      }
    }
  }

  /** The newest value of each name. */
  latest(): Map<string, number> {
    const values = new Map<string, number>();
    for (const [key, { timeMs, value }] of this.#names) if (timeMs > Number.NEGATIVE_INFINITY) values.set(key, value);
    return values;
  }

  #see(own: ReadonlySet<string>, nowMs: number): void {
    for (const key of own) {
      const name = this.#names.get(key);
      if (name === undefined)
        this.#names.set(key, { seenMs: nowMs, timeMs: Number.NEGATIVE_INFINITY, value: Number.NaN });
      else name.seenMs = nowMs;
    }
    if (this.#names.size <= namesMax) return;
    const oldestFirst = [...this.#names].sort(([, a], [, b]) => a.seenMs - b.seenMs);
    for (const [key] of oldestFirst.slice(0, this.#names.size - namesMax)) this.#names.delete(key);
  }

  #layoutOf(keys: readonly string[], tickCount: number, sha256: Sha256): Layout | null {
    if (keys.length * tickCount > cellsMax) return null;
    const before = this.#layout;
    if (
      before !== null &&
      before.series.length === keys.length &&
      before.series.every(({ key }, at) => key === keys[at])
    )
      return before;
    const shape = {
      intervalMs: pushIntervalMs,
      series: keys.map((key) => ({ key, unit: '', kind: 'gauge' as const, every: 1 })),
    };
    return encodeLayout(shape).byteLength > layoutBytesMax ? null : createLayout(shape, sha256);
  }
}
