/** The next windows of a schedule, in its zone and in the viewer's, and what changes of the clock do to them. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Schedule } from '#core/downtime.ts';
import { type ScheduleWindow, windowsBetween } from '#core/schedule.ts';
import { type ClockWarning, clockWarnings, type OnceClock } from '../../model/downtimes/clock-warnings.ts';
import { browserZone, endIn, timeIn, windowIn, zoneCity } from '../../model/downtimes/zone-text.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { icon } from '../icons.ts';

const shownMax = 3;
/** Rules that come less often than that have one window here. */
const aheadMs = 400 * 86_400_000;

@customElement('pw-next-windows')
export class PwNextWindows extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: var(--pw-fs-2);
        line-height: 18px;
      }
      th {
        padding: 0 0 2px;
        color: var(--pw-text-3);
        font-weight: var(--pw-w-regular);
        text-align: left;
      }
      td {
        padding: 0;
        vertical-align: top;
      }
      th + th,
      td + td {
        padding-left: 12px;
        color: var(--pw-text-3);
        text-align: right;
      }
      .odd td:first-child {
        color: var(--pw-warn);
      }
      .warning {
        display: flex;
        gap: 10px;
        margin-top: 8px;
        padding: 8px 12px;
        border-radius: var(--pw-r-2);
        background: var(--pw-warn-bg);
        color: var(--pw-text-2);
        font-size: var(--pw-fs-2);
        line-height: 16px;
      }
      .warning svg {
        color: var(--pw-warn);
      }
      p + p {
        margin-top: 4px;
      }
    `,
  ];

  @property({ attribute: false }) schedule: Schedule | null = null;
  /** What was typed of one that is once. */
  @property({ attribute: false }) once: OnceClock | null = null;
  /** In which its times were typed. */
  @property() zone = 'UTC';
  @property({ type: Number }) nowMs = 0;

  override render() {
    const { schedule, nowMs, once, zone } = this;
    if (schedule === null) return nothing;
    const warnings = clockWarnings(schedule, { nowMs, once });
    const windows = schedule.kind === 'once' ? [schedule] : this.#windows(schedule, warnings);
    if (windows.length === 0) return html`<p class="hint">There is no window from now on.</p>`;
    const viewer = browserZone();
    const isSame = viewer === zone;
    return html`<table>
        <caption class="sr">Windows</caption>
        <thead>
          <tr>
            <th>${schedule.kind === 'once' ? 'In' : 'Next in'} ${zoneCity(zone)}</th>
            ${isSame ? nothing : html`<th>In your time (${zoneCity(viewer)})</th>`}
          </tr>
        </thead>
        <tbody>
          ${windows.map(
            (window) => html`<tr class=${warnings.some(({ startMs }) => startMs === window.startMs) ? 'odd' : ''}>
              <td>${windowIn(window, { zone, nowMs })}</td>
              ${isSame ? nothing : html`<td>${this.#viewerText(window, viewer)}</td>`}
            </tr>`,
          )}
        </tbody>
      </table>
      ${
        warnings.length === 0
          ? nothing
          : html`<div class="warning" role="note">
              ${icon('clock', 16)}
              <div>${warnings.map(({ text }) => html`<p>${text}</p>`)}</div>
            </div>`
      }`;
  }

  /** The next ones, and those of the changes of the clock. */
  #windows(schedule: Schedule, warnings: readonly ClockWarning[]): readonly ScheduleWindow[] {
    const { nowMs } = this;
    const next = windowsBetween(schedule, { fromMs: nowMs, toMs: nowMs + aheadMs, countMax: shownMax });
    const odd = warnings.filter(({ startMs }) => !next.some((window) => window.startMs === startMs));
    return [...next, ...odd].sort((a, b) => a.startMs - b.startMs);
  }

  /** The day is said only when it is another one there. */
  #viewerText(window: ScheduleWindow, viewer: string): string {
    const { zone, nowMs } = this;
    const shown = { zone: viewer, nowMs };
    const there = windowIn(window, shown);
    const isSameDay = there.slice(0, there.indexOf(',')) === windowIn(window, { zone, nowMs }).split(',')[0];
    return isSameDay
      ? `${timeIn(window.startMs, viewer)} to ${endIn(window.endMs, { fromMs: window.startMs, shown })}`
      : there;
  }
}
