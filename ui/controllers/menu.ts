/**
 * A menu behind a button: opens at a click, walks by arrows, closes at Esc, which gives the focus back, and when the focus
 * leaves it. Its owner renders a button first and, while `isOpen`, items with the role "menuitem".
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

type Owner = ReactiveControllerHost & HTMLElement & { readonly renderRoot: HTMLElement | DocumentFragment };

export class Menu implements ReactiveController {
  isOpen = false;
  readonly #host: Owner;

  constructor(host: Owner) {
    this.#host = host;
    host.addController(this);
    host.addEventListener('focusout', (event) => {
      if (!(event.relatedTarget instanceof Node) || !host.renderRoot.contains(event.relatedTarget)) this.close();
    });
    host.addEventListener('keydown', (event) => this.#keyPressed(event));
  }

  /** Focus goes into a menu that has come. */
  hostUpdated(): void {
    const isInside = this.#items().some((item) => item.matches(':focus'));
    if (this.isOpen && !isInside) this.#items()[0]?.focus();
  }

  readonly toggle = (): void => {
    this.#set(!this.isOpen);
  };

  close(): void {
    this.#set(false);
  }

  #set(isOpen: boolean): void {
    if (this.isOpen === isOpen) return;
    this.isOpen = isOpen;
    this.#host.requestUpdate();
  }

  #items(): HTMLElement[] {
    return [...this.#host.renderRoot.querySelectorAll<HTMLElement>('[role="menuitem"]')];
  }

  #keyPressed(event: KeyboardEvent): void {
    if (!this.isOpen) return;
    const items = this.#items();
    const at = items.findIndex((item) => item.matches(':focus'));
    if (event.key === 'Escape') {
      this.close();
      this.#host.renderRoot.querySelector('button')?.focus();
    } else if (event.key === 'ArrowDown') items[(at + 1) % items.length]?.focus();
    else if (event.key === 'ArrowUp') items[(at - 1 + items.length) % items.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
