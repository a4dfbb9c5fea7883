/**
 * The back-test strip: how often a rule would have fired in the last days, when and where, and quieter rules to try. It
 * follows `BacktestRun`, so it answers while a limit is dragged. Rows are one canvas; what they say stands beside them.
 */
import { html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Backtest } from '../../api/rules.ts';
import { Drawing } from '../../controllers/drawing.ts';
import { Following } from '../../controllers/following.ts';
import { fitCanvas } from '../../frames.ts';
import { formatDuration, formatMoment, formatValue } from '../../model/format.ts';
import { hostRoute, hrefOf } from '../../model/route.ts';
import type { BacktestRun } from '../../model/rules/backtest-run.ts';
import {
  type BacktestRow,
  type BacktestView,
  duringText,
  groundsText,
  markAt,
  optionQuestion,
  rowsMax,
  savedQuestion,
  timesText,
  totalText,
  unheldQuestion,
  viewBacktest,
} from '../../model/rules/backtest-view.ts';
import { countInDowntime, type PastDowntime } from '../../model/rules/past-downtimes.ts';
import type { QuieterOption } from '../../model/rules/quieter-options.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { themeChanged } from '../../theme/theme.ts';
import { openRoute, tell } from '../events.ts';
import { drawStrip, rowHeight, stripHeight } from './backtest-canvas.ts';
import { backtestStyles } from './backtest-styles.ts';

const backtestDays = [1, 7, 30] as const;

const hintLine = 'A back-test never sends notices.';

@customElement('pw-backtest')
export class PwBacktest extends LitElement {
  static override readonly styles = [sharedStyles, backtestStyles];

  @property({ attribute: false }) run!: BacktestRun;
  @property({ attribute: false }) days = 7;
  /** Names of hosts that the rule means. */
  @property({ attribute: false }) hostNames: readonly string[] = [];
  @property({ attribute: false }) options: readonly QuieterOption[] = [];
  @property({ attribute: false }) downtimes: readonly PastDowntime[] = [];
  /** Why there is nothing to be asked; '' when there is. */
  @property() why = '';
  /** A quieter rule may be taken. */
  @property({ type: Boolean }) canTry = true;
  readonly #drawing = new Drawing(this, () => this.#draw());
  #view: BacktestView | null = null;

  constructor() {
    super();
    new Following(this, () => [this.run.changed]);
    new Following(this, () => [themeChanged], this.#drawing.mark);
  }

  override render() {
    const answered = this.run.answered;
    const backtest = answered?.asked.kind === 'ok' ? answered.asked.value : null;
    this.#view = backtest === null ? null : this.#viewOf(backtest);
    return html`<section class="panel" aria-label="Back-test" aria-busy=${this.run.isRunning ? 'true' : 'false'}>
        <header>
          <h3>Back-test</h3>
          ${backtest === null || backtest.seriesCount === 0 ? nothing : this.#renderSum(backtest)}${this.why === '' ? this.#renderDays() : nothing}
          ${backtest === null ? nothing : this.#renderSaved(backtest)}
        </header>
        ${backtest === null ? this.#renderMessage() : this.#renderStrip(backtest)}
        <span class="sr" role="status">${backtest !== null && this.run.isStill ? this.#spoken(backtest) : ''}</span>
      </section>
      ${this.#renderOptions(backtest)}`;
  }

  override updated(): void {
    this.#drawing.mark();
  }

  #renderSum(backtest: Backtest) {
    const { fired, firingMs, marks } = backtest;
    const quiet = countInDowntime(marks, this.downtimes);
    const during = duringText(backtest, this.#shownDays);
    if (fired === 0)
      return html`<span>With these settings it would have fired</span> <b>never</b> <span>${during}</span>`;
    return html`<span>With these settings it would have fired</span> <b>${timesText(fired)}</b> <span>${during},</span>
      <b>${formatDuration(firingMs)}</b> <span>in total${quiet === 0 ? '' : `, ${timesText(quiet)} in a downtime`}</span>`;
  }

  /** Read out once nothing moves any more. */
  #spoken(backtest: Backtest): string {
    return `Back-test: would have fired ${totalText(backtest)} ${duringText(backtest, this.#shownDays)}`;
  }

  /** The answer that is shown may be that of the days before. */
  get #shownDays(): number {
    return this.run.answered?.question.days ?? this.days;
  }

  #renderDays() {
    return html`<div class="seg" role="group" aria-label="Days that are looked at">
      ${backtestDays.map(
        (days) => html`<button
          type="button"
          aria-pressed=${days === this.days ? 'true' : 'false'}
          @click=${() => tell(this, 'pw-days', days)}
        >
          ${`${days}\u202fd`}
        </button>`,
      )}
    </div>`;
  }

  #renderSaved(backtest: Backtest) {
    const saved = this.run.sideAnswer(savedQuestion);
    if (saved?.kind !== 'ok') return nothing;
    const isSame = saved.value.fired === backtest.fired && saved.value.firingMs === backtest.firingMs;
    return html`<span class="was">${isSame ? 'The same as the saved rule' : `Saved rule: ${totalText(saved.value)}`}</span>`;
  }

  #renderMessage() {
    const { answered, isRunning } = this.run;
    if (this.why !== '') return html`<p class="message">${this.why}</p>`;
    if (answered?.asked.kind === 'failed' && !isRunning) return this.#renderFailed(answered.asked);
    return html`<p class="message" role="status">Looking at ${dayText(this.days)} of ${hostsText(this.hostNames.length)}.</p>`;
  }

  /** What is refused is too much at once: it says what to narrow down. */
  #renderFailed({ why, status }: { readonly why: string; readonly status: number | null }) {
    const isTooBroad = status === 400 && this.days > 1;
    return html`<div class="message" role="status">
      <p>${why}</p>
      ${
        isTooBroad
          ? html`<button class="btn small" type="button" @click=${() => tell(this, 'pw-days', 1)}>Look at 1 day</button>`
          : html`<button class="btn small" type="button" @click=${() => tell(this, 'pw-retry', null)}>Try again</button>`
      }
    </div>`;
  }

  #renderStrip(backtest: Backtest) {
    const view = this.#view!;
    if (backtest.seriesCount === 0) return this.#renderNoValues(backtest);
    const label = `Back-test by host: ${totalText(backtest)} ${duringText(backtest, this.#shownDays)}. ${view.rows
      .map(({ host, fired }) => `${host} ${timesText(fired)}`)
      .join(', ')}`;
    const hasHoles = view.rows.some(({ holes }) => holes.length > 0);
    return html`<div class="strip ${this.run.isRunning ? 'stale' : ''}">
        <ul>
          ${view.rows.map(
            ({ host, fired }) => html`<li>
              <a
                class="name ell ${fired > 0 ? 'fired' : ''}"
                href=${hrefOf({ ...hostRoute, host })}
                data-navigate
                title=${host}
                >${host}</a
              ><span class="count">${fired > 0 ? fired : ''}</span>
            </li>`,
          )}
        </ul>
        <canvas role="img" aria-label=${label} @click=${this.#pressed} @pointermove=${this.#pointed}></canvas>
      </div>
      <footer>
        <span class="key"><i class="fires"></i>would have fired</span>
        <span class="key"><i class="held"></i>held, too short</span>
        ${this.downtimes.length > 0 ? html`<span class="key"><i class="downtime"></i>downtime: nobody is told</span>` : nothing}
        ${hasHoles ? html`<span class="key"><i class="hole"></i>no values</span>` : nothing}
        ${view.moreHosts > 0 ? html`<span>and ${hostsText(view.moreHosts)} more that fired</span>` : nothing}
        <span class="end">${groundsText(backtest)}, ${formatValue(backtest.durationMs, 'ms')}</span>
      </footer>`;
  }

  #renderNoValues({ hostCount }: Backtest) {
    return html`<p class="message">
      ${
        hostCount === 0
          ? 'No host matches. Choose others under "Applies to".'
          : `No values of this metric in ${dayText(this.#shownDays)} on ${hostsText(hostCount)} that match. Choose another metric, or other hosts.`
      }
    </p>`;
  }

  #renderOptions(backtest: Backtest | null) {
    if (backtest === null || backtest.fired === 0 || this.options.length === 0) return nothing;
    const tried = this.options.map((option, index) => ({
      option,
      asked: this.run.sideAnswer(optionQuestion(index)),
    }));
    const helping = tried.filter(({ asked }) => asked?.kind !== 'ok' || asked.value.fired < backtest.fired);
    if (helping.length === 0) return nothing;
    return html`<section class="panel quieter" aria-label="Quieter options">
      <span>Quieter options</span>
      ${helping.map(
        ({ option, asked }) => html`<button
          class="btn small"
          type="button"
          ?disabled=${!this.canTry}
          @click=${() => tell(this, 'pw-try', option)}
        >
          ${option.text}${asked?.kind === 'ok' ? `: ${timesText(asked.value.fired)}` : ''}
        </button>`,
      )}
      <span class="end">${hintLine}</span>
    </section>`;
  }

  #viewOf(backtest: Backtest): BacktestView {
    const unheld = this.run.sideAnswer(unheldQuestion);
    return viewBacktest(backtest, {
      hostNames: this.hostNames.slice(0, rowsMax),
      unheld: unheld?.kind === 'ok' ? unheld.value : null,
    });
  }

  #draw(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    const answered = this.run.answered;
    if (canvas === null || this.#view === null || answered?.asked.kind !== 'ok') return;
    const { startMs, endMs } = answered.asked.value;
    const height = stripHeight(this.#view.rows.length);
    canvas.style.height = `${height}px`;
    const context = fitCanvas(canvas, canvas.clientWidth, height);
    if (context === null) return;
    drawStrip(context, {
      width: canvas.clientWidth,
      rows: this.#view.rows,
      downtimes: this.downtimes,
      span: { startMs, endMs },
    });
  }

  /** The row and the moment under the pointer. */
  #placeOf(event: MouseEvent): { readonly row: BacktestRow; readonly atMs: number; readonly msPerPx: number } | null {
    const answered = this.run.answered;
    const canvas = event.currentTarget as HTMLCanvasElement;
    const { left, top, width } = canvas.getBoundingClientRect();
    const row = this.#view?.rows[Math.floor((event.clientY - top) / rowHeight)];
    if (row === undefined || answered?.asked.kind !== 'ok' || width === 0) return null;
    const { startMs, endMs } = answered.asked.value;
    const msPerPx = (endMs - startMs) / width;
    return { row, atMs: startMs + (event.clientX - left) * msPerPx, msPerPx };
  }

  #pointed(event: MouseEvent): void {
    const place = this.#placeOf(event);
    const mark = place === null ? null : markAt(place.row, place.atMs, 4 * place.msPerPx);
    const title =
      place === null || mark === null
        ? ''
        : `${place.row.host}, ${formatMoment(mark.startMs)} for ${formatDuration(mark.endMs - mark.startMs)}`;
    const canvas = event.currentTarget as HTMLCanvasElement;
    if (canvas.title !== title) canvas.title = title;
  }

  /** Shows the host at that time. */
  #pressed(event: MouseEvent): void {
    const place = this.#placeOf(event);
    const mark = place === null ? null : markAt(place.row, place.atMs, 8 * place.msPerPx);
    if (place === null || mark === null) return;
    const roomMs = Math.max(300_000, (mark.endMs - mark.startMs) / 2);
    openRoute(this, {
      ...hostRoute,
      host: place.row.host,
      range: { kind: 'fixed', fromMs: mark.startMs - roomMs, toMs: mark.endMs + roomMs },
    });
  }
}

function dayText(days: number): string {
  return days === 1 ? '1 day' : `${days} days`;
}

function hostsText(count: number): string {
  return count === 1 ? '1 host' : `${count} hosts`;
}
