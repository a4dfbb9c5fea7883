/** Mounted filesystems: how full each is. */
import { css, html, LitElement, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Drawing } from '../../controllers/drawing.ts';
import { Following } from '../../controllers/following.ts';
import type { OpenHost } from '../../dashboard.ts';
import type { HostRing } from '../../live/ring.ts';
import type { Mount } from '../../model/charts/charts.ts';
import { formatValue, noValue } from '../../model/format.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { panelTableStyles } from './panel-table-styles.ts';

/** From here on a filesystem is marked; nobody is woken by it, that is a rule's business. */
const fullPercent = 90;
const nearlyFullPercent = 80;

@customElement('pw-fs-list')
export class PwFsList extends LitElement {
  static override readonly styles = [
    sharedStyles,
    panelTableStyles,
    css`
      th {
        padding: 8px 8px 4px;
        line-height: 16px;
      }
      td {
        height: 26px;
        padding: 0 8px;
        white-space: nowrap;
      }
      th:first-child,
      td:first-child {
        padding-left: 12px;
      }
      th:last-child,
      td:last-child {
        padding-right: 12px;
      }
      .number {
        text-align: right;
      }
      .mount {
        max-width: 180px;
      }
      .meter {
        width: 40%;
        min-width: 60px;
      }
      .meter svg {
        width: 100%;
      }
      .back {
        fill: var(--pw-surface-3);
      }
      .used {
        fill: var(--pw-c1);
      }
      .near .used {
        fill: var(--pw-warn);
      }
      .full .used {
        fill: var(--pw-crit);
      }
      .quiet {
        color: var(--pw-text-3);
      }
      .near .share {
        color: var(--pw-warn);
        font-weight: var(--pw-w-medium);
      }
      .full .share {
        color: var(--pw-crit);
        font-weight: var(--pw-w-medium);
      }
      @media (max-width: 720px) {
        .inodes {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) mounts: readonly Mount[] = [];
  @property({ attribute: false }) open!: OpenHost;
  readonly #drawing = new Drawing(this, () => this.requestUpdate());

  constructor() {
    super();
    new Following(this, () => [this.open.stream.changed], this.#drawing.mark);
  }

  override render() {
    const { ring } = this.open.stream;
    return html`<table>
      <thead>
        <tr>
          <th scope="col">Mount</th>
          <th scope="col"><span class="sr">Meter</span></th>
          <th scope="col" class="number">Used</th>
          <th scope="col" class="number">Used of size</th>
          <th scope="col" class="number inodes">Inodes</th>
        </tr>
      </thead>
      <tbody>
        ${this.mounts.map((mount) => renderMount(mount, ring))}
      </tbody>
    </table>`;
  }
}

function renderMount(mount: Mount, ring: HostRing) {
  const newestOf = (key: string | null) => (key === null ? Number.NaN : ring.newest(key));
  const percent = newestOf(mount.usedPercentKey);
  const level = percent >= fullPercent ? 'full' : percent >= nearlyFullPercent ? 'near' : '';
  const used = newestOf(mount.usedKey);
  const size = used + newestOf(mount.availableKey);
  const width = Math.max(0, Math.min(100, percent || 0));
  return html`<tr class=${level}>
    <td class="mount mono ell" title=${mount.name}>${mount.name}</td>
    <td class="meter">
      <svg height="8" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="back" width="100" height="8" rx="1" />
        ${svg`<rect class="used" width=${width} height="8" rx="1" />`}
      </svg>
    </td>
    <td class="number share">${formatValue(percent, 'percent')}</td>
    <td class="number">${Number.isNaN(used) ? noValue : `${formatValue(used, 'bytes')} of ${formatValue(size, 'bytes')}`}</td>
    <td class="number inodes quiet">${formatValue(newestOf(mount.inodesPercentKey), 'percent')}</td>
  </tr>`;
}
