/**
 * The form of a rule, top to bottom as one thinks of it: what it is called, what it looks at, on which hosts, when it is
 * bad, who is told, and what they are told. It holds nothing: each change is told by `pw-change` as a part of `RuleForm`.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { severities } from '#core/rule-spec.ts';
import type { Channel } from '../../api/channels.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import { newOverride, type Problems, type RuleForm } from '../../model/rules/rule-form.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import { icon } from '../icons.ts';
import type { Choice } from '../pw-combo.ts';
import { severityWords } from '../pw-severity.ts';
import { conditionFields } from './condition-fields.ts';
import { checkField, fieldStyles, problemsAt, selectField, textField } from './fields.ts';
import '../pw-selector-field.ts';
import '../pw-severity.ts';
import './pw-chip-field.ts';
import './pw-rule-notify.ts';
import './pw-rule-override.ts';

const kinds: readonly (readonly [RuleForm['kind'], string])[] = [
  ['series', 'Values of a metric'],
  ['silence', 'Silence: no values come'],
  ['hostDown', 'A host that is down'],
  ['clockSkew', 'A clock that is off'],
];
const inputs: readonly (readonly [RuleForm['input'], string])[] = [
  ['value', 'value'],
  ['average', 'average over'],
  ['rate', 'change per second over'],
];

@customElement('pw-rule-form')
export class PwRuleForm extends LitElement {
  static override readonly styles = [
    sharedStyles,
    fieldStyles,
    css`
      .head {
        display: flex;
        flex-wrap: wrap;
        gap: 10px 8px;
      }
      .head > :first-child {
        flex: 1 1 120px;
      }
      .seg pw-severity {
        pointer-events: none;
      }
      .overrides {
        display: flex;
        flex-direction: column;
        gap: 8px;
      }
      .add {
        align-self: flex-start;
        margin-left: -8px;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) form!: RuleForm;
  @property({ attribute: false }) problems: Problems = new Map();
  /** Series that matching hosts have. */
  @property({ attribute: false }) metricChoices: readonly Choice[] = [];
  @property({ attribute: false }) labelChoices: readonly Choice[] = [];
  @property({ attribute: false }) channels: readonly Channel[] = [];
  /** What stands behind the limits. */
  @property() unit = '';
  /** What the message would read like. */
  @property() preview = '';
  @property({ type: Boolean }) disabled = false;

  constructor() {
    super();
    new Following(this, () => [this.dashboard.fleet.listChanged]);
  }

  override render() {
    return html`<div class="part">${this.#renderHead()}</div>
      <div class="part">${this.#renderSubject()}${this.#renderHosts()}</div>
      <div class="part">${this.#renderCondition()}</div>
      <div class="part">${this.#renderOverrides()}</div>
      <pw-rule-notify
        .dashboard=${this.dashboard}
        .form=${this.form}
        .problems=${this.problems}
        .channels=${this.channels}
        preview=${this.preview}
        ?disabled=${this.disabled}
      ></pw-rule-notify>`;
  }

  #renderHead() {
    const { form } = this;
    return html`<div class="head">
      ${this.#text('name', { field: 'name', label: 'Name', placeholder: 'Optional' })}
      <div class="field">
        <span class="label" id="severity">Severity</span>
        <div class="seg" role="group" aria-labelledby="severity">
          ${severities.map(
            (severity) => html`<button
              type="button"
              aria-pressed=${severity === form.severity ? 'true' : 'false'}
              ?disabled=${this.disabled}
              @click=${() => this.#change({ severity })}
            >
              <pw-severity level=${severity} bare aria-hidden="true"></pw-severity>${severityWords[severity]}
            </button>`,
          )}
        </div>
      </div>
    </div>`;
  }

  #renderSubject() {
    const { form, problems, disabled } = this;
    return html`<div class="field">
        <span class="label">Looks at</span>
        ${selectField({
          label: 'Looks at',
          value: form.kind,
          options: kinds,
          change: (kind) => this.#change({ kind }),
          isDisabled: disabled,
        })}
      </div>
      ${
        form.kind === 'series' || form.kind === 'silence'
          ? html`<div class="field">
                <span class="label">Metric</span>
                <pw-chip-field
                  label="Metric"
                  placeholder="Name, key or disk_*"
                  none=${form.kind === 'silence' ? 'any series' : ''}
                  .value=${form.patterns}
                  .choices=${this.metricChoices}
                  .isFree=${true}
                  ?disabled=${disabled}
                  @pw-change=${(event: CustomEvent<readonly string[]>) => this.#taken(event, { patterns: event.detail })}
                ></pw-chip-field>
                ${problemsAt(problems, ['metric'])}
              </div>
              ${this.#renderLabels()}`
          : nothing
      }
      ${form.kind === 'series' ? this.#renderInput() : nothing}`;
  }

  /** Of a metric without labels nothing is to be said. */
  #renderLabels() {
    const { form, problems, disabled } = this;
    if (form.labels.length === 0 && this.labelChoices.length === 0) return nothing;
    return html`<div class="field">
      <span class="label">Only with labels</span>
      <pw-chip-field
        label="Only with labels"
        placeholder="device=sd*"
        none="whatever the labels"
        .value=${form.labels}
        .choices=${this.labelChoices}
        .isFree=${true}
        ?disabled=${disabled}
        @pw-change=${(event: CustomEvent<readonly string[]>) => this.#taken(event, { labels: event.detail })}
      ></pw-chip-field>
      ${problemsAt(problems, ['labels'])}
    </div>`;
  }

  #renderInput() {
    const { form, problems, disabled } = this;
    return html`<div class="field">
      <span class="label">Compares</span>
      <div class="line">
        ${selectField({
          label: 'Compares',
          value: form.input,
          options: inputs,
          change: (input) => this.#change({ input }),
          isDisabled: disabled,
        })}
        ${form.input === 'value' ? nothing : this.#bare('input', { field: 'inputWindow', label: 'Window' })}
      </div>
      ${problemsAt(problems, ['input'])}
    </div>`;
  }

  #renderHosts() {
    return html`<div class="field">
      <span class="label">Applies to</span>
      <pw-selector-field
        label="Applies to"
        .dashboard=${this.dashboard}
        .value=${this.form.hosts}
        .isLasting=${true}
        .disabled=${this.disabled}
        @pw-change=${(event: CustomEvent<RuleForm['hosts']>) => this.#taken(event, { hosts: event.detail })}
      ></pw-selector-field>
      ${problemsAt(this.problems, ['hosts'])}
    </div>`;
  }

  #renderCondition() {
    const { form, problems, disabled } = this;
    const hold = html`<span>for</span>${this.#bare('for', { field: 'hold', label: 'For' })}`;
    const keepFiring = html`<span>for</span>${this.#bare('keep_firing', { field: 'keepFiring', label: 'Good for' })}`;
    if (form.kind !== 'series')
      return html`<div class="field">
          <span class="label">Fire when</span>
          <div class="line">${this.#renderOtherCondition()}${hold}</div>
          ${problemsAt(problems, ['intervals', 'after', 'threshold', 'for'])}
        </div>
        <div class="field">
          <span class="label">Resolve when</span>
          <div class="line"><span>it has been good</span>${keepFiring}</div>
          ${problemsAt(problems, ['keep_firing'])}
        </div>`;
    return html`${conditionFields({
      form,
      prefix: '',
      of: '',
      unit: this.unit,
      problems,
      isDisabled: disabled,
      change: (change) => this.#change(change),
      hold,
      keepFiring,
    })}
      <div class="field">
        <span class="label">When values stop</span>
        <div class="line">
          ${checkField({
            label: 'fire after',
            isOn: form.firesWithoutData,
            change: (firesWithoutData) => this.#change({ firesWithoutData }),
            isDisabled: disabled,
          })}
          ${this.#bare('no_data', { field: 'noData', label: 'Intervals without a value', isOff: !form.firesWithoutData })}
          <span>intervals without one</span>
        </div>
        ${problemsAt(problems, ['no_data'])}
      </div>`;
  }

  #renderOtherCondition() {
    switch (this.form.kind) {
      case 'silence':
        return html`<span>no value for</span>${this.#bare('intervals', { field: 'intervals', label: 'Intervals without a value' })}<span
            >intervals,</span
          >`;
      case 'hostDown':
        return html`<span>away</span>${this.#bare('after', { field: 'after', label: 'Away for' })}<span>and bad</span>`;
      case 'clockSkew':
        return html`<span>more than</span>${this.#bare('threshold', { field: 'skew', label: 'Off by' })}<span>off</span>`;
      case 'series':
        return nothing;
    }
  }

  #renderOverrides() {
    const { form } = this;
    return html`<div class="field">
        <span class="label">Different for some hosts</span>
        <span class="hint">${form.overrides.length === 0 ? 'No. The rule is the same for all of them.' : 'The first that means a host counts.'}</span>
      </div>
      <div class="overrides">
        ${form.overrides.map(
          (override, index) => html`<pw-rule-override
            .dashboard=${this.dashboard}
            .form=${form}
            .override=${override}
            .index=${index}
            .problems=${this.problems}
            unit=${this.unit}
            ?disabled=${this.disabled}
            @pw-change=${(event: CustomEvent<typeof override>) =>
              this.#taken(event, { overrides: form.overrides.map((one, at) => (at === index ? event.detail : one)) })}
            @pw-remove=${(event: Event) =>
              this.#taken(event, { overrides: form.overrides.filter((_, at) => at !== index) })}
          ></pw-rule-override>`,
        )}
      </div>
      ${
        this.disabled
          ? nothing
          : html`<button
              class="btn ghost small add"
              type="button"
              @click=${() => this.#change({ overrides: [...form.overrides, newOverride(form)] })}
            >
              ${icon('plus', 12)}Override
            </button>`
      }`;
  }

  #text(place: string, shape: { readonly field: 'name'; readonly label: string; readonly placeholder: string }) {
    return textField({
      place,
      label: shape.label,
      value: this.form[shape.field],
      placeholder: shape.placeholder,
      problems: this.problems,
      isDisabled: this.disabled,
      change: (text) => this.#change({ [shape.field]: text }),
    });
  }

  /** A short field in a line. */
  #bare(
    place: string,
    shape: {
      readonly field: 'hold' | 'keepFiring' | 'noData' | 'intervals' | 'after' | 'skew' | 'inputWindow';
      readonly label: string;
      readonly isOff?: boolean;
    },
  ) {
    return textField({
      place,
      label: shape.label,
      value: this.form[shape.field],
      problems: this.problems,
      isDisabled: this.disabled || shape.isOff === true,
      isBare: true,
      look: 'number',
      change: (text) => this.#change({ [shape.field]: text }),
    });
  }

  #taken(event: Event, change: Partial<RuleForm>): void {
    event.stopPropagation();
    this.#change(change);
  }

  #change(change: Partial<RuleForm>): void {
    tell(this, 'pw-change', change);
  }
}
