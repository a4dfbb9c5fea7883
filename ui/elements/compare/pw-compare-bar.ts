/** What is compared and how: metric, statistic, layout, span of time (`pw-range`), pause (`pw-toggle`), the link to this view. */
import { css, html, LitElement } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { CompareWindow } from '../../live/compare-window.ts';
import type { FleetHost } from '../../live/fleet.ts';
import type { Chosen } from '../../model/compare/chosen.ts';
import { type CompareRoute, compareLayouts, compareStats } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { copyText } from '../clipboard.ts';
import { replaceRoute, showToast, tell } from '../events.ts';
import { icon } from '../icons.ts';
import '../host/pw-range-picker.ts';
import './pw-metric-field.ts';

const statTitles = { avg: 'Average', min: 'Min', max: 'Max' } as const;
const layoutTitles = { overlay: 'Overlay', multiples: 'Small multiples', difference: 'Difference' } as const;

@customElement('pw-compare-bar')
export class PwCompareBar extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
      }
      h1 {
        margin-right: 4px;
      }
      pw-metric-field {
        width: 224px;
      }
      .grow {
        flex: 1;
      }
      .pause {
        min-width: 92px;
      }
      .scroll {
        display: flex;
        align-items: center;
        gap: 8px;
        min-width: 0;
      }
      @media (max-width: 720px) {
        pw-metric-field {
          flex: 1 1 200px;
          width: auto;
        }
        .grow {
          display: none;
        }
        .scroll {
          flex: 1 0 100%;
          margin: 0 -12px;
          padding: 2px 12px;
          overflow-x: auto;
          scrollbar-width: none;
        }
        .scroll > * {
          flex: none;
        }
        /* What hangs under a field would be cut off by a row that scrolls. */
        .scroll.range {
          flex-wrap: wrap;
          overflow: visible;
        }
        .scroll.range > pw-range-picker {
          flex: 0 1 auto;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route!: CompareRoute;
  @property({ attribute: false }) compared!: CompareWindow;
  @property({ attribute: false }) chosen!: Chosen<FleetHost>;
  @state() private isCopied = false;

  constructor() {
    super();
    new Following(this, () => [this.compared.settled]);
  }

  override render() {
    const { route, chosen } = this;
    return html`<h1>Compare</h1>
      <pw-metric-field
        .dashboard=${this.dashboard}
        .hosts=${chosen.hosts.map(({ name }) => name)}
        .metric=${route.metric}
        @pw-metric=${(event: CustomEvent<string>) => this.#change({ metric: event.detail })}
      ></pw-metric-field>
      <div class="scroll">
        <div class="seg" role="group" aria-label="Statistic">
          ${compareStats.map((stat) => this.#choice(statTitles[stat], route.stat === stat, { stat }))}
        </div>
        <div class="seg" role="group" aria-label="Layout">
          ${compareLayouts.map((layout) => this.#choice(layoutTitles[layout], route.layout === layout, { layout }))}
        </div>
      </div>
      <span class="grow"></span>
      <div class="scroll range">
        <pw-range-picker
          .range=${route.range}
          .window=${this.compared.window}
          .nowMs=${this.dashboard.hubMs}
        ></pw-range-picker>
        <button class="btn pause" title="Space" aria-pressed=${route.range.kind === 'fixed' ? 'true' : 'false'} @click=${() => tell(this, 'pw-toggle', null)}>
          ${icon(route.range.kind === 'fixed' ? 'play' : 'pause', 14)}${route.range.kind === 'fixed' ? 'Go live' : 'Pause'}
        </button>
        <button class="btn icon" aria-label=${this.isCopied ? 'Copied' : 'Copy link to this view'} title="Copy link to this view" @click=${this.#copy}>
          ${icon(this.isCopied ? 'check' : 'link', 14)}
        </button>
      </div>`;
  }

  #choice(title: string, isChosen: boolean, change: Partial<CompareRoute>) {
    return html`<button aria-pressed=${isChosen ? 'true' : 'false'} @click=${() => this.#change(change)}>${title}</button>`;
  }

  #change(change: Partial<CompareRoute>): void {
    replaceRoute(this, { ...this.route, ...change });
  }

  async #copy(): Promise<void> {
    this.isCopied = await copyText(location.href);
    showToast(
      this,
      this.isCopied
        ? { kind: 'done', text: 'Link copied.' }
        : { kind: 'failed', text: 'The browser does not let this page copy. Copy the address of this page.' },
    );
  }
}
