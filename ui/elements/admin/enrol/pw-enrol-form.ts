/**
 * Makes an enrolment token: for how many machines, how long, with which tags. What the hub has made is shown this once, as the
 * commands that use it. Tells `pw-done` when there is a token.
 */
import { css, html, LitElement } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { createEnrolment, type MadeEnrolment } from '../../../api/enrolments.ts';
import type { Dashboard } from '../../../dashboard.ts';
import {
  enrolmentLifetimes,
  installCommand,
  manualCommand,
  parseTags,
  parseUses,
} from '../../../model/admin/enrol-view.ts';
import { sharedStyles } from '../../../theme/shared.ts';
import { tell } from '../../events.ts';
import { icon } from '../../icons.ts';
import { problem } from '../../pw-dialog.ts';
import { lifetimeField } from '../form-parts.ts';
import '../pw-secret.ts';

@customElement('pw-enrol-form')
export class PwEnrolForm extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      section {
        margin-bottom: 12px;
        padding: 12px 16px 16px;
        border-radius: var(--pw-r-3);
      }
      h2 {
        padding-bottom: 8px;
        font-size: var(--pw-fs-3);
      }
      form {
        display: grid;
        grid-template-columns: 2fr minmax(80px, 120px) minmax(120px, 160px) 2fr max-content;
        gap: 8px 12px;
        align-items: end;
      }
      .field {
        min-width: 0;
      }
      .problems {
        grid-column: 1 / -1;
      }
      p {
        padding-bottom: 8px;
        color: var(--pw-text-2);
      }
      h3 {
        padding: 12px 0 6px;
        font-size: var(--pw-fs-2);
        font-weight: var(--pw-w-medium);
        color: var(--pw-text-3);
      }
      pw-secret + p {
        padding-top: 8px;
      }
      .again {
        margin-top: 12px;
      }
      @media (max-width: 900px) {
        form {
          grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @state() private name = '';
  @state() private uses = '1';
  @state() private lifetime = '1h';
  @state() private tags = '';
  @state() private problems: readonly string[] = [];
  @state() private isBusy = false;
  @state() private made: MadeEnrolment | null = null;

  override render() {
    return html`<section class="panel" aria-labelledby="heading">${this.made === null ? this.#renderForm() : this.#renderMade(this.made)}</section>`;
  }

  #renderForm() {
    return html`<h2 id="heading">New enrolment token</h2>
      <form @submit=${this.#submit}>
        ${this.#renderField(
          'name',
          'Name',
          this.name,
          { placeholder: 'Which machines it is for', maxlength: 200 },
          (text) => {
            this.name = text;
          },
        )}
        ${this.#renderField('uses', 'Machines', this.uses, { placeholder: '1', maxlength: 6 }, (text) => {
          this.uses = text;
        })}
        ${lifetimeField({
          lifetimes: enrolmentLifetimes,
          chosen: this.lifetime,
          choose: (id) => {
            this.lifetime = id;
          },
        })}
        ${this.#renderField(
          'tags',
          'Tags',
          this.tags,
          { placeholder: 'env=prod role=web', maxlength: 2_000 },
          (text) => {
            this.tags = text;
          },
        )}
        <button class="btn primary" type="submit" ?disabled=${this.isBusy}>${icon('key', 14)}Create token</button>
        <div class="problems" role="alert">${this.problems.map((text) => problem(text))}</div>
      </form>`;
  }

  #renderField(
    id: string,
    label: string,
    value: string,
    { placeholder, maxlength }: { readonly placeholder: string; readonly maxlength: number },
    change: (text: string) => void,
  ) {
    return html`<div class="field">
      <label for=${id}>${label}</label>
      <input
        id=${id}
        class="input"
        autocomplete="off"
        spellcheck="false"
        placeholder=${placeholder}
        maxlength=${maxlength}
        .value=${value}
        @input=${(event: InputEvent) => {
          change((event.target as HTMLInputElement).value);
          this.problems = [];
        }}
      />
    </div>`;
  }

  #renderMade({ made, token }: MadeEnrolment) {
    const hubUrl = location.origin;
    return html`<h2 id="heading">${made.name === '' ? 'Enrolment token' : made.name}</h2>
      <p>
        Copy what you need now: the token is not shown again. It lets
        ${made.usesMax === 1 ? 'one machine' : `${made.usesMax} machines`} in; each gets a token of its own then.
      </p>
      <h3>On Linux: install and start the agent</h3>
      <pw-secret label="Install command" .value=${installCommand(hubUrl, token)}></pw-secret>
      <p>While it runs, others on that machine may see the token in its list of processes; with <code>--token-file -</code> it is asked for instead.</p>
      <h3>With Pulsewire there already</h3>
      <pw-secret label="Start command" .value=${manualCommand(hubUrl, token)}></pw-secret>
      <h3>The token alone, for a file that “enrolmentKeyFile” of the agent names</h3>
      <pw-secret label="Token" .value=${token}></pw-secret>
      <button class="btn again" @click=${this.#again}>${icon('plus', 14)}Another token</button>`;
  }

  readonly #again = (): void => {
    this.made = null;
    this.name = '';
  };

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    const uses = parseUses(this.uses);
    const tags = parseTags(this.tags);
    this.problems = [
      ...(uses === null ? ['A whole number of machines is wanted, from 1 to 100,000.'] : []),
      ...(tags.kind === 'wrong' ? [tags.why] : []),
    ];
    if (uses === null || tags.kind === 'wrong' || this.isBusy) return;
    this.dashboard.background(this.#send(uses, tags.tags));
  };

  async #send(usesMax: number, tags: Readonly<Record<string, string>>): Promise<void> {
    const { client, hubMs } = this.dashboard;
    const lifeMs = enrolmentLifetimes.find(({ id }) => id === this.lifetime)!.ms;
    this.isBusy = true;
    const asked = await createEnrolment(client, { name: this.name.trim(), usesMax, expiresMs: hubMs + lifeMs, tags });
    this.isBusy = false;
    if (asked.kind === 'failed') {
      this.problems = [asked.why];
      return;
    }
    this.made = asked.value;
    tell(this, 'pw-done', null);
  }
}
