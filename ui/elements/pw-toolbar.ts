/** What a host's page shows: the window of time, pause, the search in its charts, columns. */
import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Following } from '../controllers/following.ts';
import type { HostWindow } from '../host-window.ts';
import { formatClock, formatDuration, thinSpace } from '../model/format.ts';
import type { HostRoute } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';
import { icon } from './icons.ts';

@customElement('pw-toolbar')
export class PwToolbar extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 6px 16px;
        background: var(--pw-surface-1);
        border-bottom: 1px solid var(--pw-border-1);
      }
      .live {
        font-weight: var(--pw-w-medium);
        white-space: nowrap;
      }
      .pause {
        min-width: 92px;
      }
      .step {
        display: inline-flex;
        align-items: center;
        height: 22px;
        padding: 0 8px;
        border-radius: var(--pw-r-full);
        background: var(--pw-surface-3);
        color: var(--pw-text-2);
        font-size: var(--pw-fs-2);
        font-weight: var(--pw-w-medium);
        white-space: nowrap;
      }
      .span {
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
        white-space: nowrap;
      }
      .grow {
        flex: 1;
      }
      .search {
        width: 216px;
      }
      @media (max-width: 720px) {
        :host {
          padding: 6px 12px;
        }
        .search {
          flex: 1;
          width: auto;
          min-width: 0;
        }
        .grow {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) window!: HostWindow;
  @property({ attribute: false }) route!: HostRoute;

  constructor() {
    super();
    new Following(this, () => [this.window.changed]);
  }

  override render() {
    const { isPaused, ring, window } = this.window;
    const intervalMs = ring.layout?.intervalMs ?? 1_000;
    return html`<button class="btn pause" aria-pressed=${isPaused ? 'true' : 'false'} title="Space" @click=${this.#pause}>
        ${icon(isPaused ? 'play' : 'pause', 14)}${isPaused ? 'Go live' : 'Pause'}
      </button>
      <span class="step" title="Time shown, and time between values">
        ${formatDuration(window.toMs - window.fromMs)}, ${intervalMs < 1_000 ? `${intervalMs}${thinSpace}ms` : formatDuration(intervalMs)} raw
      </span>
      <span class="span wide">${formatClock(window.fromMs)} – ${formatClock(window.toMs)} UTC</span>
      <span class="grow"></span>
      <div class="search">
        ${icon('search', 14)}
        <input
          type="search"
          aria-label="Find charts by metric"
          placeholder="Find metric"
          autocomplete="off"
          spellcheck="false"
          .value=${this.route.find}
          @input=${this.#find}
          @keydown=${this.#keyPressed}
        />
        <span class="kbd wide" aria-hidden="true">/</span>
      </div>
      <div class="seg wide" role="group" aria-label="Charts side by side">
        ${([1, 2, 3] as const).map(
          (columns) =>
            html`<button aria-pressed=${this.route.columns === columns ? 'true' : 'false'} @click=${() => this.#change({ columns })}>${columns}</button>`,
        )}
      </div>`;
  }

  /** For the key "/". */
  focusSearch(): void {
    const input = this.renderRoot.querySelector('input');
    input?.focus();
    input?.select();
  }

  #pause(): void {
    this.dispatchEvent(new CustomEvent('pw-toggle', { bubbles: true, composed: true }));
  }

  #find(event: Event): void {
    this.#change({ find: (event.target as HTMLInputElement).value });
  }

  #keyPressed(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    const input = event.target as HTMLInputElement;
    if (input.value === '') input.blur();
    else this.#change({ find: '' });
  }

  #change(change: Partial<HostRoute>): void {
    const detail: HostRoute = { ...this.route, ...change };
    this.dispatchEvent(new CustomEvent('pw-route', { detail, bubbles: true, composed: true }));
  }
}
