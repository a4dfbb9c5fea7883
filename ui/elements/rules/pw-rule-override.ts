/** What is different for some hosts of a rule. Tells the whole override by `pw-change`, and `pw-remove`. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { severities } from '#core/rule-spec.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { OverrideForm, Problems, RuleForm } from '../../model/rules/rule-form.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import { icon } from '../icons.ts';
import { severityWords } from '../pw-severity.ts';
import { conditionFields } from './condition-fields.ts';
import { checkField, fieldStyles, problemsAt, selectField, textField } from './fields.ts';
import '../pw-selector-field.ts';

const severityOptions: readonly (readonly [OverrideForm['severity'], string])[] = [
  ['', 'as in the rule'],
  ...severities.map((severity) => [severity, severityWords[severity].toLowerCase()] as const),
];

@customElement('pw-rule-override')
export class PwRuleOverride extends LitElement {
  static override readonly styles = [
    sharedStyles,
    fieldStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        gap: 8px;
        padding: 8px 10px 10px;
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-2);
        background: var(--pw-surface-2);
      }
      header {
        display: flex;
        align-items: center;
        justify-content: space-between;
        font-size: var(--pw-fs-2);
        font-weight: var(--pw-w-medium);
        color: var(--pw-text-2);
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  /** Of the rule. */
  @property({ attribute: false }) form!: RuleForm;
  @property({ attribute: false }) override!: OverrideForm;
  @property({ attribute: false }) index = 0;
  @property({ attribute: false }) problems: Problems = new Map();
  @property() unit = '';
  @property({ type: Boolean }) disabled = false;

  override render() {
    const { override, problems, disabled, index } = this;
    const prefix = `overrides.${index}.`;
    return html`<header>
        Override ${index + 1}
        ${
          disabled
            ? nothing
            : html`<button class="btn ghost small icon" type="button" aria-label="Remove override ${index + 1}" @click=${() => tell(this, 'pw-remove', null)}>
                ${icon('close', 12)}
              </button>`
        }
      </header>
      <pw-selector-field
        label="Hosts of override ${index + 1}"
        .dashboard=${this.dashboard}
        .value=${override.hosts}
        .disabled=${disabled}
        @pw-change=${(event: CustomEvent<OverrideForm['hosts']>) => {
          event.stopPropagation();
          this.#change({ hosts: event.detail });
        }}
      ></pw-selector-field>
      ${checkField({
        label: 'Judged on these hosts',
        isOn: override.isEnabled,
        change: (isEnabled) => this.#change({ isEnabled }),
        isDisabled: disabled,
      })}
      ${override.isEnabled ? this.#renderDifferences(prefix) : nothing} ${problemsAt(problems, [`${prefix}hosts`])}`;
  }

  #renderDifferences(prefix: string) {
    const { override, problems, disabled } = this;
    const hold = textField({
      place: `${prefix}for`,
      label: `For${this.#of}`,
      value: override.hold,
      problems,
      change: (text) => this.#change({ hold: text }),
      isDisabled: disabled,
      isBare: true,
      placeholder: this.form.hold,
      look: 'number',
    });
    const holdLine = html`<span>for</span>${hold}`;
    const isOfSeries = this.form.kind === 'series';
    return html`${
      isOfSeries
        ? checkField({
            label: 'Other limits',
            isOn: override.hasCondition,
            change: (hasCondition) => this.#change({ hasCondition }),
            isDisabled: disabled,
          })
        : nothing
    }
      ${
        isOfSeries && override.hasCondition
          ? conditionFields({
              form: override,
              prefix,
              of: this.#of,
              unit: this.unit,
              problems,
              isDisabled: disabled,
              change: (change) => this.#change(change),
              hold: holdLine,
              keepFiring: nothing,
            })
          : html`<div class="line"><span>Bad</span>${holdLine}</div>
              ${problemsAt(problems, [`${prefix}for`])}`
      }
      <div class="line">
        <span>Severity</span>
        ${selectField({
          label: `Severity${this.#of}`,
          value: override.severity,
          options: severityOptions,
          change: (severity) => this.#change({ severity }),
          isDisabled: disabled,
        })}
      </div>`;
  }

  get #of(): string {
    return ` of override ${this.index + 1}`;
  }

  #change(change: Partial<OverrideForm>): void {
    tell(this, 'pw-change', { ...this.override, ...change });
  }
}
