/**
 * One alert of a list: how bad, what, where, its value around it, since when, and what to do about it. Its title is a
 * link to it; figures that change each second are written by hand.
 */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Rule } from '#core/rule-spec.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { AlertSparks } from '../../live/alert-sparks.ts';
import type { AlertItem } from '../../model/alerts/alert-item.ts';
import { badText, endWords, limitWords, quietWords, shortMoment, titleOf } from '../../model/alerts/alert-text.ts';
import { displayZoneText } from '../../model/display-zone.ts';
import { formatDuration, formatMoment } from '../../model/format.ts';
import { hostRoute, hrefOf } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import { icon } from '../icons.ts';
import '../pw-severity.ts';
import './pw-alert-spark.ts';

/** What in a row can have the focus. */
export type RowPart = 'title' | 'host' | 'acknowledge' | 'silence';

@customElement('pw-alert-row')
export class PwAlertRow extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: 20px minmax(0, 1fr) 150px 96px 104px 152px;
        gap: 12px;
        align-items: center;
        min-height: 52px;
        padding: 6px 12px;
        border-bottom: 1px solid var(--pw-border-1);
        cursor: pointer;
        content-visibility: auto;
        contain-intrinsic-size: auto 52px;
      }
      :host(:hover) {
        background: var(--pw-surface-2);
      }
      :host([selected]) {
        background: var(--pw-accent-bg);
        box-shadow: inset 2px 0 var(--pw-accent);
      }
      @media (forced-colors: active) {
        :host([selected]) {
          outline: 2px solid Highlight;
          outline-offset: -2px;
        }
      }
      :host([fresh]) {
        box-shadow: inset 2px 0 var(--fresh, var(--pw-warn));
      }
      :host([level='critical']) {
        --fresh: var(--pw-crit);
        --fresh-bg: var(--pw-crit-bg);
      }
      :host([level='info']) {
        --fresh: var(--pw-info);
        --fresh-bg: var(--pw-info-bg);
      }
      @media (prefers-reduced-motion: no-preference) {
        :host([fresh]) {
          animation: arrive 1.6s ease-out;
        }
        @keyframes arrive {
          from {
            background: var(--fresh-bg, var(--pw-warn-bg));
          }
        }
      }
      .what {
        min-width: 0;
      }
      .line {
        display: flex;
        align-items: baseline;
        gap: 6px;
        min-width: 0;
        white-space: nowrap;
      }
      .line > * {
        flex: none;
      }
      .line > .ell {
        flex: 0 1 auto;
        min-width: 0;
      }
      /* Of a long name the end goes first: which host it is must be seen. */
      .line > .where.ell {
        flex: none;
        max-width: 60%;
      }
      .title {
        color: var(--pw-text-1);
        font-weight: var(--pw-w-strong);
      }
      .title:focus-visible {
        /* No further: the line below is near. */
        outline-offset: 0;
      }
      .where {
        color: var(--pw-text-3);
      }
      .host {
        font-weight: var(--pw-w-medium);
      }
      small {
        display: block;
        font-size: var(--pw-fs-2);
        line-height: 16px;
        color: var(--pw-text-3);
      }
      small .mono {
        font-size: var(--pw-fs-1);
      }
      .quiet {
        color: var(--pw-text-2);
      }
      .value b {
        font-weight: var(--pw-w-strong);
        white-space: nowrap;
      }
      :host([level='critical']) .value b {
        color: var(--pw-crit);
      }
      :host([level='warning']) .value b,
      :host([level='pending']) .value b {
        color: var(--pw-warn);
      }
      :host([level='info']) .value b {
        color: var(--pw-info);
      }
      :host([level='resolved']) .title,
      :host([level='resolved']) .value b {
        font-weight: var(--pw-w-medium);
        color: var(--pw-text-2);
      }
      .time > span {
        display: block;
        font-weight: var(--pw-w-medium);
        white-space: nowrap;
      }
      .actions {
        display: flex;
        align-items: center;
        justify-content: flex-end;
        gap: 4px;
        min-width: 0;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
      }
      .pill {
        display: inline-flex;
        align-items: center;
        gap: 5px;
        min-width: 0;
        height: 24px;
        padding: 0 9px;
        border-radius: 12px;
        background: var(--pw-surface-3);
        color: var(--pw-text-2);
        font-weight: var(--pw-w-medium);
      }
      /* By the width of the list, which is not that of the page. */
      @container (max-width: 860px) {
        :host {
          grid-template-columns: 20px minmax(0, 1fr) 96px 88px 96px 142px;
          gap: 8px;
        }
      }
      @container (max-width: 640px) {
        :host {
          grid-template-columns: 20px minmax(0, 1fr) auto;
          align-items: start;
          row-gap: 4px;
          padding: 8px 12px;
        }
        pw-severity {
          margin-top: 3px;
        }
        pw-alert-spark {
          grid-area: 2 / 2 / 3 / 4;
          height: 24px;
        }
        .value {
          text-align: right;
        }
        .time {
          grid-area: 3 / 2;
          display: flex;
          align-items: baseline;
          align-self: center;
          gap: 6px;
        }
        .line {
          flex-wrap: wrap;
          row-gap: 0;
        }
        .actions {
          grid-area: 3 / 3;
          gap: 8px;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) sparks!: AlertSparks;
  @property({ attribute: false }) item!: AlertItem;
  @property({ attribute: false }) rule: Rule | null = null;
  /** Address of its detail. */
  @property() address = '';
  /** Its detail is open. */
  @property({ type: Boolean, reflect: true }) selected = false;
  /** The one of the list that Tab reaches. */
  @property({ type: Boolean }) reachable = false;
  /** It has begun to fire a moment ago. */
  @property({ type: Boolean, reflect: true }) fresh = false;

  constructor() {
    super();
    new Following(
      this,
      () => [this.dashboard.ticked],
      () => this.#write(),
    );
    new Following(
      this,
      () => [this.sparks.changed],
      () => this.#write(),
    );
    this.addEventListener('click', (event) => this.#clicked(event));
  }

  /** Gives the focus to a part; to the title when there is no such part. */
  focusPart(part: RowPart): void {
    const wanted = this.renderRoot.querySelector<HTMLElement>(`[data-part="${part}"]`);
    (wanted ?? this.renderRoot.querySelector<HTMLElement>('.title'))?.focus();
  }

  /** The part that has the focus; null when none has. */
  get focusedPart(): RowPart | null {
    const active = this.shadowRoot?.activeElement;
    return active instanceof HTMLElement ? ((active.dataset['part'] as RowPart | undefined) ?? null) : null;
  }

  override render() {
    const { item } = this;
    const tab = this.reachable ? '0' : '-1';
    const level = item.phase === 'firing' ? item.severity : item.phase;
    return html`<pw-severity bare level=${level}></pw-severity>
      <div class="what">
        <div class="line">
          <a
            class="title ell"
            data-part="title"
            href=${this.address}
            tabindex=${tab}
            aria-current=${this.selected ? 'true' : nothing}
            aria-label=${this.#name()}
            >${item.ruleName}</a
          >
          ${
            item.host === ''
              ? nothing
              : html`<span class="where ell"
                  ><span aria-hidden="true">on </span
                  ><a class="host" data-part="host" href=${hrefOf({ ...hostRoute, host: item.host })} data-navigate tabindex=${tab}
                    >${item.hostTitle}</a
                  ></span
                >`
          }
        </div>
        <small class="ell">${this.#renderNote()}</small>
      </div>
      <pw-alert-spark .dashboard=${this.dashboard} .sparks=${this.sparks} .item=${item}></pw-alert-spark>
      <div class="value"><b></b><small>${limitWords(item, this.rule)}</small></div>
      <div class="time"><span></span><small></small></div>
      <div class="actions">${this.#renderActions(tab)}</div>`;
  }

  override willUpdate(): void {
    this.setAttribute('level', this.item.phase === 'firing' ? this.item.severity : this.item.phase);
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('item')) this.#write();
  }

  /** Its name for people who do not see the row. */
  #name(): string {
    const { item } = this;
    const state = [
      item.phase === 'pending' ? 'pending' : '',
      item.isAcknowledged ? 'acknowledged' : '',
      item.silence === null ? '' : 'silenced',
    ];
    return [titleOf(item), item.series, ...state].filter(Boolean).join(', ');
  }

  #renderNote() {
    const { item } = this;
    const quiet = item.silence === null ? quietWords(item.decision) : null;
    const alias = item.hostTitle === item.host ? '' : item.host;
    const parts = [
      alias === '' ? null : html`<span>${alias}</span>`,
      item.series === '' ? null : html`<span class="mono">${item.series}</span>`,
      item.silence !== null && item.isAcknowledged ? html`<span class="quiet">acknowledged</span>` : null,
      quiet === null ? null : html`<span class="quiet">${quiet}</span>`,
    ].filter((part) => part !== null);
    return parts.length === 0 ? item.message : parts.map((part, at) => html`${at > 0 ? ' · ' : nothing}${part}`);
  }

  #renderActions(tab: string) {
    const { item } = this;
    if (item.phase === 'resolved') return html`<span class="ell">${endWords(item)}</span>`;
    return html`${this.#renderState(tab)} ${this.#mayEdit ? this.#renderSilence(tab) : nothing}`;
  }

  get #mayEdit(): boolean {
    return this.dashboard.session.may('editor');
  }

  #renderSilence(tab: string) {
    const { item } = this;
    return html`<button
        class="btn small ghost icon"
        data-part="silence"
        tabindex=${tab}
        aria-label="Silence ${titleOf(item)}"
        title="Silence (s)"
        @click=${() => tell(this, 'pw-silence', item)}
      >
        ${icon('mute', 14)}
      </button>`;
  }

  #renderState(tab: string) {
    const { item } = this;
    if (item.silence !== null)
      return html`<span class="pill" title="Silenced until ${formatMoment(item.silence.untilMs)} ${displayZoneText(item.silence.untilMs)}${
        item.silence.spec.author === '' ? '' : ` by ${item.silence.spec.author}`
      }"
        >${icon('mute', 12)}<span class="ell">until ${shortMoment(item.silence.untilMs, this.dashboard.hubMs)}</span></span
      >`;
    if (item.isAcknowledged) {
      const by = item.acknowledged?.by ?? 'acknowledged';
      return html`<span class="pill" title=${item.acknowledged?.comment || 'Acknowledged'}
        >${icon('check', 12)}<span class="ell"><span class="sr">Acknowledged by </span>${by}</span></span
      >`;
    }
    if (item.phase === 'pending') return html`<span class="ell">not notified yet</span>`;
    if (!this.#mayEdit) return nothing;
    return html`<button
      class="btn small"
      data-part="acknowledge"
      tabindex=${tab}
      title="Acknowledge (a)"
      @click=${() => tell(this, 'pw-acknowledge', item)}
    >
      Acknowledge
    </button>`;
  }

  /** The figures that move: newest value, how long it lasts, when it fires. */
  #write(): void {
    const { item, dashboard } = this;
    const nowMs = dashboard.hubMs;
    const value = this.sparks.valueOf(item);
    const lastMs = dashboard.fleet.byName(item.host)?.lastMs ?? 0;
    const awayMs = lastMs === 0 ? null : nowMs - lastMs;
    this.#put('.value b', badText(item, { value, awayMs }));
    this.#put('.time span', formatDuration((item.endMs ?? nowMs) - item.sinceMs));
    this.#put('.time small', this.#whenText(nowMs));
  }

  #whenText(nowMs: number): string {
    const { phase, sinceMs, endMs, firesMs } = this.item;
    if (phase === 'resolved') return `ended ${shortMoment(endMs ?? nowMs, nowMs)}`;
    if (phase === 'firing') return `since ${shortMoment(sinceMs, nowMs)}`;
    if (firesMs === null) return `since ${shortMoment(sinceMs, nowMs)}`;
    // It is judged by the time of ticks: of a host that is silent it stays pending.
    return firesMs <= nowMs ? 'due, no value yet' : `fires in ${formatDuration(firesMs - nowMs)}`;
  }

  #put(selector: string, text: string): void {
    const element = this.renderRoot.querySelector(selector);
    if (element !== null && element.textContent !== text) element.textContent = text;
  }

  /** Anywhere but on something of its own: its detail. The title is a link, so that it opens in a tab as well. */
  #clicked(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const own = event.composedPath().find((target) => target instanceof Element && target.matches('a, button'));
    if (own instanceof Element && !own.matches('.title')) return;
    event.preventDefault();
    tell(this, 'pw-open-alert', this.item);
  }
}
