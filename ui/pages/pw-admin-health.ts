/** The hub itself: what is wrong with it, how near it is to its bounds, what it runs on, and what it has refused. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { type Bound, type HubHealth, readHubHealth } from '../api/hub-health.ts';
import { Polled } from '../controllers/polled.ts';
import type { Dashboard } from '../dashboard.ts';
import { adminFactStyles } from '../elements/admin/fact-styles.ts';
import { adminHeadStyles } from '../elements/admin/head-styles.ts';
import { shareBar, shareBarStyles } from '../elements/admin/share-bar.ts';
import { icon } from '../elements/icons.ts';
import { noneStyles } from '../elements/none-styles.ts';
import { readingStyles, unreadable, waitingBlock } from '../elements/reading-states.ts';
import { tableStyles } from '../elements/table-styles.ts';
import { boundText, formatMs, nearRatio, ratioOf, titleOf, troublesOf } from '../model/admin/health-view.ts';
import { formatCount, formatDate, formatDuration, formatValue, noValue } from '../model/format.ts';
import { type AdminRoute, adminRoute } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';

const pollMs = 5_000;
/** Those of the bounds that are shown before somebody asks for all. */
const boundsShown = 12;

@customElement('pw-admin-health')
export class PwAdminHealth extends LitElement {
  static override readonly styles = [
    sharedStyles,
    tableStyles,
    adminHeadStyles,
    adminFactStyles,
    noneStyles,
    readingStyles,
    shareBarStyles,
    css`
      .grid {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr));
        gap: 12px;
        align-items: start;
      }
      .grid .panel,
      .bounds {
        margin-bottom: 12px;
      }
      .pairs {
        display: grid;
        grid-template-columns: max-content minmax(0, 1fr);
        gap: 6px 16px;
        padding: 0 16px 12px;
      }
      .pairs dt {
        color: var(--pw-text-3);
        font-size: var(--pw-fs-2);
        line-height: 20px;
      }
      .pairs dd {
        color: var(--pw-text-2);
        overflow-wrap: anywhere;
      }
      .share {
        width: 30%;
      }
      .near .used {
        fill: var(--pw-warn);
      }
      .near td {
        color: var(--pw-text-1);
      }
      details > summary {
        padding: 8px 16px;
        color: var(--pw-text-3);
        font-size: var(--pw-fs-2);
        cursor: pointer;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: AdminRoute = adminRoute;
  readonly #health: Polled<HubHealth>;

  constructor() {
    super();
    this.#health = new Polled(this, {
      dashboard: () => this.dashboard,
      ask: ({ client }, options) => readHubHealth(client, options),
      everyMs: pollMs,
    });
  }

  override render() {
    const { value, why } = this.#health;
    return html`<div class="head">
        <h1>Hub health</h1>
        <span role="status">${value !== null && why !== null ? why : ''}</span>
      </div>
      ${value === null ? this.#renderWaiting(why) : this.#renderHealth(value)}`;
  }

  #renderWaiting(why: string | null) {
    if (why === null) return waitingBlock();
    return unreadable({ heading: 'The hub cannot tell how it is', why, again: this.#health.refresh });
  }

  #renderHealth(health: HubHealth) {
    const troubles = [
      ...health.warnings.map((text) => ({ strong: text, text: '' })),
      ...troublesOf(health, this.dashboard.hubMs),
    ];
    return html`${troubles.map(
      ({ strong, text }) =>
        html`<div class="notice" role="note">
          ${icon('pulse')}
          <p><strong>${strong}</strong> ${text}</p>
        </div>`,
    )}
      <dl class="panel facts">${this.#renderFacts(health)}</dl>
      ${this.#renderBounds(health.bounds)}
      <div class="grid">${this.#renderRunning(health)} ${this.#renderDatabase(health)} ${this.#renderRefused(health)}</div>`;
  }

  #renderFacts({ startedMs, atMs, loop, threads, residentBytes, counts, database }: HubHealth) {
    const count = (name: string) => formatCount(counts.get(name) ?? 0);
    const busiest = [...threads].sort((a, b) => b.busyRatio - a.busyRatio)[0];
    return [
      fact('Up for', formatDuration(atMs - startedMs)),
      fact('Event loop late by, p99', formatMs(loop?.p99Ms ?? null), `p50 ${formatMs(loop?.p50Ms ?? null)}`),
      fact(
        'Busiest thread',
        busiest === undefined ? noValue : formatValue(busiest.busyRatio * 100, 'percent'),
        busiest?.name,
      ),
      fact('Memory', residentBytes === null ? noValue : formatValue(residentBytes, 'bytes')),
      fact('Database answers in', formatMs(database.answerMs)),
      fact('Connected', count('connections'), `agents ${count('agents')}, dashboards ${count('viewers')}`),
    ];
  }

  #renderBounds(bounds: readonly Bound[]) {
    return html`<section class="panel bounds" aria-labelledby="bounds">
      <header>
        <h2 id="bounds">Bounds</h2>
        <span>Everything that can fill up, the fullest first.</span>
      </header>
      ${this.#renderBoundTable(bounds.slice(0, boundsShown), 'Bounds, the fullest first')}
      ${
        bounds.length <= boundsShown
          ? nothing
          : html`<details>
              <summary>${bounds.length - boundsShown} more, further from their bounds</summary>
              ${this.#renderBoundTable(bounds.slice(boundsShown), 'Other bounds')}
            </details>`
      }
    </section>`;
  }

  #renderBoundTable(bounds: readonly Bound[], caption: string) {
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}>
      <table>
        <caption class="sr">${caption}</caption>
        <thead>
          <tr>
            <th>What</th>
            <th class="share wide">Full</th>
            <th class="number">Share</th>
            <th class="number">Now, of</th>
          </tr>
        </thead>
        <tbody>
          ${bounds.map((bound) => this.#renderBound(bound))}
        </tbody>
      </table>
    </div>`;
  }

  #renderBound(bound: Bound) {
    const percent = ratioOf(bound) * 100;
    return html`<tr class=${ratioOf(bound) >= nearRatio ? 'near' : ''}>
      <td title=${bound.help}>${titleOf(bound)}</td>
      <td class="share wide">
        ${shareBar(percent)}
      </td>
      <td class="number">${formatValue(percent, 'percent')}</td>
      <td class="number">${boundText(bound)}</td>
    </tr>`;
  }

  #renderRunning({ versions, threads, heapBytes, machineBytes, certificate, audit }: HubHealth) {
    const node = versions.nodeLastDay === '' ? versions.node : `${versions.node}, fixed until ${versions.nodeLastDay}`;
    const held = audit.queued === 0 ? '' : `, ${formatCount(audit.queued)} waiting`;
    return panel('Runs on', [
      ['Pulsewire', versions.hub],
      ['Node', node],
      [
        'Threads',
        threads.map(({ name, busyRatio }) => `${name} ${formatValue(busyRatio * 100, 'percent')}`).join(', '),
      ],
      ['Heap', heapBytes === null ? noValue : formatValue(heapBytes, 'bytes')],
      ['Memory of the machine', machineBytes === null ? noValue : formatValue(machineBytes, 'bytes')],
      [
        'Certificate',
        certificate === null
          ? 'none: plain, or behind a proxy'
          : `${certificate.names.join(', ')}, until ${formatDate(certificate.endsMs)}`,
      ],
      ['Audit log', `${formatCount(audit.written)} entries written since the start${held}`],
    ]);
  }

  #renderDatabase({ database, versions, diskFreeBytes }: HubHealth) {
    const ahead = database.clockAheadMs;
    return panel('Database', [
      [
        'State',
        { stored: 'stores everything', delayed: 'delayed', away: 'away', starting: 'starting' }[database.state],
      ],
      ['PostgreSQL', `${versions.postgresql || noValue}, ${database.isEmbedded ? 'inside' : 'a server of your own'}`],
      ['Schema', versions.schema === null ? noValue : String(versions.schema)],
      [
        'Works as',
        database.role === ''
          ? noValue
          : `${database.role}, ${database.hasOwnRole ? 'which owns no table' : 'which owns the tables'}`,
      ],
      [
        'Clock',
        ahead === null ? noValue : `${formatMs(Math.abs(ahead))} ${ahead < 0 ? 'behind' : 'ahead of'} the hub’s`,
      ],
      ['Free on its disk', diskFreeBytes === null ? 'on another machine' : formatValue(diskFreeBytes, 'bytes')],
    ]);
  }

  #renderRefused({ refused }: HubHealth) {
    if (refused.length === 0) return panel('Refused since the start', [['Nothing', '']]);
    return panel(
      'Refused since the start',
      refused.slice(0, 20).map(({ code, count }) => [code, formatCount(count)]),
    );
  }
}

function fact(name: string, value: string, note = '') {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value} ${note === '' ? nothing : html`<small>${note}</small>`}</dd>
  </div>`;
}

function panel(title: string, pairs: readonly (readonly [name: string, value: string])[]) {
  return html`<section class="panel" aria-label=${title}>
    <header><h2>${title}</h2></header>
    <dl class="pairs">${pairs.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
  </section>`;
}
