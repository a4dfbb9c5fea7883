/** Fields of the forms of rules and channels: label, what is typed, and what is wrong with it, tied together. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Problems } from '../../model/rules/rule-form.ts';
import { sentenceOf } from '../../model/sentence.ts';

export interface TextFieldShape {
  /** Where its problems stand; its id as well. */
  readonly place: string;
  readonly label: string;
  readonly value: string;
  readonly problems: Problems;
  readonly change: (text: string) => void;
  readonly isDisabled?: boolean;
  /** Its label is for people who do not see the line that it stands in. */
  readonly isBare?: boolean;
  readonly placeholder?: string;
  readonly hint?: string | TemplateResult;
  readonly look?: 'number' | 'mono' | 'secret';
}

/** One line of text, with its problem under it unless it stands in a line of others (`isBare`): see `problemsAt`. */
export function textField(shape: TextFieldShape): TemplateResult {
  const { place, label, value, problems, isDisabled = false, isBare = false, look } = shape;
  const problem = problems.get(place);
  const input = html`<input
    id=${place}
    class="input ${look ?? ''}"
    type=${look === 'secret' ? 'password' : 'text'}
    autocomplete=${look === 'secret' ? 'new-password' : 'off'}
    spellcheck="false"
    aria-label=${isBare ? label : nothing}
    aria-invalid=${problem === undefined ? nothing : 'true'}
    aria-describedby=${problem === undefined ? nothing : `${place}-problem`}
    placeholder=${shape.placeholder ?? nothing}
    ?disabled=${isDisabled}
    .value=${value}
    @input=${(event: Event) => shape.change((event.target as HTMLInputElement).value)}
  />`;
  if (isBare) return input;
  return html`<div class="field">
    <label for=${place}>${label}</label>
    ${input}
    ${shape.hint === undefined ? nothing : html`<span class="hint">${shape.hint}</span>`}
    ${problemsAt(problems, [place])}
  </div>`;
}

/** What is wrong at these places, one line each. */
export function problemsAt(problems: Problems, places: readonly string[]) {
  return places.map((place) => {
    const problem = problems.get(place);
    return problem === undefined ? nothing : html`<p class="problem" id="${place}-problem">${sentenceOf(problem)}</p>`;
  });
}

export interface SelectShape<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, title: string])[];
  readonly change: (value: Value) => void;
  readonly isDisabled?: boolean;
}

/** A choice of a few; its label is for people who do not see the line that it stands in. */
export function selectField<Value extends string>(shape: SelectShape<Value>): TemplateResult {
  const { options } = shape;
  return html`<select
    class="select"
    aria-label=${shape.label}
    ?disabled=${shape.isDisabled === true}
    @change=${(event: Event) => {
      const chosen = options[(event.target as HTMLSelectElement).selectedIndex];
      if (chosen !== undefined) shape.change(chosen[0]);
    }}
  >
    ${options.map(([value, title]) => html`<option value=${value} ?selected=${value === shape.value}>${title}</option>`)}
  </select>`;
}

/** A box to be ticked, with what it means. */
export function checkField(shape: {
  readonly label: string | TemplateResult;
  readonly isOn: boolean;
  readonly change: (isOn: boolean) => void;
  readonly isDisabled?: boolean;
}): TemplateResult {
  return html`<label class="check"
    ><input
      type="checkbox"
      ?disabled=${shape.isDisabled === true}
      .checked=${shape.isOn}
      @change=${(event: Event) => shape.change((event.target as HTMLInputElement).checked)}
    /><span>${shape.label}</span></label
  >`;
}

export const fieldStyles = css`
  .part {
    display: flex;
    flex-direction: column;
    gap: 10px;
    padding: 12px 16px;
    border-bottom: 1px solid var(--pw-border-1);
  }
  .part:last-child {
    border-bottom: 0;
  }
  .line {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    color: var(--pw-text-2);
  }
  .line > .input {
    width: 84px;
  }
  /* Two limits and a duration. */
  .line.tight {
    column-gap: 6px;
  }
  .line.tight > .input {
    width: 68px;
    padding: 0 6px;
  }
  .line > .grow {
    flex: 1 1 120px;
    min-width: 0;
  }
  .input.number {
    text-align: right;
  }
  .input.mono {
    font-family: var(--pw-mono);
    font-size: var(--pw-fs-2);
  }
  .input:disabled,
  .select:disabled {
    color: var(--pw-text-2);
    background: var(--pw-surface-2);
    cursor: not-allowed;
    opacity: 1;
  }
  @media (pointer: coarse) {
    .check {
      min-height: 44px;
    }
  }
`;
