/**
 * A dialog over the page: the platform's own, so that focus stays in it, Esc closes it and the page behind is inert. It
 * is shown as long as it stands in the page: whoever opens it renders it, and stops rendering it at `pw-close`.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { sharedStyles } from '../theme/shared.ts';
import { tell } from './events.ts';
import { icon } from './icons.ts';

@customElement('pw-dialog')
export class PwDialog extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      dialog {
        width: 480px;
        max-width: calc(100vw - 24px);
        max-height: calc(100dvh - 48px);
        padding: 0;
        border: 1px solid var(--pw-border-2);
        border-radius: var(--pw-r-4);
        background: var(--pw-surface-1);
        color: var(--pw-text-1);
        box-shadow: var(--pw-shadow-2);
        overflow: auto;
      }
      :host([size='wide']) dialog {
        width: 760px;
      }
      :host([size='full']) dialog {
        width: calc(100vw - 64px);
      }
      dialog::backdrop {
        background: var(--pw-backdrop);
      }
      header {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 12px;
        padding: 14px 12px 0 20px;
      }
      .content {
        padding: 12px 20px 20px;
      }
      footer {
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-end;
        gap: 8px;
        padding: 0 20px 20px;
      }
      footer:not(.filled) {
        display: none;
      }
      @media (max-width: 720px) {
        :host([size='full']) dialog {
          width: calc(100vw - 16px);
        }
      }
    `,
  ];

  /** Its title; no `title`, which the platform would show as a tooltip over everything. */
  @property() heading = '';
  @property({ reflect: true }) size: 'normal' | 'wide' | 'full' = 'normal';
  #opener: Element | null = null;

  override render() {
    return html`<dialog aria-labelledby="title" @close=${this.#closed} @click=${this.#clicked}>
      <header>
        <h2 id="title">${this.heading}</h2>
        <button class="btn ghost icon" aria-label="Close" @click=${this.close}>${icon('close', 14)}</button>
      </header>
      <div class="content"><slot></slot></div>
      <footer><slot name="actions" @slotchange=${this.#actionsChanged}></slot></footer>
    </dialog>`;
  }

  override firstUpdated(): void {
    this.#opener = deepActiveElement();
    this.renderRoot.querySelector('dialog')?.showModal();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // A dialog that leaves the page with its owner gives the focus back as well.
    if (this.#opener instanceof HTMLElement && this.#opener.isConnected) this.#opener.focus();
    this.#opener = null;
  }

  readonly close = (): void => {
    this.renderRoot.querySelector('dialog')?.close();
  };

  #closed(): void {
    tell(this, 'pw-close', null);
  }

  /** A click beside it. */
  #clicked(event: MouseEvent): void {
    const dialog = this.renderRoot.querySelector('dialog');
    if (event.target !== dialog || dialog === null) return;
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    const isInside = event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom;
    if (!isInside) this.close();
  }

  #actionsChanged(event: Event): void {
    const slot = event.target as HTMLSlotElement;
    slot.parentElement?.classList.toggle('filled', slot.assignedElements().length > 0);
  }
}

function deepActiveElement(): Element | null {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active;
}

/** A paragraph of a form that says what is wrong with it; nothing when all is well. */
export function problem(text: string | null | undefined, id?: string) {
  return text === null || text === undefined || text === ''
    ? nothing
    : html`<p class="problem" id=${id ?? nothing}>${text}</p>`;
}
