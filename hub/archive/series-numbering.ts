/**
 * The series that a query means, numbered in the order in which they are met, and where they stand in each layout.
 */
import type { Layout, LayoutId } from '#core/series.ts';
import type { SeriesMatcher } from '#core/series-pattern.ts';
import { pushedNameOf } from '../push-body.ts';
import type { LayoutPlaces } from './stored-blocks.ts';

export class SeriesNumbering {
  readonly #matcher: SeriesMatcher;
  readonly #numbers = new Map<string, number>();
  readonly #layouts = new Map<LayoutId, { readonly layout: Layout; readonly places: LayoutPlaces }>();

  constructor(matcher: SeriesMatcher) {
    this.#matcher = matcher;
  }

  get count(): number {
    return this.#numbers.size;
  }

  add(layout: Layout): void {
    if (this.#layouts.has(layout.id)) return;
    const places: number[] = [];
    const numbers: number[] = [];
    layout.series.forEach(({ key }, place) => {
      if (!this.means(key)) return;
      places.push(place);
      numbers.push(this.numberOf(key));
    });
    const { id } = layout;
    this.#layouts.set(id, { layout, places: { id, columnCount: layout.series.length, places, numbers } });
  }

  means(key: string): boolean {
    return this.#numbers.has(key) || this.#matcher(key) || this.#matcher(pushedNameOf(key));
  }

  numberOf(key: string): number {
    let number = this.#numbers.get(key);
    if (number === undefined) this.#numbers.set(key, (number = this.#numbers.size));
    return number;
  }

  layouts(): LayoutPlaces[] {
    return Array.from(this.#layouts.values(), ({ places }) => places);
  }

  layout(id: LayoutId): { readonly layout: Layout; readonly places: LayoutPlaces } {
    return this.#layouts.get(id)!;
  }
}
