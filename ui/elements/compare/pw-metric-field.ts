/** The metric that is compared, chosen among the series that the hosts really have. They are asked for when the field is entered. */
import { css, html, LitElement, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Dashboard } from '../../dashboard.ts';
import { readMetricChoices } from '../../live/compare-history.ts';
import { type MetricChoice, metricTitle } from '../../model/compare/metrics.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import '../pw-combo.ts';
import type { Choice, PwCombo } from '../pw-combo.ts';

@customElement('pw-metric-field')
export class PwMetricField extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 8px;
        min-width: 0;
      }
      pw-combo {
        flex: 1;
        min-width: 0;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  /** Names. */
  @property({ attribute: false }) hosts: readonly string[] = [];
  @property() metric = '';
  @state() private choices: readonly Choice[] = [];
  /** For what the choices were asked, '' for nothing yet. */
  #known = '';
  #asking = new AbortController();

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#asking.abort();
    this.#known = '';
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('hosts') && this.#known !== '' && this.#known !== this.hosts.join('\n')) this.#known = '';
  }

  override render() {
    return html`<pw-combo
      label="Metric"
      placeholder="Metric"
      .isFree=${true}
      .value=${this.metric}
      .choices=${this.choices}
      @focusin=${this.#entered}
      @focusout=${this.#left}
      @pw-choose=${(event: CustomEvent<string>) => tell(this, 'pw-metric', event.detail)}
    ></pw-combo>`;
  }

  #entered(): void {
    const wanted = this.hosts.join('\n');
    if (wanted === this.#known || wanted === '') return;
    this.#known = wanted;
    this.#asking.abort();
    this.#asking = new AbortController();
    this.dashboard.background(this.#ask(this.#asking.signal));
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const asked = await readMetricChoices(this.dashboard.client, this.hosts, { signal });
    if (signal.aborted) return;
    // A name can still be typed; the chart says whether it means anything.
    if (asked.kind === 'failed') this.#known = '';
    else this.choices = asked.value.map(choiceOf);
  }

  /** What was typed and not taken is gone. */
  #left(event: Event): void {
    const combo = event.currentTarget as PwCombo;
    combo.value = this.metric;
  }
}

function choiceOf({ metric, unit, hostCount, seriesCount }: MetricChoice): Choice {
  const title = metricTitle(metric);
  const label = title === metric ? metric : `${title} · ${metric}`;
  const count = seriesCount > 1 ? `all ${seriesCount} series` : hostCount === 1 ? '1 host' : `${hostCount} hosts`;
  return { value: metric, label, hint: [unit === '1' ? '' : unit, count].filter(Boolean).join(', ') };
}
