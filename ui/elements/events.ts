/** What elements tell the shell. Events bubble out of every shadow root and are heard by `pw-app`. */
import type { Route } from '../model/route.ts';

/** The same view, changed: typing and dragging do not fill the history. */
export function replaceRoute(from: EventTarget, route: Route): void {
  tell(from, 'pw-route', route);
}

/** Another view: "back" comes back from it. */
export function openRoute(from: EventTarget, route: Route): void {
  tell(from, 'pw-navigate', route);
}

export interface Toast {
  /** `done` is read out when there is time, `failed` at once. */
  readonly kind: 'done' | 'failed';
  /** One sentence; the word of the button that was pressed returns in it. */
  readonly text: string;
}

/** Says for some seconds how something ended. */
export function showToast(from: EventTarget, toast: Toast): void {
  tell(from, 'pw-toast', toast);
}

export function tell<Detail>(from: EventTarget, name: string, detail: Detail): void {
  from.dispatchEvent(new CustomEvent<Detail>(name, { detail, bubbles: true, composed: true }));
}
