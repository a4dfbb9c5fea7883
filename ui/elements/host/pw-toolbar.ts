/** What a host's page shows: the span of time and how fine it is, pause, the search in its charts, columns. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { SeriesWindow } from '../../history/series-window.ts';
import { coarserText, stepText, windowText } from '../../model/charts/step-text.ts';
import { displayZoneText } from '../../model/display-zone.ts';
import type { HostRoute } from '../../model/route.ts';
import { zoneChanged } from '../../settings.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { stepStyles } from '../charts/step-styles.ts';
import { replaceRoute, tell } from '../events.ts';
import { icon } from '../icons.ts';
import './pw-range-picker.ts';

@customElement('pw-toolbar')
export class PwToolbar extends LitElement {
  static override readonly styles = [
    sharedStyles,
    stepStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 8px;
        padding: 6px 16px;
        background: var(--pw-surface-1);
        border-bottom: 1px solid var(--pw-border-1);
      }
      .pause {
        min-width: 92px;
      }
      .span {
        flex: 0 1 auto;
        min-width: 0;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
      }
      .grow {
        flex: 1;
      }
      .search {
        width: 208px;
      }
      @media (max-width: 1280px) {
        .search {
          width: 160px;
        }
      }
      @media (max-width: 720px) {
        :host {
          padding: 6px 12px;
        }
        pw-range-picker {
          flex: 1 1 100%;
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

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) window!: SeriesWindow;
  @property({ attribute: false }) route!: HostRoute;

  constructor() {
    super();
    new Following(this, () => [this.window.changed, zoneChanged]);
  }

  override render() {
    const { isPaused, window, range, stepMs, intervalMs, facts } = this.window;
    const { hubMs } = this.dashboard;
    const coarser = coarserText(facts);
    const isLoading = this.window.state.kind === 'loading';
    return html`<pw-range-picker .range=${range} .window=${window} .nowMs=${hubMs}></pw-range-picker>
      <button class="btn pause" aria-pressed=${isPaused ? 'true' : 'false'} title="Space" @click=${() => tell(this, 'pw-toggle', null)}>
        ${icon(isPaused ? 'play' : 'pause', 14)}${isPaused ? 'Go live' : 'Pause'}
      </button>
      <span class="step" title="Time between values" aria-busy=${isLoading ? 'true' : 'false'}>
        ${stepText(facts === null ? stepMs : facts.stepMs, intervalMs)}
      </span>
      <span class="span ell wide">
        ${windowText(window, hubMs)} ${displayZoneText(window.toMs)}${coarser === '' ? nothing : html` · ${coarser}`}
      </span>
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
    replaceRoute(this, { ...this.route, ...change });
  }
}
