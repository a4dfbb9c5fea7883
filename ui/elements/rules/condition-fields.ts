/** When a rule fires and when it is good again, as two lines of a form; of the rule itself and of its overrides. */
import { html, nothing, type TemplateResult } from 'lit';
import type { RuleCondition } from '#core/rule-spec.ts';
import { type ConditionForm, compareBy, type Problems } from '../../model/rules/rule-form.ts';
import { problemsAt, selectField, textField } from './fields.ts';

export interface ConditionFieldsShape {
  readonly form: ConditionForm;
  /** In front of its places: "overrides.0."; '' for the rule itself. */
  readonly prefix: string;
  /** Behind the names of its fields: " of override 1"; '' for the rule itself. */
  readonly of: string;
  /** What stands behind the limits: "%"; '' for nothing. */
  readonly unit: string;
  readonly problems: Problems;
  readonly isDisabled: boolean;
  readonly change: (change: Partial<ConditionForm>) => void;
  /** Rest of each line: for how long. */
  readonly hold: TemplateResult | typeof nothing;
  readonly keepFiring: TemplateResult | typeof nothing;
}

const comparisons: readonly (readonly [RuleCondition['kind'], string])[] = [
  ['above', 'above'],
  ['below', 'below'],
  ['outside', 'outside'],
];

export function conditionFields(shape: ConditionFieldsShape): TemplateResult {
  const { form, prefix, problems, isDisabled, change } = shape;
  const isOutside = form.comparison === 'outside';
  const limit = (field: 'threshold' | 'recovery' | 'low' | 'high' | 'recoveryLow' | 'recoveryHigh', label: string) =>
    textField({
      place: prefix + placeOf(field),
      label: label + shape.of,
      value: form[field],
      problems,
      change: (text) => change({ [field]: text }),
      isDisabled,
      isBare: true,
      look: 'number',
      ...(field.startsWith('recovery') ? { placeholder: 'not bad' } : {}),
    });
  const unit = shape.unit === '' ? nothing : html`<span>${shape.unit}</span>`;
  return html`<div class="field" role="group" aria-label="Fire when${shape.of}">
      <span class="label">Fire when</span>
      <div class="line ${isOutside ? 'tight' : ''}">
        ${selectField({
          label: `Comparison${shape.of}`,
          value: form.comparison,
          options: comparisons,
          change: (comparison) => change(compareBy(form, comparison)),
          isDisabled,
        })}
        ${
          isOutside
            ? html`${limit('low', 'Lowest that is good')}<span>to</span>${limit('high', 'Highest that is good')}`
            : limit('threshold', 'Threshold')
        }
        ${unit}${shape.hold}
      </div>
      ${problemsAt(
        problems,
        ['threshold', 'low', 'high', 'condition', 'for'].map((place) => prefix + place),
      )}
    </div>
    <div class="field" role="group" aria-label="Resolve when${shape.of}">
      <span class="label">Resolve when</span>
      <div class="line ${isOutside ? 'tight' : ''}">
        ${
          isOutside
            ? html`<span>inside</span>${limit('recoveryLow', 'Lowest that resolves')}<span>to</span>${limit('recoveryHigh', 'Highest that resolves')}`
            : html`<span class="fixed">at or ${form.comparison === 'above' ? 'below' : 'above'}</span>${limit('recovery', 'Recovery threshold')}`
        }
        ${unit}${shape.keepFiring}
      </div>
      ${problemsAt(
        problems,
        ['recovery', 'recovery_low', 'recovery_high', 'keep_firing'].map((place) => prefix + place),
      )}
    </div>`;
}

function placeOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
