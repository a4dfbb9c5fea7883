/**
 * One alert in full: what to do about it, its series around it, what the rule says, who was told, and why. At the side
 * of the list, or a page of its own on a phone.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { AlertCase } from '../../live/alert-case.ts';
import type { AlertDesk } from '../../live/alert-desk.ts';
import type { AlertSparks } from '../../live/alert-sparks.ts';
import type { AlertItem } from '../../model/alerts/alert-item.ts';
import { badText, endWords, limitWords, shortMoment } from '../../model/alerts/alert-text.ts';
import { wantOf } from '../../model/alerts/spark-plan.ts';
import { timelineOf } from '../../model/alerts/timeline.ts';
import { formatDuration } from '../../model/format.ts';
import { hostRoute, hrefOf } from '../../model/route.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import { icon } from '../icons.ts';
import '../pw-severity.ts';
import './pw-alert-chart.ts';
import './pw-alert-facts.ts';
import './pw-alert-note.ts';
import './pw-alert-timeline.ts';

/** Its newest value is followed though no row is in sight. */
const ownKey = 'detail';

@customElement('pw-alert-detail')
export class PwAlertDetail extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        background: var(--pw-surface-1);
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-3);
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 44px;
        padding: 6px 8px 6px 16px;
        border-bottom: 1px solid var(--pw-border-1);
      }
      h2 {
        min-width: 0;
        font-size: var(--pw-fs-3);
        line-height: var(--pw-lh-3);
        overflow-wrap: anywhere;
      }
      h2 a {
        text-decoration: underline;
        text-decoration-thickness: 1px;
        text-underline-offset: 3px;
      }
      h3 {
        padding-bottom: 6px;
      }
      header .close {
        margin-left: auto;
      }
      header .back {
        margin-left: -8px;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        padding: 12px 16px;
      }
      .actions a {
        margin-left: auto;
      }
      .actions .kbd {
        color: inherit;
        background: none;
        border-color: currentColor;
      }
      .now {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 20px;
        padding: 0 16px 12px;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
      }
      .now b {
        font-weight: var(--pw-w-medium);
        color: var(--pw-text-1);
      }
      .part {
        padding: 12px 16px;
        border-top: 1px solid var(--pw-border-1);
      }
      .wait {
        padding: 24px 16px;
        color: var(--pw-text-3);
      }
      .failed {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        color: var(--pw-text-2);
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) desk!: AlertDesk;
  @property({ attribute: false }) alert!: AlertCase;
  @property({ attribute: false }) sparks!: AlertSparks;
  /** It is the whole page. */
  @property({ type: Boolean }) isAlone = false;

  constructor() {
    super();
    new Following(this, () => [this.alert.changed, this.desk.changed]);
    new Following(
      this,
      () => [this.sparks.changed],
      () => this.#write(),
    );
    new Following(
      this,
      () => [this.dashboard.ticked],
      () => this.#write(),
    );
  }

  override render() {
    const { item } = this.alert;
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', 'Alert');
    if (item === null) return html`${this.#renderHead(null)}${this.#renderMissing()}`;
    const rule = this.desk.rules?.get(item.ruleId) ?? null;
    return html`${this.#renderHead(item)} ${this.#renderActions(item)}
      <div class="now">
        <span><b class="bad"></b> ${limitWords(item, rule)}</span>
        <span><b class="lasts"></b> <span class="when"></span></span>
      </div>
      <pw-alert-chart .dashboard=${this.dashboard} .item=${item} .notes=${this.alert.notes}></pw-alert-chart>
      <pw-alert-facts
        class="part"
        .dashboard=${this.dashboard}
        .item=${item}
        .rule=${rule}
        .trace=${this.alert.trace}
        .similar=${this.alert.similar}
      ></pw-alert-facts>
      <div class="part">
        <h3>Timeline</h3>
        ${this.#renderTimeline(item)}
        ${item.host === '' || !this.#mayEdit ? nothing : html`<pw-alert-note .dashboard=${this.dashboard} .host=${item.host}></pw-alert-note>`}
      </div>`;
  }

  get #mayEdit(): boolean {
    return this.dashboard.session.may('editor');
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sparks.hide(ownKey);
  }

  override updated(): void {
    const { item } = this.alert;
    const want = item === null || item.phase === 'resolved' ? null : wantOf(item, this.dashboard.hubMs);
    if (want === null) this.sparks.hide(ownKey);
    else this.sparks.show({ ...want, key: ownKey });
    this.#write();
  }

  #renderHead(item: AlertItem | null) {
    const close = () => tell(this, 'pw-close-alert', null);
    const level = item === null ? null : item.phase === 'firing' ? item.severity : item.phase;
    return html`<header>
      ${this.isAlone ? html`<button class="btn small ghost icon back" aria-label="Back to the list" @click=${close}>${icon('left', 14)}</button>` : nothing}
      ${level === null ? nothing : html`<pw-severity level=${level}></pw-severity>`}
      <h2>
        ${
          item === null
            ? 'Alert'
            : html`${item.ruleName}${
                item.host === ''
                  ? nothing
                  : html` on <a href=${hrefOf({ ...hostRoute, host: item.host })} data-navigate>${item.hostTitle}</a>`
              }`
        }
      </h2>
      ${this.isAlone ? nothing : html`<button class="btn small ghost icon close" aria-label="Close" title="Close (Esc)" @click=${close}>${icon('close', 14)}</button>`}
    </header>`;
  }

  #renderMissing() {
    const { isGone, failure } = this.alert;
    if (failure !== null)
      return html`<p class="wait failed" role="alert">
        ${failure} <button class="btn small" @click=${() => this.alert.refresh()}>Try again</button>
      </p>`;
    if (!isGone) return html`<p class="wait" role="status">Loading</p>`;
    return html`<p class="wait" role="status">
      There is no such alert now. One that was pending is gone when its condition ends before it fires.
    </p>`;
  }

  #renderActions(item: AlertItem) {
    const host =
      item.host === ''
        ? nothing
        : html`<a class="btn" href=${hrefOf({ ...hostRoute, host: item.host })} data-navigate>Open host</a>`;
    if (item.phase === 'resolved' || !this.#mayEdit) return html`<div class="actions">${host}</div>`;
    const canAcknowledge = item.phase === 'firing' && !item.isAcknowledged;
    return html`<div class="actions">
      ${
        canAcknowledge
          ? html`<button class="btn primary" @click=${() => tell(this, 'pw-acknowledge', item)}>
              Acknowledge <span class="kbd wide" aria-hidden="true">a</span>
            </button>`
          : nothing
      }
      <button class="btn" @click=${() => tell(this, 'pw-silence', item)}>
        ${icon('mute', 14)}Silence <span class="kbd wide" aria-hidden="true">s</span>
      </button>
      ${host}
    </div>`;
  }

  #renderTimeline(item: AlertItem) {
    const { trace, failure, notes, neighbours } = this.alert;
    if (trace !== null)
      return html`<pw-alert-timeline
        .dashboard=${this.dashboard}
        .entries=${timelineOf(trace, { nowMs: this.dashboard.hubMs, notes, neighbours })}
        .severity=${item.severity}
      ></pw-alert-timeline>`;
    if (failure !== null)
      return html`<p class="failed" role="alert">
        Why somebody was told is not known now. ${failure}
        <button class="btn small" @click=${() => this.alert.refresh()}>Try again</button>
      </p>`;
    if (item.id === null && item.phase === 'pending')
      return html`<p class="quiet">It has not fired, so nobody was told. What happens from then on stands here.</p>`;
    return html`<p role="status">Loading</p>`;
  }

  /** The figures that move each second. */
  #write(): void {
    const { item } = this.alert;
    if (item === null) return;
    const nowMs = this.dashboard.hubMs;
    const lastMs = this.dashboard.fleet.byName(item.host)?.lastMs ?? 0;
    const newest = item.phase === 'resolved' || item.series === '' ? undefined : this.sparks.newestOf(ownKey);
    this.#put('.bad', badText(item, { value: newest ?? item.value, awayMs: lastMs === 0 ? null : nowMs - lastMs }));
    this.#put('.lasts', formatDuration((item.endMs ?? nowMs) - item.sinceMs));
    this.#put('.when', this.#whenText(item, nowMs));
  }

  #whenText(item: AlertItem, nowMs: number): string {
    const since = `since ${shortMoment(item.sinceMs, nowMs)}`;
    if (item.phase === 'resolved')
      return `from ${shortMoment(item.sinceMs, nowMs)} to ${shortMoment(item.endMs ?? nowMs, nowMs)}, ${endWords(item)}`;
    if (item.phase === 'pending' && item.firesMs !== null)
      return `${since}, fires in ${formatDuration(item.firesMs - nowMs)}`;
    return since;
  }

  #put(selector: string, text: string): void {
    const element = this.renderRoot.querySelector(selector);
    if (element !== null && element.textContent !== text) element.textContent = text;
  }
}
