/**
 * Which part of a long element is on the screen, for lists that make elements of that part only. Scrolling is looked at
 * once a frame.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

export class Viewport implements ReactiveController {
  readonly #element: ReactiveControllerHost & Element;
  readonly #changed: () => void;
  readonly #sizes = new ResizeObserver(() => this.#look());
  #frame = 0;
  #top = 0;
  #bottom = 0;
  #width = 0;

  constructor(element: ReactiveControllerHost & Element, changed: () => void) {
    this.#element = element;
    this.#changed = changed;
    element.addController(this);
  }

  /** From the top of the element, px; may lie outside of it. */
  get top(): number {
    return this.#top;
  }

  get bottom(): number {
    return this.#bottom;
  }

  /** Width of the element, px. */
  get width(): number {
    return this.#width;
  }

  hostConnected(): void {
    this.#measure();
    window.addEventListener('scroll', this.#look, { passive: true });
    window.addEventListener('resize', this.#look, { passive: true });
    this.#sizes.observe(this.#element);
  }

  hostDisconnected(): void {
    window.removeEventListener('scroll', this.#look);
    window.removeEventListener('resize', this.#look);
    this.#sizes.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** Scrolls as little as it takes to show what stands from `top` to `bottom` of the element. */
  show(top: number, bottom: number): void {
    const above = this.#element.getBoundingClientRect().top;
    const { head, foot } = edges();
    const overTop = above + top - head;
    const overBottom = above + bottom - (window.innerHeight - foot);
    if (overTop < 0) window.scrollBy({ top: overTop });
    else if (overBottom > 0) window.scrollBy({ top: overBottom });
    this.#measure();
  }

  readonly #look = (): void => {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#measure();
      this.#changed();
    });
  };

  #measure(): void {
    const { top, width } = this.#element.getBoundingClientRect();
    this.#top = -top;
    this.#bottom = window.innerHeight - top;
    this.#width = width;
  }
}

/** What bars cover at the top and the bottom of the window, px. */
function edges() {
  return { head: 96, foot: 72 };
}
