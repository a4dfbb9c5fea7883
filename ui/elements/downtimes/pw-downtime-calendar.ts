/**
 * A month of downtimes: weeks of days with the windows as bars over them. Days are one tab stop, arrows walk them, and
 * each leads to its own timeline, which has what finds no room here. On a phone a day has its count alone.
 */
import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Schedule } from '#core/downtime.ts';
import type { DowntimeRow } from '../../model/downtimes/downtime-row.ts';
import { windowsOf } from '../../model/downtimes/lookup.ts';
import { type GridBar, type GridDay, type GridWeek, gridSpan, monthGrid } from '../../model/downtimes/month-grid.ts';
import { localDayMs } from '../../model/downtimes/shown-span.ts';
import type { DraftRow } from '../../model/downtimes/timeline.ts';
import {
  isoDayOf,
  type Shown,
  shortDayOf,
  timeIn,
  weekdayName,
  weekdayOf,
  windowIn,
} from '../../model/downtimes/zone-text.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import { icon } from '../icons.ts';
import { styled } from '../placed.ts';
import { calendarStyles } from './calendar-styles.ts';

const lanes = 4;
/** Weeks with little in them are this high all the same. */
const lanesMin = 3;
const dayMs = 86_400_000;

interface CalendarItem {
  readonly title: string;
  readonly isRecurring: boolean;
  /** null: the draft. */
  readonly row: DowntimeRow | null;
}

@customElement('pw-downtime-calendar')
export class PwDowntimeCalendar extends LitElement {
  static override readonly styles = [sharedStyles, calendarStyles];

  @property({ attribute: false }) rows: readonly DowntimeRow[] = [];
  /** Any day of the month that is shown. */
  @property() at = '';
  @property({ attribute: false }) shown!: Shown;
  @property({ attribute: false }) draft: DraftRow | null = null;
  /** Address of the timeline of a day. */
  @property({ attribute: false }) hrefOfDay: (day: string) => string = () => '';
  /** Day that the keyboard is on. */
  @state() private current = '';

  override render() {
    const { at, shown } = this;
    const weeks = monthGrid(this.#items(), { at, ...shown, lanes });
    const days = weeks.flatMap((week) => week.days);
    const current = days.some(({ day }) => day === this.current)
      ? this.current
      : (days.find(({ isToday }) => isToday) ?? days.find(({ isInMonth }) => isInMonth))?.day;
    return html`<div class="heads" aria-hidden="true">
        ${[0, 1, 2, 3, 4, 5, 6].map((weekday) => html`<div>${weekdayName(weekday)}</div>`)}
      </div>
      <div role="group" aria-label="Days" @keydown=${this.#move}>${weeks.map((week) => this.#renderWeek(week, current))}</div>`;
  }

  /** The day that the keyboard was on. */
  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('[data-day][tabindex="0"]')?.focus();
  }

  #items() {
    const span = gridSpan(this.at, this.shown.zone);
    const itemsOf = (schedule: Schedule, item: CalendarItem) =>
      windowsOf(schedule, span).map((window) => ({ item, window }));
    const { draft } = this;
    const drafted =
      draft === null
        ? []
        : itemsOf(draft.schedule, {
            title: draft.title || 'New downtime',
            isRecurring: draft.schedule.kind === 'recurring',
            row: null,
          });
    const planned = this.rows
      .filter((row) => row.downtime.id !== draft?.id)
      .flatMap((row) => itemsOf(row.downtime.spec.schedule, { title: row.title, isRecurring: row.isRecurring, row }));
    return [...planned, ...drafted];
  }

  #renderWeek({ days, bars }: GridWeek<CalendarItem>, current: string | undefined) {
    const used = Math.max(lanesMin, ...bars.map(({ lane }) => lane + 1));
    const hasMore = days.some(({ hiddenCount }) => hiddenCount > 0);
    return html`<div class="week" ${styled({ '--lanes': String(used), '--foot': hasMore ? '20px' : '6px' })}>
      ${days.map((day, index) => this.#renderDay(day, index, current))}
      ${bars.map((bar) => this.#renderBar(bar))}
      ${days.map((day, index) =>
        day.hiddenCount === 0
          ? nothing
          : html`<a class="more" tabindex="-1" aria-hidden="true" href=${this.hrefOfDay(day.day)} data-navigate ${styled({ 'grid-column': String(index + 1) })}
              >${day.hiddenCount} more</a
            >`,
      )}
    </div>`;
  }

  #renderDay(
    { day, monthDay, isInMonth, isToday, isWeekend, count }: GridDay,
    index: number,
    current: string | undefined,
  ) {
    const classes = `${isInMonth ? '' : 'other'} ${isToday ? 'today' : ''} ${isWeekend ? 'weekend' : ''}`;
    const localMs = localDayMs(day);
    const what = count === 0 ? 'no downtime' : count === 1 ? '1 downtime' : `${count} downtimes`;
    return html`<div class="day ${classes}" ${styled({ 'grid-column': String(index + 1) })}>
      <a
        href=${this.hrefOfDay(day)}
        data-navigate
        data-day=${day}
        tabindex=${day === current ? 0 : -1}
        aria-current=${isToday ? 'date' : nothing}
        @focus=${() => {
          this.current = day;
        }}
        ><span class="sr">${weekdayName(weekdayOf(localMs))} </span><span class="number">${monthDay}</span
        ><span class="sr"> ${shortDayOf(localMs).replace(/^\d+ /, '')}, ${what}</span>${
          count === 0 ? nothing : html`<span class="count" aria-hidden="true">${count}</span>`
        }</a
      >
    </div>`;
  }

  #renderBar({ item, window, firstDay, lastDay, lane, comesFromBefore, goesOn }: GridBar<CalendarItem>) {
    const { shown } = this;
    const { row, title, isRecurring } = item;
    const phase =
      row === null
        ? 'draft'
        : window.endMs <= shown.nowMs
          ? 'past'
          : window.startMs <= shown.nowMs
            ? 'active'
            : 'future';
    const text = `${title}, ${windowIn(window, shown)}`;
    return html`<button
      class="bar ${phase} ${comesFromBefore ? 'from' : ''} ${goesOn ? 'on' : ''}"
      tabindex="-1"
      title=${text}
      ?disabled=${row === null}
      ${styled({ 'grid-column': `${firstDay + 1} / ${lastDay + 2}`, 'grid-row': String(lane + 2) })}
      @click=${() => tell(this, 'pw-open', row)}
    >
      ${comesFromBefore ? nothing : html`<span class="time">${timeIn(window.startMs, shown.zone)}</span>`}
      <span class="ell">${title}</span>
      ${isRecurring ? icon('repeat', 12) : nothing}
    </button>`;
  }

  /** Days in order: up and down are the same day of the week. */
  readonly #move = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[event.key];
    const from = event
      .composedPath()
      .find((target) => target instanceof HTMLElement && target.dataset['day'] !== undefined);
    if (by === undefined || !(from instanceof HTMLElement)) return;
    event.preventDefault();
    const day = isoDayOf(localDayMs(from.dataset['day'] ?? '') + by * dayMs);
    this.renderRoot.querySelector<HTMLElement>(`[data-day="${day}"]`)?.focus();
  };
}
