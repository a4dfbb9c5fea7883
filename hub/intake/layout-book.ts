/**
 * Every layout once: hosts that say the same share one object, so that a fleet of equal machines costs one
 * layout and a comparison of layouts is a comparison of references. Those that nobody uses any more go with the
 * garbage.
 */
import { decodeLayout, type Layout, type LayoutId } from '#core/series.ts';

export class LayoutBook {
  readonly #layouts = new Map<LayoutId, WeakRef<Layout>>();
  readonly #gone = new FinalizationRegistry<LayoutId>((id) => {
    if (this.#layouts.get(id)?.deref() === undefined) this.#layouts.delete(id);
  });

  /** The layout of these canonical bytes, whose hash `id` has been checked. Throws DecodeError. */
  decode(bytes: Uint8Array, id: LayoutId): Layout {
    return this.#layouts.get(id)?.deref() ?? this.share(decodeLayout(bytes, id));
  }

  /** The object that stands for this layout: the one known already, else this one from now on. */
  share(layout: Layout): Layout {
    const known = this.#layouts.get(layout.id)?.deref();
    if (known !== undefined) return known;
    this.#layouts.set(layout.id, new WeakRef(layout));
    this.#gone.register(layout, layout.id);
    return layout;
  }
}
