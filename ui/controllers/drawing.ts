/** Gives an element a place in the drawing loop while it is in the document. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { type Drawn, drawnBy } from '../frames.ts';

export class Drawing implements ReactiveController {
  readonly #element: ReactiveControllerHost & Element;
  readonly #draw: () => void;
  #drawn: Drawn | null = null;

  constructor(element: ReactiveControllerHost & Element, draw: () => void) {
    this.#element = element;
    this.#draw = draw;
    element.addController(this);
  }

  /** Asks for a draw in the next frame, or as soon as the element is in sight. */
  readonly mark = (): void => this.#drawn?.mark();

  hostConnected(): void {
    this.#drawn = drawnBy(this.#element, this.#draw);
  }

  hostDisconnected(): void {
    this.#drawn?.release();
    this.#drawn = null;
  }
}
