/**
 * Asks before a page with changes is left, whichever way: a link, the jump field, "back", closing the tab. While
 * `isToStay` says so, what would lead elsewhere is held; the page then asks (`isAsking`), and `leave` does what was held.
 * It listens at the window before everybody else, so that the shell hears of nothing that is held; of "back" the shell
 * asks by `pw-leaving`.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { openRoute } from '../elements/events.ts';
import type { Route } from '../model/route.ts';

/** Whether something would be lost. */
export type IsToStay = () => boolean;

export class LeaveGuard implements ReactiveController {
  readonly #host: ReactiveControllerHost & EventTarget;
  readonly #wouldLose: IsToStay;
  #held: (() => void) | null = null;
  #isLeaving = false;

  constructor(host: ReactiveControllerHost & EventTarget, isToStay: IsToStay) {
    this.#host = host;
    this.#wouldLose = isToStay;
    host.addController(this);
  }

  /** Whether something is held: the page is to ask. */
  get isAsking(): boolean {
    return this.#held !== null;
  }

  readonly stay = (): void => {
    this.#held = null;
    this.#host.requestUpdate();
  };

  readonly leave = (): void => {
    const held = this.#held;
    this.#held = null;
    this.#isLeaving = true;
    held?.();
    this.#host.requestUpdate();
  };

  /** Another thing is shown: what was let go was that before. */
  reset(): void {
    this.#isLeaving = false;
    this.#held = null;
  }

  hostConnected(): void {
    this.reset();
    window.addEventListener('beforeunload', this.#unloading);
    window.addEventListener('click', this.#clicked, true);
    window.addEventListener('pw-navigate', this.#navigating, true);
    this.#host.addEventListener('pw-leaving', this.#goingBack);
  }

  hostDisconnected(): void {
    window.removeEventListener('beforeunload', this.#unloading);
    window.removeEventListener('click', this.#clicked, true);
    window.removeEventListener('pw-navigate', this.#navigating, true);
    this.#host.removeEventListener('pw-leaving', this.#goingBack);
  }

  get #isToStay(): boolean {
    return !this.#isLeaving && this.#wouldLose();
  }

  #hold(event: Event, later: () => void): void {
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#held = later;
    this.#host.requestUpdate();
  }

  readonly #clicked = (event: MouseEvent): void => {
    const opensElsewhere = event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey;
    if (opensElsewhere || !this.#isToStay) return;
    const link = event
      .composedPath()
      .find((one): one is HTMLAnchorElement => one instanceof HTMLAnchorElement && one.hasAttribute('data-navigate'));
    if (link !== undefined) this.#hold(event, () => link.click());
  };

  /** What leads elsewhere without a link. */
  readonly #navigating = (event: Event): void => {
    if (!this.#isToStay) return;
    const { detail } = event as CustomEvent<Route>;
    this.#hold(event, () => openRoute(this.#host, detail));
  };

  /** The shell has put the address back. */
  readonly #goingBack = (event: Event): void => {
    if (this.#isToStay) this.#hold(event, () => history.back());
  };

  readonly #unloading = (event: BeforeUnloadEvent): void => {
    if (this.#isToStay) event.preventDefault();
  };
}
