/**
 * A field that suggests while one types (ARIA combobox with a listbox): hosts, tags, metrics, zones. The list is in the
 * top layer, so that no panel cuts it off. What is chosen is told by `pw-choose`; text that is no suggestion is told as
 * well where `isFree`.
 */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { sharedStyles } from '../theme/shared.ts';
import { tell } from './events.ts';

export interface Choice {
  readonly value: string;
  /** Shown instead of the value. */
  readonly label?: string;
  /** Quieter, at the end of the line. */
  readonly hint?: string;
}

/** More cannot be read; the list says how many are left out. */
const shownMax = 50;

@customElement('pw-combo')
export class PwCombo extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        position: relative;
        min-width: 0;
      }
      ul {
        position: fixed;
        inset: auto;
        margin: 0;
        padding: 4px;
        width: max-content;
        max-width: min(480px, calc(100vw - 8px));
        max-height: 260px;
        overflow-y: auto;
        border: 1px solid var(--pw-border-2);
        border-radius: var(--pw-r-2);
        background: var(--pw-surface-1);
        color: var(--pw-text-1);
        box-shadow: var(--pw-shadow-2);
        font-size: var(--pw-fs-2);
      }
      li {
        display: flex;
        align-items: center;
        gap: 12px;
        min-height: 28px;
        padding: 2px 8px;
        border-radius: 4px;
        cursor: pointer;
      }
      li[aria-selected='true'] {
        background: var(--pw-accent-bg);
      }
      li span {
        min-width: 0;
        overflow-wrap: anywhere;
      }
      li .hint {
        margin-left: auto;
        white-space: nowrap;
      }
      .more {
        padding: 4px 8px;
      }
    `,
  ];

  /** Name for people who do not see it. */
  @property() label = '';
  @property() placeholder = '';
  /** What stands in the field. */
  @property() value = '';
  /** Every choice, or a function that gives those for a text, the best first. */
  @property({ attribute: false }) choices: readonly Choice[] | ((text: string) => readonly Choice[]) = [];
  /** Enter takes whatever is typed. */
  @property({ type: Boolean }) isFree = false;
  /** The field is emptied after a choice: it adds to something. */
  @property({ type: Boolean }) isAdding = false;
  @property({ type: Boolean }) disabled = false;
  @state() private isOpen = false;
  @state() private at = -1;

  override render() {
    const found = this.isOpen ? this.#found() : [];
    const shown = found.slice(0, shownMax);
    return html`<input
        class="input"
        role="combobox"
        aria-label=${this.label}
        aria-autocomplete="list"
        aria-expanded=${this.isOpen && shown.length > 0 ? 'true' : 'false'}
        aria-controls="list"
        aria-activedescendant=${this.at >= 0 && this.at < shown.length ? `choice-${this.at}` : nothing}
        placeholder=${this.placeholder}
        autocomplete="off"
        spellcheck="false"
        ?disabled=${this.disabled}
        .value=${this.value}
        @input=${this.#typed}
        @focus=${this.#entered}
        @click=${this.#opened}
        @blur=${this.#left}
        @keydown=${this.#keyPressed}
      />
      <ul id="list" role="listbox" aria-label=${this.label} popover="manual">
        ${shown.map(
          (choice, index) => html`<li
            id="choice-${index}"
            role="option"
            aria-selected=${index === this.at ? 'true' : 'false'}
            @pointerdown=${(event: Event) => event.preventDefault()}
            @click=${() => this.#choose(choice.value)}
          >
            <span>${choice.label ?? choice.value}</span>${choice.hint === undefined ? nothing : html`<span class="hint">${choice.hint}</span>`}
          </li>`,
        )}
        ${found.length > shownMax ? html`<li class="hint more" role="presentation">${found.length - shownMax} more: type to narrow down</li>` : nothing}
      </ul>`;
  }

  override updated(_: PropertyValues<this>): void {
    const list = this.renderRoot.querySelector('ul')!;
    const isShown = this.isOpen && list.children.length > 0;
    if (isShown !== list.matches(':popover-open')) {
      if (isShown) list.showPopover();
      else list.hidePopover();
    }
    if (isShown) this.#place(list);
    list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }

  override focus(): void {
    this.renderRoot.querySelector('input')?.focus();
  }

  #found(): readonly Choice[] {
    const { choices, value } = this;
    if (typeof choices === 'function') return choices(value);
    const words = value.toLowerCase().split(/\s+/).filter(Boolean);
    // A field that holds its choice shows all of them when it is opened.
    if (!this.isAdding && choices.some((choice) => choice.value === value)) return choices;
    return choices.filter((choice) => {
      const text = `${choice.label ?? ''} ${choice.value}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  /** Under the field, or over it where there is no room. */
  #place(list: HTMLElement): void {
    const box = this.getBoundingClientRect();
    list.style.minWidth = `${Math.max(box.width, 200)}px`;
    list.style.left = `${Math.max(4, Math.min(box.left, window.innerWidth - list.offsetWidth - 4))}px`;
    const isAbove = box.bottom + list.offsetHeight + 8 > window.innerHeight && box.top > list.offsetHeight + 8;
    list.style.top = isAbove ? `${box.top - list.offsetHeight - 4}px` : `${box.bottom + 4}px`;
  }

  #typed(event: Event): void {
    this.value = (event.target as HTMLInputElement).value;
    this.isOpen = true;
    this.at = this.isFree ? -1 : 0;
    tell(this, 'pw-input', this.value);
  }

  /** Typing replaces a choice that stands in the field. */
  #entered(event: Event): void {
    if (!this.isAdding) (event.target as HTMLInputElement).select();
    this.#opened();
  }

  readonly #opened = (): void => {
    this.isOpen = true;
  };

  #left(): void {
    this.isOpen = false;
    this.at = -1;
  }

  #choose(value: string): void {
    this.value = this.isAdding ? '' : value;
    this.isOpen = false;
    this.at = -1;
    tell(this, 'pw-choose', value);
  }

  #keyPressed(event: KeyboardEvent): void {
    const shown = this.isOpen ? this.#found().slice(0, shownMax) : [];
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp': {
        event.preventDefault();
        const by = event.key === 'ArrowDown' ? 1 : -1;
        this.isOpen = true;
        this.at = Math.max(-1, Math.min(this.#found().length - 1, shownMax - 1, this.at + by));
        return;
      }
      case 'Enter': {
        const chosen = shown[this.at]?.value ?? (this.isFree ? this.value.trim() : '');
        if (chosen === '') return;
        event.preventDefault();
        this.#choose(chosen);
        return;
      }
      case 'Escape':
        if (!this.isOpen) return;
        // The list is closed, not the dialog around it.
        event.preventDefault();
        event.stopPropagation();
        this.isOpen = false;
    }
  }
}
