/**
 * One downtime, new or to be changed: whom it is for, when, by whom. The draft is kept by the page, which draws it into
 * the timeline; each change is told by `pw-draft`. What the hub refuses is shown at its field.
 */
import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { parseLocalTime } from '#core/recurrence.ts';
import type { HostSelector } from '#core/rule-spec.ts';
import { changeDowntime, createDowntime } from '../../api/downtimes.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { OnceClock } from '../../model/downtimes/clock-warnings.ts';
import type { DowntimeRow } from '../../model/downtimes/downtime-row.ts';
import {
  type DowntimeDraft,
  type DraftField,
  type DraftWhen,
  draftWhens,
  fullTimeOf,
  isForAnyHost,
  readDraft,
  refusalsOf,
  scheduleOfDraft,
} from '../../model/downtimes/draft.ts';
import { browserZone, zoneCity } from '../../model/downtimes/zone-text.ts';
import { formatDuration } from '../../model/format.ts';
import { rememberAuthor } from '../../settings.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { showToast, tell } from '../events.ts';
import { icon } from '../icons.ts';
import '../pw-selector-field.ts';
import { formStyles } from './form-styles.ts';
import './pw-next-windows.ts';
import './pw-repetition-field.ts';
import './pw-zone-field.ts';

const whenTitles: Readonly<Record<DraftWhen, string>> = { once: 'One time', recurring: 'Recurring', now: 'Start now' };

@customElement('pw-downtime-form')
export class PwDowntimeForm extends LitElement {
  static override readonly styles = [sharedStyles, formStyles];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) draft!: DowntimeDraft;
  /** The one that is changed; null for a new one. */
  @property({ attribute: false }) row: DowntimeRow | null = null;
  @property({ type: Number }) nowMs = 0;
  @state() private isSaving = false;
  /** Id of the downtime that could not be changed, because somebody has deleted it. */
  @state() private goneId: number | null = null;
  /** Problems are shown from the first attempt on, and of the hub until something is changed. */
  @state() private isTried = false;
  @state() private refusals: ReadonlyMap<DraftField | null, string> = new Map();

  override render() {
    const { row, draft, isSaving } = this;
    const isReadOnly = this.#isReadOnly;
    const title = row === null ? 'New downtime' : isReadOnly ? 'Downtime' : 'Change downtime';
    return html`<form class="panel" novalidate aria-labelledby="title" @submit=${this.#submit} @keydown=${this.#keyPressed}>
      <header>
        <h2 id="title">${title}</h2>
        <button type="button" class="btn small ghost icon" aria-label="Close" @click=${this.#close}>${icon('close', 14)}</button>
      </header>
      ${row?.isReadOnly === true ? html`<p class="notice">It is kept in the hub’s file of alerts, and changed there.</p>` : nothing}
      <fieldset ?disabled=${isSaving || isReadOnly}>
        <div class="part">${this.#renderReason()} ${this.#renderHosts(isReadOnly)}</div>
        <div class="part">
          <div class="field">
            <span class="label" id="when">When</span>
            <div class="seg" role="group" aria-labelledby="when">${draftWhens.map((when) => this.#renderWhen(when))}</div>
            ${this.#problem('when')}
          </div>
          ${draft.when === 'recurring' ? this.#renderRecurring() : this.#renderOnce()}
          ${draft.when === 'now' ? nothing : this.#renderZone()}
        </div>
        <div class="part">${this.#renderWindows()}</div>
        <div class="part last">
          ${this.dashboard.session.author === null ? this.#renderAuthor() : nothing}
          <p class="hint">
            Metrics are recorded and alerts are judged all the same, but nobody is told, and the hosts count as in downtime.
            What still fires at the end is told then.
          </p>
        </div>
      </fieldset>
      ${isReadOnly ? nothing : this.#renderFoot()}
    </form>`;
  }

  override firstUpdated(): void {
    this.focusFirst();
  }

  focusFirst(): void {
    this.renderRoot.querySelector<HTMLElement>('#reason')?.focus({ preventScroll: true });
  }

  #renderReason() {
    const { reason } = this.draft;
    return html`<div class="field">
      <label for="reason">What is done</label>
      ${
        reason.includes('\n')
          ? html`<textarea class="input" id="reason" rows="3" maxlength="1000" aria-invalid=${this.#isOdd('reason')} .value=${reason} @input=${this.#typed('reason')}></textarea>`
          : html`<input class="input" id="reason" maxlength="1000" autocomplete="off" placeholder="Kernel update" aria-invalid=${this.#isOdd('reason')} aria-describedby=${this.#problems.has('reason') ? 'reason-problem' : nothing} .value=${reason} @input=${this.#typed('reason')} />`
      }
      ${this.#problem('reason')}
    </div>`;
  }

  /** Kept in the hub's file, or looked at by somebody who may not change it. */
  get #isReadOnly(): boolean {
    return this.row?.isReadOnly === true || !this.dashboard.session.may('editor');
  }

  #renderHosts(isReadOnly: boolean) {
    const { draft } = this;
    return html`<div class="field">
      <span class="label">Applies to</span>
      <pw-selector-field
        label="Applies to"
        .dashboard=${this.dashboard}
        .value=${draft.hosts}
        ?isLasting=${draft.when === 'recurring'}
        ?disabled=${isReadOnly}
        @pw-change=${(event: CustomEvent<HostSelector>) => {
          event.stopPropagation();
          this.#change({ hosts: event.detail });
        }}
      ></pw-selector-field>
      ${
        isForAnyHost(draft.hosts)
          ? html`<label class="check"
              ><input type="checkbox" .checked=${draft.isForAll} @change=${(event: Event) => this.#change({ isForAll: isChecked(event) })} />
              It is for all hosts, also for those that come later</label
            >`
          : nothing
      }
      ${this.#problem('hosts')}
    </div>`;
  }

  #renderWhen(when: DraftWhen) {
    // What there is has begun already, or has its time.
    if (when === 'now' && this.row !== null) return nothing;
    return html`<button type="button" aria-pressed=${this.draft.when === when ? 'true' : 'false'} @click=${() => this.#change({ when })}>
      ${when === 'recurring' ? icon('repeat', 12) : nothing}${whenTitles[when]}
    </button>`;
  }

  #renderOnce() {
    const { draft } = this;
    const hasEnd = draft.hasEnd && draft.when === 'once';
    return html`${
      draft.when === 'now'
        ? nothing
        : html`<div class="field">
              <span class="label" id="starts">Starts</span>
              <div class="two" role="group" aria-labelledby="starts">${this.#dayAndTime('start')}</div>
              ${this.#problem('start')}
            </div>`
    }
      <div class="field">
        ${
          draft.when === 'now'
            ? html`<label for="duration">For</label>`
            : html`<div class="seg small" role="group" aria-label="Its end">
                <button type="button" aria-pressed=${hasEnd ? 'false' : 'true'} @click=${() => this.#change({ hasEnd: false })}>Lasts for</button>
                <button type="button" aria-pressed=${hasEnd ? 'true' : 'false'} @click=${() => this.#change({ hasEnd: true })}>Ends at</button>
              </div>`
        }
        ${hasEnd ? html`<div class="two" role="group" aria-label="Ends at">${this.#dayAndTime('end')}</div>` : this.#durationInput()}
        ${this.#problem(hasEnd ? 'end' : 'duration')}
      </div>
      ${this.#renderRetroactive()}`;
  }

  #renderRetroactive() {
    const schedule = scheduleOfDraft(this.draft, this.nowMs);
    if (schedule?.kind !== 'once' || this.draft.when === 'now' || schedule.startMs > this.nowMs) return nothing;
    return html`<p class="hint" role="status">${
      schedule.endMs <= this.nowMs
        ? 'It is over already: it mutes nothing any more, and is kept as a note of what was done.'
        : `It began ${formatDuration(this.nowMs - schedule.startMs)} ago. Alerts are muted from now on; what was told before stays told.`
    }</p>`;
  }

  #renderRecurring() {
    const { draft } = this;
    const isRule = draft.repetition.kind === 'rule';
    return html`<div class="field">
        <span class="label">Repeats</span>
        <pw-repetition-field
          .value=${draft.repetition}
          .firstDay=${draft.startDay}
          .problem=${this.#problems.get('rule') ?? ''}
          ?disabled=${this.#isReadOnly}
          @pw-repetition=${(event: CustomEvent<DowntimeDraft['repetition']>) => {
            event.stopPropagation();
            this.#change({ repetition: event.detail, ...(event.detail.kind === 'rule' ? { until: '' } : {}) });
          }}
        ></pw-repetition-field>
      </div>
      <div class="two">
        <div class="field"><label for="start-time">From</label>${this.#timeInput('startTime', 'start-time')}</div>
        <div class="field"><label for="duration">For</label>${this.#durationInput()}${this.#problem('duration')}</div>
      </div>
      <div class="two">
        <div class="field"><label for="start-day">First day</label>${this.#dayInput('startDay', 'start-day')}</div>
        ${
          isRule
            ? nothing
            : html`<div class="field"><label for="until">Until <span class="hint">(no end if empty)</span></label>${this.#dayInput('until', 'until')}${this.#problem('until')}</div>`
        }
      </div>
      ${this.#problem('start')}`;
  }

  #renderZone() {
    const { draft } = this;
    const viewer = browserZone();
    const isOther = viewer !== draft.zone;
    const follows = draft.when === 'recurring' ? ` The window follows the clock of ${zoneCity(draft.zone)}.` : '';
    return html`<div class="field">
      <span class="label">Time zone</span>
      <pw-zone-field
        zone=${draft.zone}
        .atMs=${this.nowMs}
        ?disabled=${this.#isReadOnly}
        @pw-zone=${(event: CustomEvent<string>) => {
          event.stopPropagation();
          this.#change({ zone: event.detail });
        }}
      ></pw-zone-field>
      ${isOther ? html`<p class="hint">Your browser is in ${viewer === 'UTC' ? viewer : zoneCity(viewer)}.${follows}</p>` : nothing}
      ${this.#problem('zone')}
    </div>`;
  }

  #renderAuthor() {
    return html`<div class="field">
      <label for="author">By</label>
      <input class="input" id="author" maxlength="200" autocomplete="name" placeholder="Your name, kept in this browser" .value=${this.draft.author} @input=${this.#typed('author')} />
      ${this.#problem('author')}
    </div>`;
  }

  #renderWindows() {
    const { draft, nowMs } = this;
    return html`<pw-next-windows
      .schedule=${scheduleOfDraft(draft, nowMs)}
      .once=${onceClockOf(draft)}
      zone=${draft.zone}
      .nowMs=${nowMs}
    ></pw-next-windows>`;
  }

  #renderFoot() {
    const { row, isSaving } = this;
    const general = this.refusals.get(null);
    return html`<div class="foot">
      ${
        this.#isGone
          ? html`<p class="problem" role="alert">Somebody has deleted this downtime meanwhile. What stands here can be saved as a new one.</p>`
          : general === undefined
            ? nothing
            : html`<p class="problem" role="alert">Not saved: ${general}</p>`
      }
      <div class="buttons">
        <button class="btn primary" ?disabled=${isSaving}>${isSaving ? 'Saving' : row === null ? 'Create downtime' : this.#isGone ? 'Save as a new downtime' : 'Save changes'}</button>
        ${
          row === null
            ? html`<button type="button" class="btn" @click=${this.#close}>Cancel</button>`
            : html`${row.state === 'active' ? html`<button type="button" class="btn" @click=${() => tell(this, 'pw-end', row)}>End now</button>` : nothing}
                <button type="button" class="btn danger" @click=${() => tell(this, 'pw-delete', row)}>Delete</button>`
        }
      </div>
    </div>`;
  }

  #dayAndTime(which: 'start' | 'end') {
    const name = which === 'start' ? 'Start' : 'End';
    return html`${this.#dayInput(`${which}Day`, `${which}-day`, `${name}, day`)} ${this.#timeInput(`${which}Time`, `${which}-time`, `${name}, time`)}`;
  }

  #dayInput(name: 'startDay' | 'endDay' | 'until', id: string, label: string | typeof nothing = nothing) {
    const field = name === 'startDay' ? 'start' : name === 'endDay' ? 'end' : 'until';
    return html`<input class="input" type="date" id=${id} aria-label=${label} aria-invalid=${this.#isOdd(field)} .value=${this.draft[name]} @input=${this.#typed(name)} />`;
  }

  /** Not the browser's own field, which has a.m. and p.m. where its language does. */
  #timeInput(name: 'startTime' | 'endTime', id: string, label: string | typeof nothing = nothing) {
    return html`<input
      class="input"
      id=${id}
      inputmode="numeric"
      autocomplete="off"
      placeholder="02:00"
      aria-label=${label}
      aria-invalid=${this.#isOdd(name === 'startTime' ? 'start' : 'end')}
      .value=${this.draft[name]}
      @input=${this.#typed(name)}
      @change=${(event: Event) => this.#change({ [name]: fullTimeOf((event.target as HTMLInputElement).value) })}
    />`;
  }

  #durationInput() {
    return html`<input class="input" id="duration" aria-label="Lasts for" autocomplete="off" placeholder="2 h" aria-invalid=${this.#isOdd('duration')} .value=${this.draft.duration} @input=${this.#typed('duration')} />`;
  }

  get #problems(): ReadonlyMap<DraftField | null, string> {
    if (!this.isTried) return this.refusals;
    const read = readDraft(this.draft, this.nowMs);
    return read.kind === 'spec' ? this.refusals : new Map([...this.refusals, ...read.problems]);
  }

  #problem(field: DraftField) {
    const text = this.#problems.get(field);
    return text === undefined ? nothing : html`<p class="problem" id="${field}-problem">${text}</p>`;
  }

  get #isGone(): boolean {
    return this.row !== null && this.row.downtime.id === this.goneId;
  }

  #isOdd(field: DraftField): 'true' | 'false' {
    return this.#problems.has(field) ? 'true' : 'false';
  }

  #typed(name: 'reason' | 'author' | 'startDay' | 'startTime' | 'endDay' | 'endTime' | 'duration' | 'until') {
    return (event: Event) => this.#change({ [name]: (event.target as HTMLInputElement).value });
  }

  #change(changed: Partial<DowntimeDraft>): void {
    this.refusals = new Map();
    tell(this, 'pw-draft', { ...this.draft, ...changed });
  }

  readonly #close = (): void => {
    tell(this, 'pw-close', null);
  };

  #keyPressed(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    this.#close();
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    this.isTried = true;
    const { dashboard, draft, row } = this;
    const read = readDraft(draft, dashboard.hubMs);
    if (read.kind === 'problems') {
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
      return;
    }
    this.isSaving = true;
    const { client } = dashboard;
    const isNew = row === null || this.#isGone;
    const saved = await (isNew
      ? createDowntime(client, read.spec)
      : changeDowntime(client, row.downtime.id, read.spec));
    this.isSaving = false;
    if (saved.kind === 'failed') {
      if (saved.status === 404 && row !== null) this.goneId = row.downtime.id;
      else this.refusals = refusalsOf(saved.why, draft);
      return;
    }
    if (this.dashboard.session.author === null) rememberAuthor(draft.author);
    showToast(this, { kind: 'done', text: isNew ? 'Downtime created' : 'Changes saved' });
    tell(this, 'pw-saved', saved.value);
  }
}

function isChecked(event: Event): boolean {
  return (event.target as HTMLInputElement).checked;
}

function onceClockOf({ when, zone, startDay, startTime, hasEnd, endDay, endTime }: DowntimeDraft): OnceClock | null {
  const startLocalMs = parseLocalTime(`${startDay}T${fullTimeOf(startTime)}`);
  if (when !== 'once' || startLocalMs === null) return null;
  return { zone, startLocalMs, endLocalMs: hasEnd ? parseLocalTime(`${endDay}T${fullTimeOf(endTime)}`) : null };
}
