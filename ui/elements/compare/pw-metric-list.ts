/** What the chosen hosts do have, where they have nothing of the metric that was chosen: a button for each. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Dashboard } from '../../dashboard.ts';
import { readMetricChoices } from '../../live/compare-history.ts';
import { type MetricChoice, metricTitle } from '../../model/compare/metrics.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';

/** The rest is found by typing. */
const shownMax = 12;

@customElement('pw-metric-list')
export class PwMetricList extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      ul {
        display: flex;
        flex-wrap: wrap;
        justify-content: center;
        gap: 6px;
        max-width: 720px;
        margin-top: 12px;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  /** Names. */
  @property({ attribute: false }) hosts: readonly string[] = [];
  @state() private choices: readonly MetricChoice[] = [];
  readonly #asking = new AbortController();

  override firstUpdated(): void {
    this.dashboard.background(this.#ask());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#asking.abort();
  }

  override render() {
    if (this.choices.length === 0) return nothing;
    return html`<ul aria-label="Metrics that these hosts have">
      ${this.choices.slice(0, shownMax).map(
        ({ metric }) => html`<li>
          <button class="btn small" title=${metric} @click=${() => tell(this, 'pw-metric', metric)}>${metricTitle(metric)}</button>
        </li>`,
      )}
    </ul>`;
  }

  async #ask(): Promise<void> {
    const { signal } = this.#asking;
    const asked = await readMetricChoices(this.dashboard.client, this.hosts, { signal });
    // Without an answer the page says what it knows already: the field above still takes any name.
    if (signal.aborted || asked.kind === 'failed') return;
    // Whole metrics before single series of one.
    this.choices = asked.value.filter(({ metric }) => !metric.endsWith('}'));
  }
}
