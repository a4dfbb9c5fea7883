/** How things ended, for some seconds: at the bottom of the page, and read out. What failed stays until it is closed. */
import { css, html, LitElement } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { sharedStyles } from '../../theme/shared.ts';
import type { Toast } from '../events.ts';
import { icon } from '../icons.ts';

const shownMs = 6_000;
/** Older ones make room. */
const shownMax = 3;

interface Shown extends Toast {
  readonly id: number;
}

@customElement('pw-toasts')
export class PwToasts extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        position: fixed;
        left: 50%;
        bottom: 40px;
        z-index: var(--pw-z-toast);
        display: grid;
        gap: 8px;
        justify-items: center;
        width: max-content;
        max-width: calc(100vw - 24px);
        transform: translateX(-50%);
        pointer-events: none;
      }
      .toast {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 6px 6px 6px 12px;
        border-radius: var(--pw-r-2);
        background: var(--pw-text-1);
        color: var(--pw-text-inverse);
        box-shadow: var(--pw-shadow-2);
        font-size: var(--pw-fs-2);
        overflow-wrap: anywhere;
        pointer-events: auto;
      }
      .toast.failed {
        padding-left: 10px;
        border-left: 4px solid var(--pw-down);
      }
      button {
        display: grid;
        place-items: center;
        flex: none;
        width: max(24px, var(--pw-h-control));
        height: max(24px, var(--pw-h-control));
        padding: 0;
        border: 0;
        border-radius: 4px;
        background: none;
        color: inherit;
        cursor: pointer;
      }
      @media (max-width: 720px) {
        :host {
          bottom: 68px;
        }
      }
    `,
  ];

  @state() private shown: readonly Shown[] = [];
  #lastId = 0;

  override render() {
    return html`<div role="status">${this.#renderKind('done')}</div>
      <div role="alert">${this.#renderKind('failed')}</div>`;
  }

  #renderKind(kind: Toast['kind']) {
    return repeat(
      this.shown.filter((toast) => toast.kind === kind),
      ({ id }) => id,
      ({ id, text }) => html`<div class="toast ${kind}">
        <span>${text}</span>
        <button aria-label="Close" @click=${() => this.#close(id)}>${icon('close', 12)}</button>
      </div>`,
    );
  }

  show(toast: Toast): void {
    this.#lastId += 1;
    const id = this.#lastId;
    this.shown = [...this.shown, { ...toast, id }].slice(-shownMax);
    if (toast.kind === 'done') setTimeout(() => this.#close(id), shownMs);
  }

  #close(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}
