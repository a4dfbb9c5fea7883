/** What the pages in front of the hub share: the frame, and the form of a name and a password. They say nothing of hosts. */
import { html, nothing, svg, type TemplateResult } from 'lit';
import type { SessionWarning } from '../../model/session.ts';
import { icon, mark } from '../icons.ts';

/** Heights of the strokes, as of a fleet that is mostly on time: a drawing, nothing of it is measured. */
const strokes = Array.from({ length: 56 }, (_, at) =>
  at % 17 === 11 ? 0.45 : 0.84 + 0.16 * Math.abs(Math.sin(at * 1.7)),
);

export interface DoorParts {
  readonly form: TemplateResult;
  /** What helps whoever does not get in. */
  readonly help: TemplateResult;
  /** What whoever types a password here should know before. */
  readonly warnings: readonly SessionWarning[];
}

export function renderDoor({ form, help, warnings }: DoorParts): TemplateResult {
  return html`<div class="door">
    <aside aria-label="Pulsewire">
      <p class="brand">${mark()}<span>Pulsewire</span></p>
      <div class="wide">
        <p class="place">${location.hostname}</p>
        <p class="promise">Metrics from your hosts, every second.</p>
        <svg class="strip" viewBox="0 0 448 56" preserveAspectRatio="none" aria-hidden="true">
          ${strokes.map(
            (share, at) =>
              svg`<rect class=${share < 0.5 ? 'late' : ''} x=${at * 8} y=${56 * (1 - share)} width="5" height=${56 * share} fill-opacity=${0.35 + (0.6 * at) / strokes.length} />`,
          )}
        </svg>
      </div>
      ${help}
    </aside>
    <main>
      ${warnings.map(({ text }) => html`<p class="warning" role="note">${icon('shield')}<span>${text}</span></p>`)} ${form}
    </main>
  </div>`;
}

export interface DoorForm {
  readonly heading: string;
  /** Under the heading: what whoever comes should know, and what is asked besides. */
  readonly lead?: TemplateResult;
  readonly name: string;
  readonly nameCharsMax: number;
  readonly changeName: (name: string) => void;
  /** A `pw-password-field`. */
  readonly password: TemplateResult;
  /** Why nobody was let in; '' for nothing. */
  readonly failure: string;
  readonly isBusy: boolean;
  /** What its button says, and while it is busy. */
  readonly act: string;
  readonly busyAct: string;
  readonly submit: (event: Event) => void;
}

/** It is sent by script; its method keeps a password out of the address where there is none. */
export function renderDoorForm(form: DoorForm): TemplateResult {
  const { heading, lead, name, nameCharsMax, changeName, password, failure, isBusy, act, busyAct, submit } = form;
  return html`<form method="post" @submit=${submit}>
    <h1>${heading}</h1>
    ${lead ?? nothing}
    <div class="field">
      <label for="username">Name</label>
      <input
        id="username"
        name="username"
        class="input"
        autocomplete="username"
        autocapitalize="none"
        spellcheck="false"
        maxlength=${nameCharsMax}
        required
        .value=${name}
        @input=${(event: InputEvent) => changeName((event.target as HTMLInputElement).value)}
      />
    </div>
    ${password}
    <div role="alert">${failure === '' ? nothing : html`<p class="problem">${failure}</p>`}</div>
    <button class="btn primary" type="submit" ?disabled=${isBusy}>${isBusy ? busyAct : act}</button>
  </form>`;
}

/** What stands in the form now: what a password manager has filled in may not have been told by an event. */
export function typedIn(root: ParentNode): { readonly name: string; readonly password: string } {
  const fields = new FormData(root.querySelector('form')!);
  return { name: String(fields.get('username') ?? ''), password: String(fields.get('password') ?? '') };
}
