/**
 * How wide the gutter left of the plots is. All charts of a page have one, so that the same moment stands at the same
 * pixel down the page: as wide as the longest label of any of them wants, up to a bound. It never gets narrower while
 * there are charts, or they would move with each new label. Pure.
 */

/** CSS pixels: six characters and a thin space of 11 px, and the gap to the plot. */
export const gutterMin = 46;
/** Twelve digits, a point and "GiB"; a label that is longer is cut at its end. */
export const gutterMax = 112;
/** Between a label and the plot. */
export const gutterGap = 5;
/** Labels of nearly the same width are no reason to move every chart. */
const gutterStep = 6;

export class Gutter {
  readonly #moves = new Set<() => void>();
  #width = gutterMin;

  /** CSS pixels. */
  get width(): number {
    return this.#width;
  }

  /** A chart is there: `move` is called when the width is another one. The result takes it away again. */
  join(move: () => void): () => void {
    this.#moves.add(move);
    return () => {
      this.#moves.delete(move);
      if (this.#moves.size === 0) this.#width = gutterMin;
    };
  }

  /** Makes room for labels of these widths; whether it had to move the charts for it. */
  fit(labelWidths: readonly number[]): boolean {
    const wanted = Math.max(0, ...labelWidths) + gutterGap;
    if (wanted <= this.#width) return false;
    const steps = Math.ceil((wanted - gutterMin) / gutterStep);
    const width = Math.min(gutterMax, gutterMin + steps * gutterStep);
    if (width === this.#width) return false;
    this.#width = width;
    for (const move of this.#moves) move();
    return true;
  }
}

/** A label that fits into the widest gutter: what is too long loses its end, and says so. */
export function fittedLabel(text: string, widthOf: (text: string) => number): string {
  if (widthOf(text) <= gutterMax - gutterGap) return text;
  let length = text.length - 1;
  while (length > 0 && widthOf(`${text.slice(0, length)}\u2026`) > gutterMax - gutterGap) length -= 1;
  return `${text.slice(0, length)}\u2026`;
}
