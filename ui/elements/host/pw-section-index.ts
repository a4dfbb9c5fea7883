/** Where one is on a host's page, a jump to the other sections, and what happened in the time that is shown. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Severity } from '#core/rule-spec.ts';
import type { Section } from '../../model/charts/charts.ts';
import type { WindowEvent, WindowEvents } from '../../model/charts/window-events.ts';
import { formatClock, formatDate, formatDay, formatMoment } from '../../model/format.ts';
import { alertsRoute, downtimesRoute, hrefOf } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import { icon } from '../icons.ts';
import '../pw-severity.ts';
import '../pw-status.ts';

@customElement('pw-section-index')
export class PwSectionIndex extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        font-size: var(--pw-fs-2);
      }
      .title {
        display: flex;
        align-items: center;
        justify-content: space-between;
        min-height: 24px;
        padding: 0 0 4px 10px;
        font-size: var(--pw-fs-1);
        color: var(--pw-text-3);
      }
      .title:not(:first-child) {
        padding-top: 16px;
      }
      li > button,
      li > a {
        display: flex;
        align-items: center;
        gap: 6px;
        width: 100%;
        min-height: 26px;
        padding: 0 4px 0 8px;
        border: 0;
        border-left: 2px solid var(--pw-border-1);
        background: none;
        color: var(--pw-text-2);
        text-align: left;
        cursor: pointer;
      }
      li > button:hover,
      li > a:hover {
        background: var(--pw-surface-2);
        color: var(--pw-text-1);
      }
      li > :focus-visible {
        outline-offset: -2px;
      }
      button[data-current] {
        border-color: var(--pw-accent);
        color: var(--pw-text-1);
        font-weight: var(--pw-w-medium);
      }
      @media (forced-colors: active) {
        button[data-current] {
          border-color: Highlight;
        }
      }
      .count,
      time {
        margin-left: auto;
        font-size: var(--pw-fs-1);
        font-weight: var(--pw-w-regular);
        color: var(--pw-text-3);
        white-space: nowrap;
      }
      .note {
        color: var(--pw-accent);
      }
      .quiet {
        padding: 2px 4px 2px 10px;
        border-left: 2px solid var(--pw-border-1);
        font-size: var(--pw-fs-1);
        line-height: 18px;
        color: var(--pw-text-3);
      }
      .count pw-severity {
        display: flex;
      }
      /* Beside the charts there is no room for it: what happened stands below them. */
      @media (max-width: 1100px) {
        .sections,
        .help {
          display: none;
        }
        :host {
          border-top: 1px solid var(--pw-border-1);
        }
      }
      .help {
        padding: 16px 0 0 10px;
        font-size: var(--pw-fs-1);
        line-height: 18px;
        color: var(--pw-text-3);
      }
    `,
  ];

  @property({ attribute: false }) sections: readonly Section[] = [];
  /** The worst that fires in a section, by its id. */
  @property({ attribute: false }) levels: ReadonlyMap<string, Severity> = new Map();
  @property({ attribute: false }) events: WindowEvents = { shown: [], moreCount: 0 };
  /** Why marks may be missing; '' when they are not. */
  @property() problem = '';
  @property() host = '';
  @property({ type: Number }) nowMs = 0;
  @property() current = '';

  override render() {
    const { shown, moreCount } = this.events;
    return html`<div class="title sections">Sections</div>
      <ul class="sections">
        ${this.sections.map((section) => this.#renderSection(section))}
      </ul>
      <div class="title">
        In this window
        <button class="btn ghost small icon" aria-label="Add note" title="Add note (n)" @click=${() => tell(this, 'pw-note', null)}>
          ${icon('plus', 14)}
        </button>
      </div>
      ${this.problem === '' ? nothing : html`<p class="quiet">${this.problem}</p>`}
      ${shown.length === 0 && this.problem === '' ? html`<p class="quiet">Nothing happened</p>` : nothing}
      <ul>
        ${shown.map((event) => html`<li>${this.#renderEvent(event)}</li>`)}
      </ul>
      ${moreCount === 0 ? nothing : html`<p class="quiet">and ${moreCount} more</p>`}
      <p class="help">Drag to zoom<br />Shift + drag to pan<br />Double-click for live<br />Space pauses, j and k step</p>`;
  }

  #renderSection({ id, title, charts, hasProcesses, mounts }: Section) {
    const level = this.levels.get(id);
    const count = charts.length + (hasProcesses ? 1 : 0) + (mounts.length > 0 ? 1 : 0);
    return html`<li>
      <button aria-current=${id === this.current ? 'true' : 'false'} ?data-current=${id === this.current} @click=${() => tell(this, 'pw-goto', id)}>
        <span class="ell">${title}</span>
        <span class="count">${level === undefined ? count : html`<pw-severity level=${level} bare></pw-severity>`}</span>
      </button>
    </li>`;
  }

  /** As short as it is clear: the whole stands in the tooltip. */
  #when(atMs: number): string {
    return formatDate(atMs) === formatDate(this.nowMs) ? formatClock(atMs).slice(0, 5) : formatDay(atMs);
  }

  #renderEvent(event: WindowEvent) {
    const text = html`<span class="ell">${event.title}</span><time>${this.#when(event.atMs)}</time>`;
    const hint = `${event.title}, ${formatMoment(event.atMs)}`;
    switch (event.kind) {
      case 'alert': {
        const list = event.level === 'resolved' ? 'resolved' : 'open';
        const href = hrefOf({ ...alertsRoute, list, query: this.host, id: String(event.alertId) });
        return html`<a href=${href} data-navigate title=${hint}><pw-severity level=${event.level} bare></pw-severity>${text}</a>`;
      }
      case 'downtime': {
        const href = hrefOf({ ...downtimesRoute, id: String(event.downtimeId) });
        return html`<a href=${href} data-navigate title=${hint}><pw-status state="downtime" bare></pw-status>${text}</a>`;
      }
      case 'gap':
        return html`<button title=${hint} @click=${() => tell(this, 'pw-event', event)}>
          <pw-status state="never" aria-hidden="true" bare></pw-status>${text}
        </button>`;
      case 'note':
        return html`<button title=${hint} @click=${() => tell(this, 'pw-event', event)}>
          <span class="note">${icon('note', 14)}</span>${text}
        </button>`;
    }
  }
}
