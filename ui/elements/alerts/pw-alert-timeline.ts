/** What an alert went through, newest first, and for each step who was told or why nobody, with each try of each notice. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Severity } from '#core/rule-spec.ts';
import { retryNotice } from '../../api/alerts.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { NoticeLine, TimelineEntry } from '../../model/alerts/timeline.ts';
import { displayZoneText } from '../../model/display-zone.ts';
import { formatClock, formatDate, formatDay } from '../../model/format.ts';
import { alertsRoute, downtimesRoute, hrefOf } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { showOutcome, tell } from '../events.ts';
import { icon } from '../icons.ts';
import '../pw-severity.ts';

@customElement('pw-alert-timeline')
export class PwAlertTimeline extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      ol {
        margin: 0;
        padding: 0;
        list-style: none;
        font-size: var(--pw-fs-2);
        line-height: 18px;
      }
      .entry {
        display: grid;
        grid-template-columns: 58px 14px minmax(0, 1fr);
        gap: 8px;
        padding: 4px 0;
      }
      time {
        color: var(--pw-text-3);
        white-space: nowrap;
      }
      .day {
        padding: 6px 0 2px;
        color: var(--pw-text-3);
      }
      .mark {
        display: grid;
        place-items: center;
        height: 18px;
        color: var(--pw-text-2);
      }
      .text {
        overflow-wrap: anywhere;
      }
      b {
        font-weight: var(--pw-w-medium);
      }
      .why {
        color: var(--pw-text-2);
      }
      .why.quiet {
        color: var(--pw-warn);
      }
      .why a,
      .text a {
        text-decoration: underline;
        text-underline-offset: 3px;
      }
      .notice {
        display: grid;
        grid-template-columns: 14px minmax(0, 1fr) auto;
        gap: 6px;
        align-items: start;
        color: var(--pw-text-2);
      }
      .notice > svg {
        margin-top: 3px;
        color: var(--pw-text-3);
      }
      .notice.sent > svg {
        color: var(--pw-ok);
      }
      .notice.dead > svg,
      .notice.dead .state {
        color: var(--pw-crit);
      }
      .notice.waiting.tried > svg,
      .notice.waiting.tried .state {
        color: var(--pw-warn);
      }
      summary {
        cursor: pointer;
        color: var(--pw-accent);
        width: fit-content;
      }
      details ol {
        padding: 2px 0 4px;
        color: var(--pw-text-2);
      }
      details li {
        display: grid;
        grid-template-columns: 58px minmax(0, 1fr);
        gap: 8px;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) entries: readonly TimelineEntry[] = [];
  @property() severity: Severity = 'warning';
  /** Notices that are being put back into the line. */
  @state() private retrying: ReadonlySet<number> = new Set();

  override render() {
    return html`<ol>
      ${repeat(
        this.entries,
        ({ id }) => id,
        (entry, at) => html`${this.#renderDay(entry, at)}${this.#renderEntry(entry)}`,
      )}
    </ol>`;
  }

  /** A day is named where it changes. */
  #renderDay({ atMs }: TimelineEntry, at: number) {
    const before = this.entries[at - 1]?.atMs ?? this.dashboard.hubMs;
    return formatDay(before) === formatDay(atMs) ? nothing : html`<li class="day">${formatDate(atMs)}</li>`;
  }

  #renderEntry(entry: TimelineEntry) {
    const { atMs, title, text, why, isQuiet, downtimeId, neighbour } = entry;
    return html`<li class="entry">
      <time datetime=${new Date(atMs).toISOString()} title="${formatDate(atMs)}, ${formatClock(atMs)} ${displayZoneText(atMs)}"
        >${formatClock(atMs)}</time
      >
      <span class="mark">${this.#mark(entry)}</span>
      <div class="text">
        <div>${neighbour === null ? html`<b>${title}</b>` : html`<a href=${hrefOf({ ...alertsRoute, id: String(neighbour.id) })} data-navigate>${title}</a>`}${text}</div>
        ${
          why === ''
            ? nothing
            : html`<div class="why ${isQuiet ? 'quiet' : ''}">
                ${why}
                ${downtimeId === null ? nothing : html`<a href=${hrefOf({ ...downtimesRoute, id: String(downtimeId) })} data-navigate>Show it</a>`}
              </div>`
        }
        ${entry.notices.map((notice) => this.#renderNotice(notice))}
      </div>
    </li>`;
  }

  #mark({ kind, neighbour }: TimelineEntry) {
    switch (kind) {
      case 'pending':
        return html`<pw-severity bare level="pending"></pw-severity>`;
      case 'fired':
        return html`<pw-severity bare level=${this.severity}></pw-severity>`;
      case 'resolved':
        return html`<pw-severity bare level="resolved"></pw-severity>`;
      case 'neighbour':
        return html`<pw-severity bare level=${neighbour?.severity ?? 'warning'}></pw-severity>`;
      case 'note':
        return icon('note', 12);
      case 'acknowledged':
        return icon('check', 12);
      case 'repeated':
        return icon('repeat', 12);
      case 'escalated':
        return icon('up', 12);
      case 'told':
        return icon('send', 12);
    }
  }

  #renderNotice(notice: NoticeLine) {
    const { id, channel, state: noticeState, text, tries, isDead } = notice;
    const wasTried = tries.length > 0 && noticeState !== 'sent';
    return html`<div class="notice ${noticeState} ${wasTried ? 'tried' : ''}">
      ${icon(noticeState === 'sent' ? 'check' : isDead ? 'close' : 'clock', 12)}
      <div>
        <span class="state"><b>${channel}</b> ${text}</span>
        ${
          tries.length > 1 || wasTried
            ? html`<details>
                <summary>${tries.length === 1 ? '1 try' : `${tries.length} tries`}</summary>
                <ol>
                  ${tries.map((one) => html`<li><time>${formatClock(one.atMs)}</time><span>${one.text}</span></li>`)}
                </ol>
              </details>`
            : nothing
        }
      </div>
      ${
        isDead && this.dashboard.session.may('editor')
          ? html`<button class="btn small" ?disabled=${this.retrying.has(id)} @click=${() => this.#retry(notice)}>Send again</button>`
          : nothing
      }
    </div>`;
  }

  #retry(notice: NoticeLine): void {
    this.dashboard.background(this.#send(notice));
  }

  async #send({ id, channel }: NoticeLine): Promise<void> {
    this.retrying = new Set([...this.retrying, id]);
    const asked = await retryNotice(this.dashboard.client, id);
    this.retrying = new Set([...this.retrying].filter((other) => other !== id));
    showOutcome(this, asked, `Sent again to ${channel}: it is tried from now on`);
    tell(this, 'pw-done', null);
  }
}
