/** What the hub has stored: how much, in which tier, how far back, and how much room is left. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Following } from '../controllers/following.ts';
import type { Dashboard } from '../dashboard.ts';
import { adminFactStyles } from '../elements/admin/fact-styles.ts';
import { adminHeadStyles } from '../elements/admin/head-styles.ts';
import { shareBar, shareBarStyles } from '../elements/admin/share-bar.ts';
import { icon } from '../elements/icons.ts';
import { formatAgo, formatCount, formatValue, noValue, type Parts, partsOf } from '../model/format.ts';
import {
  compactionText,
  perSampleParts,
  plainSampleBytes,
  rawBytesPerSample,
  retentionText,
  type StorageFigures,
  type StorageRow,
  storageNotices,
  storageRows,
} from '../model/storage-view.ts';
import { sharedStyles } from '../theme/shared.ts';

@customElement('pw-admin-storage')
export class PwAdminStorage extends LitElement {
  static override readonly styles = [
    sharedStyles,
    adminHeadStyles,
    adminFactStyles,
    shareBarStyles,
    css`
      .scroll {
        overflow-x: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
      }
      th,
      td {
        height: 40px;
        padding: 0 8px;
        border-top: 1px solid var(--pw-border-1);
        text-align: right;
        white-space: nowrap;
      }
      thead th {
        height: 30px;
        font-size: var(--pw-fs-2);
        font-weight: var(--pw-w-regular);
        color: var(--pw-text-3);
      }
      tbody th {
        font-weight: var(--pw-w-medium);
      }
      th:first-child {
        padding-left: 16px;
        text-align: left;
      }
      td:last-child,
      th:last-child {
        padding-right: 16px;
      }
      .share {
        width: 34%;
        text-align: left;
      }
      .quiet {
        color: var(--pw-text-2);
      }
      .notes {
        display: grid;
        grid-template-columns: max-content 1fr;
        gap: 8px 16px;
        padding: 12px 16px;
      }
      .notes dt {
        line-height: 20px;
      }
      .notes dd {
        color: var(--pw-text-2);
      }
      .wait {
        padding: 15vh 0;
        text-align: center;
        color: var(--pw-text-3);
      }
      @media (max-width: 720px) {
        th,
        td {
          padding: 0 5px;
        }
        .notes {
          grid-template-columns: 1fr;
          gap: 2px;
        }
        .notes dd + dt {
          margin-top: 8px;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;

  constructor() {
    super();
    new Following(this, () => [this.dashboard.storage.changed]);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.dashboard.wantStorage(true);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dashboard.wantStorage(false);
  }

  override render() {
    const { figures, hasFailed } = this.dashboard.storage;
    const state = hasFailed ? 'The hub cannot tell now; it is asked again every ten seconds.' : '';
    return html`<div class="head">
        <h1>Storage</h1>
        <span role="status">${state}</span>
      </div>
      ${figures === null ? (hasFailed ? nothing : html`<p class="wait">Counting what is stored…</p>`) : this.#renderFigures(figures)}`;
  }

  #renderFigures(figures: StorageFigures) {
    const { hubMs } = this.dashboard;
    return html`${storageNotices(figures).map(
      ({ strong, text }) =>
        html`<div class="notice" role="note">
          ${icon('database')}
          <p><strong>${strong}</strong> ${text}</p>
        </div>`,
    )}
      <dl class="panel facts">${this.#renderFacts(figures, hubMs)}</dl>
      <section class="panel" aria-labelledby="tiers">
        <header>
          <h2 id="tiers">Tiers</h2>
          <span>Older ticks are merged into the next tier, then dropped.</span>
        </header>
        <div class="scroll" tabindex="0" role="region" aria-labelledby="tiers">
          <table>
            <thead>
              <tr>
                <th scope="col">Step</th>
                <th scope="col" class="share wide">Share of database</th>
                <th scope="col">Size</th>
                <th scope="col" class="wide">Samples</th>
                <th scope="col">Per sample</th>
                <th scope="col">Since</th>
                <th scope="col">Kept for</th>
              </tr>
            </thead>
            <tbody>
              ${storageRows(figures).map(renderRow)}
            </tbody>
          </table>
        </div>
      </section>
      <dl class="panel notes">
        <dt>Compaction</dt>
        <dd>${compactionText(figures, hubMs)}</dd>
        <dt>Retention</dt>
        <dd>${retentionText(figures, hubMs)}</dd>
      </dl>`;
  }

  #renderFacts(figures: StorageFigures, hubMs: number) {
    const { databaseBytes, storageBytesMax, diskFreeBytes, warnings, batchCount, batchBytes, compaction } = figures;
    const perSample = rawBytesPerSample(figures);
    const bound = storageBytesMax === null ? 'no bound' : `of ${formatValue(storageBytesMax, 'bytes')}`;
    return [
      renderFact('Database', partsOf(databaseBytes, 'bytes'), { note: bound, isWarned: warnings.includes('budget') }),
      renderFact('Raw, per sample', perSampleParts(perSample), { note: `plain: ${plainSampleBytes}\u202fB` }),
      renderFact('Free on disk', partsOf(diskFreeBytes, 'bytes'), {
        note: diskFreeBytes === null ? 'on another machine' : '',
        isWarned: warnings.includes('disk'),
      }),
      renderFact('Waiting for compaction', partsOf(batchBytes, 'bytes'), {
        note: `${formatCount(batchCount)} ${batchCount === 1 ? 'batch' : 'batches'}`,
      }),
      html`<div>
        <dt>Last compaction</dt>
        <dd>${compaction.lastMs === null ? noValue : formatAgo(compaction.lastMs, hubMs)}</dd>
      </div>`,
    ];
  }
}

function renderFact(
  name: string,
  { figure, unit }: Parts,
  { note, isWarned = false }: { readonly note: string; readonly isWarned?: boolean },
) {
  return html`<div>
    <dt>${name}</dt>
    <dd class=${isWarned ? 'warn' : ''}>${figure} ${unit} ${note === '' ? nothing : html`<small>${note}</small>`}</dd>
  </div>`;
}

function renderRow({ name, bytes, share, samples, perSample, since, keep }: StorageRow) {
  return html`<tr>
    <th scope="row">${name}</th>
    <td class="share wide">
      ${shareBar(share * 100, formatValue(share * 100, 'percent'))}
    </td>
    <td>${formatValue(bytes, 'bytes')}</td>
    <td class="quiet wide">${samples}</td>
    <td class="quiet">${perSample}</td>
    <td class="quiet">${since}</td>
    <td>${keep}</td>
  </tr>`;
}
