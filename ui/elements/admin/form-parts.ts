/**
 * What the forms of administration share: a name, a choice with what each means, how long a token works, and a secret that
 * is shown this once. Goes with `dialogStyles`.
 */
import { html, nothing } from 'lit';
import { problem } from '../pw-dialog.ts';
import './pw-secret.ts';

export interface NameField {
  readonly name: string;
  readonly placeholder?: string;
  /** What is wrong with it; '' for nothing. */
  readonly wrong: string;
  readonly change: (name: string) => void;
}

/** The first field of a form. */
export function nameField({ name, placeholder, wrong, change }: NameField) {
  return html`<div class="field">
    <label for="name">Name</label>
    <input
      id="name"
      class="input"
      autocomplete="off"
      autofocus
      spellcheck="false"
      maxlength="100"
      placeholder=${placeholder ?? nothing}
      aria-invalid=${wrong === '' ? 'false' : 'true'}
      aria-describedby="name-problem"
      .value=${name}
      @input=${(event: InputEvent) => change((event.target as HTMLInputElement).value)}
    />
    ${problem(wrong, 'name-problem')}
  </div>`;
}

export interface ChoiceField<Value> {
  readonly legend: string;
  /** Unlike any other in the same form. */
  readonly field: string;
  readonly chosen: Value;
  readonly choices: readonly { readonly value: Value; readonly title: string; readonly note: string }[];
  readonly choose: (value: Value) => void;
}

export function choiceField<Value>({ legend, field, chosen, choices, choose }: ChoiceField<Value>) {
  return html`<fieldset>
    <legend>${legend}</legend>
    ${choices.map(
      ({ value, title, note }) => html`<label class="choice"
        ><input type="radio" name=${field} .checked=${chosen === value} @change=${() => choose(value)} /><span>${title}</span
        ><small>${note}</small></label
      >`,
    )}
  </fieldset>`;
}

export interface LifetimeField {
  readonly lifetimes: readonly { readonly id: string; readonly title: string }[];
  readonly chosen: string;
  readonly choose: (id: string) => void;
}

export function lifetimeField({ lifetimes, chosen, choose }: LifetimeField) {
  return html`<div class="field">
    <label for="lifetime">It works for</label>
    <select id="lifetime" class="select" @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
      ${lifetimes.map(({ id, title }) => html`<option value=${id} ?selected=${id === chosen}>${title}</option>`)}
    </select>
  </div>`;
}

export interface SecretDialog {
  readonly heading: string;
  /** What to do with it. */
  readonly lead: unknown;
  /** What it is: "Token". */
  readonly label: string;
  readonly secret: string;
  readonly close: () => void;
}

/** What the hub has made: it cannot be read again. */
export function secretDialog({ heading, lead, label, secret, close }: SecretDialog) {
  return html`<pw-dialog .heading=${heading}>
    <p class="lead">${lead}</p>
    <pw-secret main label=${label} .value=${secret}></pw-secret>
    <button slot="actions" class="btn primary" @click=${close}>Done</button>
  </pw-dialog>`;
}
