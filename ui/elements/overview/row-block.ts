/**
 * One canvas for the sparklines of sixteen lines of the table. A canvas a row is simpler, but each is a layer of its own
 * to the browser: with 45 of them it spent four times as long on layers as on drawing while one scrolled.
 */
import { fitCanvas, pixelRatio } from '../../frames.ts';
import type { TableColumn } from '../../model/overview/table-columns.ts';
import type { HostRow } from './host-row.ts';

export const blockLines = 16;
/** The same for every block, so that a canvas that goes to another is cleared and not made anew. */
const lineHeightMax = 40;

const canvasHeight = blockLines * lineHeightMax;

export interface BlockPlace {
  readonly top: number;
  /** Of its lines; the canvas may reach below. */
  readonly height: number;
  readonly columns: readonly TableColumn[];
}

export class RowBlock {
  readonly canvas = document.createElement('canvas');
  #place: BlockPlace = { top: 0, height: 0, columns: [] };
  #width = 0;
  #painted = '';

  constructor() {
    this.canvas.setAttribute('aria-hidden', 'true');
  }

  show(place: BlockPlace): void {
    const sparked = place.columns.filter(({ sparkWidth }) => sparkWidth > 0);
    const first = sparked[0];
    const last = sparked.at(-1);
    this.#place = place;
    this.#width = first === undefined || last === undefined ? 0 : last.x + last.sparkWidth - first.x;
    this.canvas.hidden = this.#width === 0;
    this.canvas.style.transform = `translate(${first?.x ?? 0}px, ${place.top}px)`;
    this.canvas.style.width = `${this.#width}px`;
    this.canvas.style.height = `${canvasHeight}px`;
  }

  /** Paints those of `rows` that are in the block and look different, or all when the block is another. */
  draw(rows: readonly HostRow[], rowHeight: number): void {
    const { top, height } = this.#place;
    if (this.#width === 0) return;
    const mine = rows.filter((row) => row.top >= top && row.top < top + height);
    const layout = `${top} ${height} ${this.#width} ${pixelRatio()} ${mine.map(({ host }) => host?.name).join()}`;
    const isNew = layout !== this.#painted;
    this.#painted = layout;
    if (isNew) {
      fitCanvas(this.canvas, this.#width, canvasHeight);
      for (const row of mine) row.forget();
    }
    const context = this.canvas.getContext('2d');
    if (context === null) return;
    for (const row of mine) {
      if (!row.write()) continue;
      context.clearRect(0, row.top - top, this.#width, rowHeight);
      row.paint(context, row.top - top);
    }
  }
}
