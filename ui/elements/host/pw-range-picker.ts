/**
 * The span that is shown: presets that are live, and one of one's own between two times of the display zone.
 * Tells `pw-range`.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Window } from '../../model/charts/chart-data.ts';
import { displayZoneText } from '../../model/display-zone.ts';
import { rangePresets, spanMsMax, spanMsMin, type TimeRange } from '../../model/time-range.ts';
import { formatWallTime, parseWallTime } from '../../model/wall-time.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';

@customElement('pw-range-picker')
export class PwRangePicker extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        position: relative;
        min-width: 0;
      }
      .scroll {
        overflow-x: auto;
        scrollbar-width: none;
        border-radius: var(--pw-r-2);
      }
      .seg > button:focus-visible {
        outline-offset: -2px;
      }
      form {
        position: absolute;
        left: 0;
        top: calc(100% + 6px);
        z-index: var(--pw-z-sticky);
        display: grid;
        gap: 10px;
        width: 264px;
        max-width: calc(100vw - 24px);
        padding: 12px;
        border: 1px solid var(--pw-border-2);
        border-radius: var(--pw-r-3, var(--pw-r-2));
        background: var(--pw-surface-1);
        box-shadow: var(--pw-shadow-2);
      }
      footer {
        display: flex;
        justify-content: flex-end;
        gap: 8px;
      }
      input {
        color-scheme: inherit;
      }
    `,
  ];

  @property({ attribute: false }) range!: TimeRange;
  /** What a range of one's own begins with. */
  @property({ attribute: false }) window!: Window;
  @property({ type: Number }) nowMs = 0;
  @state() private isOpen = false;
  @state() private problem = '';
  @query('[name="from"]') private fromField!: HTMLInputElement | null;
  @query('[name="to"]') private toField!: HTMLInputElement | null;
  @query('.custom') private customButton!: HTMLButtonElement;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#close();
  }

  override render() {
    const { range } = this;
    return html`<div class="scroll">
        <div class="seg" role="group" aria-label="Time shown">
          ${rangePresets.map(({ title, spanMs }, index) => {
            const isOn = range.kind === 'live' && range.spanMs === spanMs;
            return html`<button aria-pressed=${isOn ? 'true' : 'false'} title="Key ${index + 1}" @click=${() => this.#choose({ kind: 'live', spanMs })}>
              ${index === 0 ? `Live ${title}` : title}
            </button>`;
          })}
          <button
            class="custom"
            aria-pressed=${range.kind === 'fixed' ? 'true' : 'false'}
            aria-expanded=${this.isOpen ? 'true' : 'false'}
            @click=${this.#toggle}
          >
            Custom
          </button>
        </div>
      </div>
      ${this.isOpen ? this.#renderForm() : nothing}`;
  }

  #renderForm() {
    const zone = displayZoneText(this.window.toMs);
    return html`<form aria-label="Time from and to" novalidate @submit=${this.#apply} @keydown=${this.#keyPressed}>
      <div class="field">
        <label for="from">From</label>
        <input id="from" name="from" class="input" type="datetime-local" step="1" aria-describedby="zone" />
      </div>
      <div class="field">
        <label for="to">To</label>
        <input id="to" name="to" class="input" type="datetime-local" step="1" aria-describedby="zone" />
      </div>
      <p id="zone" class="hint">Times are ${zone}. The page stands still while it shows them.</p>
      ${this.problem === '' ? nothing : html`<p class="problem" role="alert">${this.problem}</p>`}
      <footer>
        <button type="button" class="btn" @click=${this.#cancel}>Cancel</button>
        <button class="btn primary">Apply</button>
      </footer>
    </form>`;
  }

  #toggle(): void {
    if (this.isOpen) this.#close();
    else void this.#open();
  }

  async #open(): Promise<void> {
    this.isOpen = true;
    this.problem = '';
    document.addEventListener('pointerdown', this.#pressedElsewhere);
    await this.updateComplete;
    if (this.fromField === null || this.toField === null) return;
    this.fromField.value = formatWallTime(this.window.fromMs);
    this.toField.value = formatWallTime(this.window.toMs);
    this.fromField.focus();
  }

  #close(): void {
    this.isOpen = false;
    document.removeEventListener('pointerdown', this.#pressedElsewhere);
  }

  #cancel(): void {
    this.#close();
    this.customButton.focus();
  }

  readonly #pressedElsewhere = (event: Event): void => {
    if (!event.composedPath().includes(this)) this.#close();
  };

  #keyPressed(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    this.#cancel();
  }

  #apply(event: Event): void {
    event.preventDefault();
    const fromMs = parseWallTime(this.fromField?.value ?? '');
    const toMs = parseWallTime(this.toField?.value ?? '');
    this.problem = problemOf(fromMs, toMs, this.nowMs);
    if (this.problem !== '' || fromMs === null || toMs === null) return;
    this.#choose({ kind: 'fixed', fromMs, toMs });
    this.customButton.focus();
  }

  #choose(range: TimeRange): void {
    this.#close();
    tell(this, 'pw-range', range);
  }
}

/** What is wrong with the two times, and what to do; '' for nothing. */
function problemOf(fromMs: number | null, toMs: number | null, nowMs: number): string {
  if (fromMs === null || toMs === null) return 'Fill in both times, with their date.';
  if (toMs - fromMs < spanMsMin) return 'The end must be at least five seconds after the start.';
  if (toMs - fromMs > spanMsMax) return 'At most ten years are shown at once. Choose a later start.';
  if (fromMs > nowMs) return 'The start is in the future. Choose one that has passed.';
  return '';
}
