/**
 * Single keys of a page: they work wherever the focus is, but not while one types, not with Ctrl, Alt or ⌘, not behind
 * an open dialog, and not at all for whoever has turned them off. The list behind "?" is `model/key-list.ts`.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { hasSingleKeys } from '../settings.ts';

/** By `KeyboardEvent.key`. Gives false when the key means nothing now: it is then left to others. */
export type KeyTable = Readonly<Record<string, (event: KeyboardEvent) => unknown>>;

export class Keys implements ReactiveController {
  readonly #table: KeyTable;

  constructor(host: ReactiveControllerHost, table: KeyTable) {
    this.#table = table;
    host.addController(this);
  }

  hostConnected(): void {
    window.addEventListener('keydown', this.#pressed);
  }

  hostDisconnected(): void {
    window.removeEventListener('keydown', this.#pressed);
  }

  readonly #pressed = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!Object.hasOwn(this.#table, event.key) || isField(event) || isBehindDialog(event) || !hasSingleKeys()) return;
    if (isOwnKeyOf(event)) return;
    if (this.#table[event.key]?.(event) !== false) event.preventDefault();
  };
}

/** Whether one types into something. */
function isField(event: Event): boolean {
  const target = event.composedPath()[0];
  return target instanceof Element && target.matches('input, select, textarea, [contenteditable]');
}

/** Space and Enter press the button or follow the link that has the focus. */
function isOwnKeyOf(event: KeyboardEvent): boolean {
  if (event.key !== ' ' && event.key !== 'Enter') return false;
  const target = event.composedPath()[0];
  return target instanceof Element && target.matches('button, a, summary, [role="button"]');
}

/** A dialog that is open has the keys to itself. */
function isBehindDialog(event: Event): boolean {
  return event.composedPath().some((target) => target instanceof HTMLDialogElement && target.open);
}
