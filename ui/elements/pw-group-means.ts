/** Mean CPU and memory of a group of hosts, once a second. */
import { html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Drawing } from '../controllers/drawing.ts';
import { Following } from '../controllers/following.ts';
import type { Dashboard } from '../dashboard.ts';
import type { FleetHost } from '../fleet.ts';
import { formatValue } from '../model/format.ts';
import { overviewColumn } from '../model/metrics.ts';

@customElement('pw-group-means')
export class PwGroupMeans extends LitElement {
  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) hosts: readonly FleetHost[] = [];
  readonly #drawing = new Drawing(this, () => this.requestUpdate());

  constructor() {
    super();
    new Following(this, () => [this.dashboard.ticked], this.#drawing.mark);
  }

  override render() {
    const cpu = meanOf(this.hosts, overviewColumn.cpu);
    const memory = meanOf(this.hosts, overviewColumn.memory);
    if (cpu === null || memory === null) return nothing;
    return html`CPU ${formatValue(cpu, 'percent')} · Mem ${formatValue(memory, 'percent')}`;
  }
}

/** Mean of the newest values of a column; null when no host has one. */
function meanOf(hosts: readonly FleetHost[], column: number): number | null {
  let sum = 0;
  let count = 0;
  for (const { spark } of hosts) {
    const value = spark.newest(column);
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? null : sum / count;
}
