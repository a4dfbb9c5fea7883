/** Mean CPU and memory of a group of hosts, once a second. */
import { html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Drawing } from '../../controllers/drawing.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { FleetHost } from '../../live/fleet.ts';
import { formatValue } from '../../model/format.ts';
import { meanOf, metricRow } from '../../model/overview/metrics.ts';
import type { FleetMetric } from '../../model/route.ts';

@customElement('pw-group-means')
export class PwGroupMeans extends LitElement {
  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) hosts: readonly FleetHost[] = [];
  @property({ attribute: false }) metrics: readonly FleetMetric[] = ['cpu', 'memory'];
  readonly #drawing = new Drawing(this, () => this.requestUpdate());

  constructor() {
    super();
    new Following(this, () => [this.dashboard.ticked], this.#drawing.mark);
  }

  override render() {
    const means = this.metrics.flatMap((metric) => {
      const row = metricRow(metric);
      const mean = meanOf(this.hosts, row);
      return mean === null ? [] : [`${row.title} ${formatValue(mean, row.unit)}`];
    });
    return means.length === 0 ? nothing : html`${means.join(' · ')}`;
  }
}
