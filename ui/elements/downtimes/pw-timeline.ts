/**
 * Downtimes over a day, a week or a month: a row for each, its windows as bars, and a line where now is. Rows are one
 * tab stop, arrows walk them; on a narrow page the tracks scroll sideways beside the names.
 */
import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { DowntimeRow } from '../../model/downtimes/downtime-row.ts';
import { placeOf, type ShownSpan } from '../../model/downtimes/shown-span.ts';
import {
  type Bar,
  barPxMin,
  type DraftRow,
  type TimelineGroup,
  type TimelineRow,
  timelineGroups,
} from '../../model/downtimes/timeline.ts';
import { type Shown, timeIn } from '../../model/downtimes/zone-text.ts';
import { formatCount } from '../../model/format.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import { icon } from '../icons.ts';
import { styled } from '../placed.ts';
import '../pw-status.ts';
import { timelineStyles } from './timeline-styles.ts';

/** Windows that are read out of a row. */
const textsMax = 4;
/** Of a day's hours every third has room for its label, of a narrow month's days every other. */
const hourEvery = 3;

@customElement('pw-timeline')
export class PwTimeline extends LitElement {
  static override readonly styles = [sharedStyles, timelineStyles];

  /** Whether whoever looks may change them. */
  @property({ attribute: false }) canEdit = false;
  @property({ attribute: false }) rows: readonly DowntimeRow[] = [];
  @property({ attribute: false }) span!: ShownSpan;
  @property({ attribute: false }) shown!: Shown;
  @property({ attribute: false }) draft: DraftRow | null = null;
  /** Alerts that are not told because of downtimes, now. */
  @property({ type: Number }) heldBack = 0;
  @state() private trackPx = 700;
  @state() private current = 0;
  readonly #observer = new ResizeObserver(() => this.#measure());

  override render() {
    const { rows, span, shown, draft, trackPx } = this;
    const groups = timelineGroups({ rows, span, shown, draft, trackPx });
    const keys = groups.flatMap((group) => group.rows).length;
    const reachable = Math.min(this.current, keys - 1);
    let at = 0;
    return html`<div class="scroll">
      <div class="sheet ${span.kind}" ${styled({ '--columns': String(span.columns.length) })}>
        <div class="head">
          <div class="name">${this.#summary()}</div>
          <div class="columns" aria-hidden="true">${this.#renderHeads()}</div>
        </div>
        ${groups.map((group) => {
          const first = at;
          at += group.rows.length;
          return this.#renderGroup(group, { first, reachable });
        })}
        ${groups.length === 0 ? html`<p class="nothing">Nothing is planned for this ${span.kind}.</p>` : nothing}
        ${this.#renderNow()}
      </div>
    </div>`;
  }

  override firstUpdated(): void {
    const columns = this.renderRoot.querySelector('.columns');
    if (columns !== null) this.#observer.observe(columns);
    // On a phone the day that matters is brought into sight.
    const scroll = this.renderRoot.querySelector('.scroll');
    const now = this.renderRoot.querySelector<HTMLElement>('.now');
    if (scroll !== null && now !== null && scroll.scrollWidth > scroll.clientWidth)
      scroll.scrollLeft = Math.max(0, now.offsetLeft - scroll.clientWidth * 0.6);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer.disconnect();
  }

  /** The row that the keyboard was on. */
  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('button.open[tabindex="0"]')?.focus();
  }

  #measure(): void {
    this.trackPx = this.renderRoot.querySelector('.columns')?.clientWidth ?? this.trackPx;
  }

  #summary(): string {
    const active = this.rows.filter((row) => row.state === 'active').length;
    const count = this.rows.filter((row) => row.state !== 'over').length;
    if (count === 0) return 'None planned';
    const what = count === 1 ? '1 downtime' : `${formatCount(count)} downtimes`;
    return active === 0 ? `${what}, none active` : `${what}, ${formatCount(active)} active`;
  }

  #renderHeads() {
    const { kind, columns } = this.span;
    return columns.map(({ head, label, isNow, isWeekend }, index) => {
      const classes = `${isNow ? 'today' : ''} ${isWeekend ? 'weekend' : ''}`;
      if (kind === 'day') return html`<div class=${classes}>${index % hourEvery === 0 ? label : nothing}</div>`;
      return html`<div class=${classes}>${kind === 'month' ? head.charAt(0) : head}<b>${label}</b></div>`;
    });
  }

  #renderGroup(
    { id, title, note, rows }: TimelineGroup,
    place: { readonly first: number; readonly reachable: number },
  ) {
    return html`<section aria-label=${title}>
      <div class="group">
        <span class="stuck">
          ${id === 'active' ? html`<pw-status state="downtime" bare></pw-status>` : nothing}
          <h3>${title} ${formatCount(rows.length)}</h3>
          ${note === '' ? nothing : html`<span>${note}${id === 'active' ? this.#heldBackText() : nothing}</span>`}
        </span>
      </div>
      ${repeat(
        rows,
        ({ row }) => row?.downtime.id ?? 'draft',
        (row, index) =>
          this.#renderRow(row, { isActive: id === 'active', at: place.first + index, reachable: place.reachable }),
      )}
    </section>`;
  }

  #heldBackText(): string {
    if (this.heldBack === 0) return '';
    return `, ${this.heldBack === 1 ? '1 alert' : `${formatCount(this.heldBack)} alerts`} held back`;
  }

  #renderRow(
    { row, title, below, isRecurring, bars }: TimelineRow,
    { isActive, at, reachable }: { readonly isActive: boolean; readonly at: number; readonly reachable: number },
  ) {
    const name = html`<span class="line"
        ><b class="ell">${title}</b>${isRecurring ? html`<span class="mark" title="Recurring">${icon('repeat', 12)}</span>` : nothing}${
          row?.isReadOnly === true ? html`<span class="file" title="Kept in the file of alerts">file</span>` : nothing
        }</span
      ><span class="below ell" title=${below}>${below}</span>`;
    return html`<div class="row ${row === null ? 'drafted' : ''}">
      <div class="name">
        ${
          row === null
            ? html`<div class="open">${name}</div>`
            : html`<button
                class="open"
                tabindex=${at === reachable ? 0 : -1}
                aria-description=${this.#windowsText(bars)}
                @click=${() => this.#open(row)}
                @focus=${() => {
                  this.current = at;
                }}
                @keydown=${(event: KeyboardEvent) => this.#move(event, at)}
              >
                ${name}
              </button>`
        }
        ${
          isActive && row !== null && !row.isReadOnly && this.canEdit
            ? html`<button class="btn small" aria-label="End now: ${title}" @click=${() => tell(this, 'pw-end', row)}>End now</button>`
            : nothing
        }
      </div>
      <div class="track" aria-hidden="true" @click=${() => row !== null && this.#open(row)}>
        <div class="columns">
          ${this.span.columns.map(({ isNow, isWeekend }) => html`<div class="${isNow ? 'today' : ''} ${isWeekend ? 'weekend' : ''}"></div>`)}
        </div>
        ${bars.map((bar) => this.#renderBar(bar))}
      </div>
    </div>`;
  }

  #renderBar({ left, width, phase, label, labelPlace, text }: Bar) {
    // One that is wider than its window, so that it is seen, still ends within the track.
    const shift = `min(${left * 100}%, 100% - ${barPxMin}px)`;
    return html`<div
      class="bar ${phase} ${labelPlace}"
      title=${phase === 'draft' ? `Draft: ${text}` : text}
      ${styled({ left: shift, width: `${width * 100}%` })}
    >
      ${labelPlace === 'none' ? nothing : html`<span>${label}</span>`}
    </div>`;
  }

  #renderNow() {
    const { span, shown } = this;
    if (shown.nowMs < span.fromMs || shown.nowMs >= span.toMs) return nothing;
    const share = placeOf(span, shown.nowMs);
    return html`<div class="now ${share > 0.92 ? 'late' : ''}" aria-hidden="true" ${styled({ '--share': String(share) })}>
      <span>${timeIn(shown.nowMs, shown.zone)}</span>
    </div>`;
  }

  #windowsText(bars: readonly Bar[]): string {
    const texts = bars.slice(0, textsMax).map(({ text }) => text);
    const more = bars.length > textsMax ? ` and ${bars.length - textsMax} more` : '';
    return `${texts.join('; ')}${more}`;
  }

  #open(row: DowntimeRow): void {
    tell(this, 'pw-open', row);
  }

  #move(event: KeyboardEvent, at: number): void {
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const buttons = [...this.renderRoot.querySelectorAll<HTMLButtonElement>('button.open')];
    const from = buttons.indexOf(event.currentTarget as HTMLButtonElement);
    const to = buttons[from + by];
    if (to === undefined) return;
    event.preventDefault();
    this.current = at + by;
    to.focus();
  }
}
