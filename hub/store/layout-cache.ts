/**
 * Layouts by id, read from the database once: equal layouts are one object, so that what is derived from one can be
 * kept by its identity. Bounded; the ones used longest ago go first.
 */
import type { Layout, LayoutId } from '#core/series.ts';
import type { Sql } from './connect.ts';
import { readLayouts } from './layouts.ts';

/** 4,096 layouts of 60 series are some 20 MB. */
const layoutsMax = 4_096;

export class LayoutCache {
  readonly #sql: Sql;
  readonly #layouts = new Map<LayoutId, Layout>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The layouts named, each id once. Ids that are not stored are missing in the answer. */
  async read(ids: Iterable<LayoutId>): Promise<Map<LayoutId, Layout>> {
    const wanted = new Set(ids);
    const found = await readLayouts(
      this.#sql,
      [...wanted].filter((id) => !this.#layouts.has(id)),
    );
    const result = new Map<LayoutId, Layout>();
    for (const id of wanted) {
      const layout = this.#layouts.get(id) ?? found.get(id);
      if (layout === undefined) continue;
      result.set(id, layout);
      // Put in again, it is the one used last.
      this.#layouts.delete(id);
      this.#layouts.set(id, layout);
    }
    for (const id of this.#layouts.keys()) {
      if (this.#layouts.size <= layoutsMax) break;
      this.#layouts.delete(id);
    }
    return result;
  }
}
