/**
 * What was sent over the channels, newest first: what became of each notice, what the receiver said, and a way to begin anew
 * with one that was given up. Which channel and which state are shown is told by `pw-filter`.
 */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type Channel, type Notice, readChannels, readNotices, retryNotice } from '../../../api/channels.ts';
import { Following } from '../../../controllers/following.ts';
import { Polled } from '../../../controllers/polled.ts';
import type { Dashboard } from '../../../dashboard.ts';
import { formatAgo, formatMoment, formatValue, noValue } from '../../../model/format.ts';
import { zoneChanged } from '../../../settings.ts';
import { sharedStyles } from '../../../theme/shared.ts';
import { showOutcome, tell } from '../../events.ts';
import { listTable } from '../../list-table.ts';
import { noneStyles } from '../../none-styles.ts';
import { polledValue } from '../../reading-states.ts';
import { tableStyles } from '../../table-styles.ts';
import '../../pw-severity.ts';

const pollMs = 10_000;
const noticesMax = 100;

export const logStates = ['waiting', 'sent', 'dead'] as const;
export type LogState = (typeof logStates)[number];
const stateTitles: Readonly<Record<LogState, string>> = { waiting: 'Waiting', sent: 'Sent', dead: 'Given up' };

export interface LogFilter {
  /** null: any. */
  readonly state: LogState | null;
  readonly channelId: number | null;
}

interface Log {
  readonly notices: readonly Notice[];
  readonly channels: readonly Channel[];
}

@customElement('pw-delivery-log')
export class PwDeliveryLog extends LitElement {
  static override readonly styles = [
    sharedStyles,
    noneStyles,
    tableStyles,
    css`
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        padding: 10px 16px;
        border-bottom: 1px solid var(--pw-border-1);
      }
      .end {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        margin-left: auto;
      }
      td.message,
      td.answer {
        min-width: 180px;
        white-space: normal;
        overflow-wrap: anywhere;
      }
      td b {
        font-weight: var(--pw-w-medium);
        color: var(--pw-text-1);
      }
      .dead {
        color: var(--pw-down);
      }
      .sent {
        color: var(--pw-ok);
      }
      .late {
        color: var(--pw-warn);
      }
      @media (max-width: 720px) {
        td.answer {
          min-width: 280px;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) filter: LogFilter = { state: null, channelId: null };
  @state() private retrying: ReadonlySet<number> = new Set();
  readonly #polled = new Polled<Log>(this, {
    dashboard: () => this.dashboard,
    ask: async ({ client }, options) => {
      const { state: wanted, channelId } = this.filter;
      const [notices, channels] = await Promise.all([
        readNotices(client, {
          ...options,
          limit: noticesMax,
          ...(wanted === null ? {} : { state: wanted }),
          ...(channelId === null ? {} : { channelId }),
        }),
        readChannels(client, options),
      ]);
      if (notices.kind === 'failed') return notices;
      return { kind: 'ok', value: { notices: notices.value, channels: channels.kind === 'ok' ? channels.value : [] } };
    },
    everyMs: pollMs,
  });

  constructor() {
    super();
    new Following(this, () => [zoneChanged]);
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.get('filter') !== undefined) this.#polled.refresh();
  }

  override render() {
    const { value, why } = this.#polled;
    return html`<section class="panel" aria-labelledby="title">
      <header>
        <h2 id="title">Delivery log</h2>
        <span class="hint">newest first, the last ${noticesMax}</span>
        <div class="end">${this.#renderFilter(value?.channels ?? [])}</div>
      </header>
      ${why === null ? nothing : html`<p class="none problem" role="alert">${why}</p>`}
      ${polledValue(this.#polled, (log) => this.#renderNotices(log))}
    </section>`;
  }

  #renderFilter(channels: readonly Channel[]) {
    const { state: wanted, channelId } = this.filter;
    const choose = (part: Partial<LogFilter>) => tell<LogFilter>(this, 'pw-filter', { ...this.filter, ...part });
    return html`<select
        class="select"
        aria-label="Channel"
        @change=${(event: Event) => {
          const { value } = event.target as HTMLSelectElement;
          choose({ channelId: value === '' ? null : Number(value) });
        }}
      >
        <option value="" ?selected=${channelId === null}>All channels</option>
        ${channels.map(({ id, name }) => html`<option value=${id} ?selected=${id === channelId}>${name}</option>`)}
      </select>
      <div class="seg" role="group" aria-label="State">
        ${[null, ...logStates].map(
          (one) =>
            html`<button aria-pressed=${one === wanted ? 'true' : 'false'} @click=${() => choose({ state: one })}>
              ${one === null ? 'All' : stateTitles[one]}
            </button>`,
        )}
      </div>`;
  }

  #renderNotices({ notices, channels }: Log) {
    const isFiltered = this.filter.state !== null || this.filter.channelId !== null;
    if (notices.length === 0)
      return html`<div class="none">
        <h2>${isFiltered ? 'No notice matches' : 'Nothing has been sent yet'}</h2>
        <p>${isFiltered ? 'Others are shown with all channels and states.' : 'What rules tell by channels stands here, with each answer.'}</p>
      </div>`;
    const names = new Map(channels.map(({ id, name }) => [id, name]));
    return listTable({
      label: 'Delivery log',
      heads: [
        'Made',
        'State',
        'Channel',
        'Notice',
        ['Tries', 'number'],
        ['Took', 'number'],
        'Answer',
        ['Actions', 'sr'],
      ],
      rows: notices,
      keyOf: ({ id }) => id,
      renderRow: (notice) => this.#renderNotice(notice, names.get(notice.channelId) ?? 'removed'),
    });
  }

  #renderNotice(notice: Notice, channel: string) {
    const { id, state: now, createdMs, sentMs, attempts, answer, event, rule, host, message } = notice;
    const what = `${event}: ${rule}${host === '' ? '' : `, ${host}`}`;
    const isLate = now !== 'sent' && now !== 'dead' && attempts > 0;
    return html`<tr>
      <td title=${formatMoment(createdMs)}>${formatAgo(createdMs, this.dashboard.hubMs)}</td>
      <td class=${now === 'dead' ? 'dead' : now === 'sent' ? 'sent' : isLate ? 'late' : ''}>
        ${now === 'dead' ? 'given up' : now === 'sent' ? 'sent' : isLate ? 'failing, waits' : 'waiting'}
      </td>
      <td><b>${channel}</b></td>
      <td class="message" title=${message}>${what}</td>
      <td class="number">${attempts}</td>
      <td class="number">${sentMs === null ? noValue : formatValue(Math.max(0, sentMs - createdMs), 'ms')}</td>
      <td class="answer">${answer === '' ? noValue : answer}</td>
      <td>
        ${
          now === 'dead'
            ? html`<button
                class="btn small"
                aria-label="Try again: ${what}"
                ?disabled=${this.retrying.has(id)}
                @click=${() => this.dashboard.background(this.#retry(id))}
              >
                Try again
              </button>`
            : nothing
        }
      </td>
    </tr>`;
  }

  async #retry(id: number): Promise<void> {
    this.retrying = new Set([...this.retrying, id]);
    const asked = await retryNotice(this.dashboard.client, id);
    this.retrying = new Set([...this.retrying].filter((other) => other !== id));
    showOutcome(this, asked, 'The notice is tried again');
    this.#polled.refresh();
  }
}
