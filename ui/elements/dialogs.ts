/**
 * Dialogs that several elements ask with: a form that is sent by its button or by Enter, and a question before something
 * that cannot be taken back. What is in them, and what becomes of the answer, is the asker's.
 */
import { html, type TemplateResult } from 'lit';
import { problem } from './pw-dialog.ts';

export interface FormDialog {
  readonly heading: string;
  readonly fields: TemplateResult;
  /** What the hub has said against it; '' for nothing. */
  readonly failure: string;
  /** What its button says. */
  readonly act: string;
  readonly isBusy: boolean;
  readonly submit: (event: Event) => void;
  readonly close: () => void;
}

/** The buttons stand outside of the form, in the foot of the dialog: Enter needs one of its own. */
export function formDialog({ heading, fields, failure, act, isBusy, submit, close }: FormDialog) {
  return html`<pw-dialog .heading=${heading}>
    <form @submit=${submit}>
      ${fields}
      <div role="alert">${problem(failure)}</div>
      <button class="sr" type="submit" tabindex="-1" aria-hidden="true">${act}</button>
    </form>
    <button slot="actions" class="btn" @click=${close}>Cancel</button>
    <button slot="actions" class="btn primary" ?disabled=${isBusy} @click=${submit}>${act}</button>
  </pw-dialog>`;
}

export interface QuestionDialog {
  readonly heading: string;
  /** What will be, when it is done. */
  readonly text: string;
  readonly act: string;
  /** What the button says that leaves everything as it is. */
  readonly keep?: string;
  readonly look?: 'danger' | 'primary';
  readonly close: () => void;
  readonly confirm: () => void;
}

export function questionDialog(question: QuestionDialog) {
  const { heading, text, act, keep = 'Keep it', look = 'danger', close, confirm } = question;
  return html`<pw-dialog .heading=${heading} @pw-close=${close}>
    <p>${text}</p>
    <button slot="actions" class="btn" @click=${close}>${keep}</button>
    <button slot="actions" class="btn ${look}" @click=${confirm}>${act}</button>
  </pw-dialog>`;
}
