/** How a downtime comes again: days, weeks, months, or a rule in its own words. Tells the new one by `pw-repetition`. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { nths, type Repetition, ruleOf } from '../../model/downtimes/repetition.ts';
import { localDayMs } from '../../model/downtimes/shown-span.ts';
import { weekdayName, weekdayOf } from '../../model/downtimes/zone-text.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';

type Unit = 'daily' | 'weekly' | 'monthly' | 'rule';
const units: readonly (readonly [Unit, string, string])[] = [
  ['daily', 'day', 'days'],
  ['weekly', 'week', 'weeks'],
  ['monthly', 'month', 'months'],
  ['rule', 'rule …', 'rule …'],
];
const weekdays = [0, 1, 2, 3, 4, 5, 6];
const everyMax = 99;

@customElement('pw-repetition-field')
export class PwRepetitionField extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        gap: 8px;
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px;
      }
      .line .input {
        width: 60px;
      }
      .days {
        display: grid;
        grid-template-columns: repeat(7, minmax(0, 1fr));
        gap: 4px;
      }
      .days .btn {
        min-width: 0;
        padding: 0;
      }
      code {
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) value!: Repetition;
  /** `YYYY-MM-DD`: what a change of the unit begins with. */
  @property() firstDay = '';
  /** Id of the text that says what is wrong; '' for nothing. */
  @property() problem = '';
  @property({ type: Boolean }) disabled = false;

  override render() {
    return html`${this.#renderEvery()} ${this.#renderDetail()}
      ${this.problem === '' ? nothing : html`<p class="problem">${this.problem}</p>`}`;
  }

  #renderEvery() {
    const { value } = this;
    const unit = unitOf(value);
    const every = value.kind === 'rule' ? 1 : value.every;
    return html`<div class="line">
      ${
        value.kind === 'rule'
          ? html`<span>By a</span>`
          : html`<label for="every">Every</label>
              <input
                class="input"
                id="every"
                type="number"
                min="1"
                max=${everyMax}
                ?disabled=${this.disabled}
                .value=${String(every)}
                @input=${(event: Event) => this.#tell({ ...value, every: wholeOf(event) })}
              />`
      }
      <select class="select" aria-label="Repeats by" ?disabled=${this.disabled} @change=${this.#chooseUnit}>
        ${units.map(
          ([id, one, many]) => html`<option value=${id} ?selected=${id === unit}>${every === 1 ? one : many}</option>`,
        )}
      </select>
      ${unit === 'weekly' ? html`<span>on</span>` : nothing}
      ${value.kind === 'monthDay' || value.kind === 'monthWeekday' ? this.#renderMonth(value) : nothing}
    </div>`;
  }

  #renderDetail() {
    const { value } = this;
    switch (value.kind) {
      case 'daily':
        return nothing;
      case 'weekly':
        return html`<div class="days" role="group" aria-label="Days of the week">
          ${weekdays.map((day) => {
            const isOn = value.weekdays.includes(day);
            return html`<button
              type="button"
              class="btn"
              aria-pressed=${isOn ? 'true' : 'false'}
              aria-label=${weekdayName(day)}
              ?disabled=${this.disabled}
              @click=${() => this.#tell({ ...value, weekdays: isOn ? value.weekdays.filter((each) => each !== day) : [...value.weekdays, day].sort() })}
            >
              ${weekdayName(day).slice(0, 2)}
            </button>`;
          })}
        </div>`;
      case 'monthDay':
      case 'monthWeekday':
        return nothing;
      case 'rule':
        return html`<input
            class="input mono"
            aria-label="Recurrence rule"
            autocomplete="off"
            spellcheck="false"
            placeholder="FREQ=MONTHLY;BYDAY=SA;BYSETPOS=1"
            ?disabled=${this.disabled}
            .value=${value.rule}
            @input=${(event: Event) => this.#tell({ kind: 'rule', rule: textOf(event) })}
          />
          <p class="hint">A rule of RFC 5545 without its start, as calendars have it. Its end is <code>UNTIL=20271231</code> or <code>COUNT=10</code>.</p>`;
    }
  }

  #renderMonth(value: Extract<Repetition, { kind: 'monthDay' | 'monthWeekday' }>) {
    const isDay = value.kind === 'monthDay';
    return html`<span>on the</span>
      <select class="select" aria-label="Which" ?disabled=${this.disabled} @change=${(event: Event) => this.#chooseNth(textOf(event))}>
        <option value="day" ?selected=${isDay}>day</option>
        ${nths.map(([nth, word]) => html`<option value=${nth} ?selected=${!isDay && value.nth === nth}>${word}</option>`)}
      </select>
      ${
        isDay
          ? html`<input
              class="input"
              type="number"
              min="1"
              max="31"
              aria-label="Day of the month"
              ?disabled=${this.disabled}
              .value=${String(value.monthDay)}
              @input=${(event: Event) => this.#tell({ ...value, monthDay: wholeOf(event) })}
            />`
          : html`<select
              class="select"
              aria-label="Day of the week"
              ?disabled=${this.disabled}
              @change=${(event: Event) => this.#tell({ ...value, weekday: Number(textOf(event)) })}
            >
              ${weekdays.map((day) => html`<option value=${day} ?selected=${value.weekday === day}>${weekdayName(day)}</option>`)}
            </select>`
      }
      ${isDay && value.monthDay > 28 ? html`<span class="hint">left out in months that have no such day</span>` : nothing}`;
  }

  #chooseNth(text: string): void {
    const { value } = this;
    const every = value.kind === 'rule' ? 1 : value.every;
    this.#tell(
      text === 'day'
        ? { kind: 'monthDay', every, monthDay: this.#monthDay }
        : { kind: 'monthWeekday', every, nth: Number(text), weekday: this.#weekday },
    );
  }

  #chooseUnit(event: Event): void {
    const unit = units.find(([id]) => id === textOf(event))?.[0];
    if (unit !== undefined) this.#tell(this.#beginOf(unit));
  }

  #beginOf(unit: Unit): Repetition {
    switch (unit) {
      case 'daily':
        return { kind: 'daily', every: 1 };
      case 'weekly':
        return { kind: 'weekly', every: 1, weekdays: [this.#weekday] };
      case 'monthly':
        return { kind: 'monthDay', every: 1, monthDay: this.#monthDay };
      case 'rule':
        // What was chosen so far, in the words of a rule: to be gone on from.
        return { kind: 'rule', rule: ruleOf({ repetition: this.value, until: '' }) };
    }
  }

  get #weekday(): number {
    return this.firstDay === '' ? 6 : weekdayOf(localDayMs(this.firstDay));
  }

  get #monthDay(): number {
    return Number(this.firstDay.slice(8)) || 1;
  }

  #tell(repetition: Repetition): void {
    tell(this, 'pw-repetition', repetition);
  }
}

function unitOf({ kind }: Repetition): Unit {
  return kind === 'monthDay' || kind === 'monthWeekday' ? 'monthly' : kind;
}

function textOf(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement).value;
}

/** 0 for what is no number: the rule is then refused with its reason. */
function wholeOf(event: Event): number {
  return Math.trunc(Number(textOf(event))) || 0;
}
