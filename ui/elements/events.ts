/** What elements tell the shell. Events bubble out of every shadow root and are heard by `pw-app`. */
import type { Asked } from '../api/client.ts';
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

/** Says how something ended that was asked of the hub; `done` when it was taken. */
export function showOutcome(from: EventTarget, asked: Asked<unknown>, done: string): void {
  showToast(from, asked.kind === 'ok' ? { kind: 'done', text: done } : { kind: 'failed', text: asked.why });
}

/** The same of something that should be gone. It may have ended by itself, or by somebody else: that is what was wanted. */
export function showGone(from: EventTarget, asked: Asked<unknown>, done: string): void {
  const isGone = asked.kind === 'failed' && asked.status === 404;
  showOutcome(from, isGone ? { kind: 'ok', value: null } : asked, done);
}

export function tell<Detail>(from: EventTarget, name: string, detail: Detail): void {
  from.dispatchEvent(new CustomEvent<Detail>(name, { detail, bubbles: true, composed: true }));
}
