/**
 * "Leave me alone until five": which alerts are kept quiet, until when, by whom and why, with a preview of what that
 * means now. Begins with one alert, or with nothing. Tells `pw-close` when it is to go, and `pw-done` when the hub has
 * taken it.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { SilenceSpec } from '#core/downtime.ts';
import { type HostSelector, type Rule, type Severity, severities } from '#core/rule-spec.ts';
import { createSilence } from '../../api/silences.ts';
import type { Dashboard } from '../../dashboard.ts';
import type { AlertItem } from '../../model/alerts/alert-item.ts';
import { shortMoment, titleOf } from '../../model/alerts/alert-text.ts';
import {
  silencedItems,
  silenceOfAlert,
  silenceProblems,
  silenceSpans,
  silenceWords,
} from '../../model/alerts/silence-draft.ts';
import { hasMatchers } from '../../model/alerts/silence-match.ts';
import { displayZoneText } from '../../model/display-zone.ts';
import { formatWallTime, parseWallTime } from '../../model/wall-time.ts';
import { rememberAuthor, rememberedAuthor } from '../../settings.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { showToast, tell } from '../events.ts';
import { type PwDialog, problem } from '../pw-dialog.ts';
import '../pw-combo.ts';
import '../pw-dialog.ts';
import '../pw-selector-field.ts';
import '../pw-severity.ts';
import '../pw-tag.ts';

const previewMax = 5;

@customElement('pw-silence-dialog')
export class PwSilenceDialog extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      form {
        display: grid;
        gap: 14px;
      }
      .chips {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px;
      }
      pw-combo {
        flex: 1 1 150px;
        max-width: 280px;
      }
      .until {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
      }
      .until .input {
        width: auto;
      }
      .two {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 2fr);
        gap: 12px;
      }
      .two > :only-child {
        grid-column: 1 / -1;
      }
      .preview {
        padding: 10px 12px;
        border-radius: var(--pw-r-2);
        background: var(--pw-surface-2);
        color: var(--pw-text-2);
        font-size: var(--pw-fs-2);
        line-height: 18px;
      }
      .preview li {
        display: flex;
        align-items: center;
        gap: 6px;
      }
      .preview strong {
        font-weight: var(--pw-w-medium);
        color: var(--pw-text-1);
      }
      .levels {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 16px;
      }
      @media (max-width: 720px) {
        .two {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  /** What it begins with; null: nothing. */
  @property({ attribute: false }) item: AlertItem | null = null;
  /** Every open alert, for the preview. */
  @property({ attribute: false }) items: readonly AlertItem[] = [];
  /** For suggestions. */
  @property({ attribute: false }) rules: readonly Rule[] = [];
  @state() private spec: SilenceSpec = silenceOfAlert(null);
  /** Id of a span, or '' for the time that is typed. */
  @state() private span: string = '1h';
  @state() private customText = '';
  @state() private isSending = false;
  /** Problems are shown from the first try on. */
  @state() private isChecked = false;
  @state() private failure = '';

  override connectedCallback(): void {
    super.connectedCallback();
    this.spec = { ...silenceOfAlert(this.item), author: this.dashboard.session.author ?? rememberedAuthor() };
  }

  override render() {
    const nowMs = this.dashboard.hubMs;
    const problems = this.isChecked ? silenceProblems(this.spec, { untilMs: this.#untilMs(), nowMs }) : {};
    const { item } = this;
    return html`<pw-dialog .heading=${item === null ? 'Silence alerts' : `Silence ${titleOf(item)}`} size="wide">
      <form @submit=${this.#submit}>
        ${this.#renderUntil(problems.until)}
        ${this.#renderTexts('Rules', 'rules', 'Rule or Disk*', this.#ruleChoices())}
        <div class="field">
          <span class="label">Hosts</span>
          <pw-selector-field
            .dashboard=${this.dashboard}
            .value=${this.spec.hosts}
            @pw-change=${(event: CustomEvent<HostSelector>) => this.#change({ hosts: event.detail })}
          ></pw-selector-field>
        </div>
        ${this.#renderTexts('Series', 'series', 'Any series', this.#seriesChoices())} ${this.#renderLevels()}
        ${problem(problems.matchers)}
        <div class="two">
          ${this.dashboard.session.author === null ? this.#renderAuthor(problems.author) : nothing}
          <div class="field">
            <label for="comment">Reason</label>
            <input
              id="comment"
              class="input"
              maxlength="1000"
              placeholder="Being worked on, ticket, who knows more"
              .value=${this.spec.comment}
              @input=${(event: InputEvent) => this.#change({ comment: (event.target as HTMLInputElement).value })}
            />
          </div>
        </div>
        ${this.#renderPreview()}
        <div role="alert">${problem(this.failure)}</div>
        <button class="sr" tabindex="-1" aria-hidden="true">Silence</button>
      </form>
      <button slot="actions" class="btn" @click=${() => tell(this, 'pw-close', null)}>Cancel</button>
      <button slot="actions" class="btn primary" ?disabled=${this.isSending} @click=${this.#submit}>
        ${this.#buttonText(nowMs)}
      </button>
    </pw-dialog>`;
  }

  override async firstUpdated(): Promise<void> {
    await this.renderRoot.querySelector<PwDialog>('pw-dialog')?.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('.seg [aria-pressed="true"]')?.focus();
  }

  /** Of somebody who is signed in the name is known. */
  #renderAuthor(problemText: string | undefined) {
    return html`<div class="field">
            <label for="author">Your name</label>
            <input
              id="author"
              class="input"
              maxlength="200"
              autocomplete="name"
              aria-invalid=${problemText === undefined ? 'false' : 'true'}
              aria-describedby="author-problem"
              .value=${this.spec.author}
              @input=${(event: InputEvent) => this.#change({ author: (event.target as HTMLInputElement).value })}
            />
            ${problem(problemText, 'author-problem')}
          </div>`;
  }

  #renderUntil(problemText: string | undefined) {
    return html`<div class="field">
      <span class="label" id="until">For</span>
      <div class="until">
        <div class="seg" role="group" aria-labelledby="until">
          ${silenceSpans.map(
            ({ id, title }) =>
              html`<button type="button" aria-pressed=${this.span === id ? 'true' : 'false'} @click=${() => this.#choose(id)}>${title}</button>`,
          )}
          <button type="button" aria-pressed=${this.span === '' ? 'true' : 'false'} @click=${() => this.#choose('')}>Custom</button>
        </div>
        ${
          this.span === ''
            ? html`<input
                  class="input"
                  type="datetime-local"
                  aria-label="Until"
                  aria-invalid=${problemText === undefined ? 'false' : 'true'}
                  .value=${this.customText}
                  @input=${(event: InputEvent) => {
                    this.customText = (event.target as HTMLInputElement).value;
                  }}
                /><span class="hint">${displayZoneText(this.dashboard.hubMs)}</span>`
            : html`<span class="hint">until ${this.#untilText()}</span>`
        }
      </div>
      ${problem(problemText)}
    </div>`;
  }

  #renderTexts(
    title: string,
    field: 'rules' | 'series',
    placeholder: string,
    choices: readonly { readonly value: string; readonly hint?: string }[],
  ) {
    const texts = this.spec[field];
    return html`<div class="field">
      <span class="label">${title}</span>
      <div class="chips" role="group" aria-label=${title}>
        ${texts.length === 0 ? html`<pw-tag value=${field === 'rules' ? 'every rule' : 'every series'}></pw-tag>` : nothing}
        ${texts.map(
          (text) =>
            html`<pw-tag
              value=${text}
              on
              removable
              @pw-remove=${(event: Event) => {
                event.stopPropagation();
                this.#change({ [field]: texts.filter((other) => other !== text) });
              }}
            ></pw-tag>`,
        )}
        <pw-combo
          label="${title}: add"
          placeholder=${placeholder}
          .choices=${choices}
          .isFree=${true}
          .isAdding=${true}
          @pw-choose=${(event: CustomEvent<string>) => {
            event.stopPropagation();
            if (!texts.includes(event.detail)) this.#change({ [field]: [...texts, event.detail] });
          }}
        ></pw-combo>
      </div>
    </div>`;
  }

  #renderLevels() {
    const chosen = this.spec.severities;
    const toggle = (level: Severity) =>
      this.#change({
        severities: chosen.includes(level) ? chosen.filter((other) => other !== level) : [...chosen, level],
      });
    return html`<div class="field">
      <span class="label" id="levels">Severity</span>
      <div class="levels" role="group" aria-labelledby="levels">
        ${[...severities].reverse().map(
          (level) =>
            html`<label class="check"
              ><input type="checkbox" .checked=${chosen.includes(level)} @change=${() => toggle(level)} />${level}</label
            >`,
        )}
        <span class="hint">${chosen.length === 0 ? 'none chosen: any' : nothing}</span>
      </div>
    </div>`;
  }

  #renderPreview() {
    if (!hasMatchers(this.spec)) return nothing;
    const meant = silencedItems(this.items, this.spec);
    const words = silenceWords(this.spec);
    return html`<div class="preview" role="status">
      <p><strong>${words}</strong></p>
      ${
        meant.length === 0
          ? html`<p>No alert that is open now. What it covers is recorded from now on, and nobody is told.</p>`
          : html`<p>${meant.length === 1 ? '1 open alert is' : `${meant.length} open alerts are`} kept quiet:</p>
              <ul>
                ${meant
                  .slice(0, previewMax)
                  .map(
                    (item) =>
                      html`<li><pw-severity bare level=${item.phase === 'pending' ? 'pending' : item.severity}></pw-severity><span class="ell">${titleOf(item)}</span></li>`,
                  )}
              </ul>
              ${meant.length > previewMax ? html`<p>and ${meant.length - previewMax} more</p>` : nothing}`
      }
    </div>`;
  }

  #buttonText(nowMs: number): string {
    const untilMs = this.#untilMs();
    return untilMs === null ? 'Silence' : `Silence until ${shortMoment(untilMs, nowMs)}`;
  }

  #untilText(): string {
    const untilMs = this.#untilMs() ?? 0;
    return `${shortMoment(untilMs, this.dashboard.hubMs)} ${displayZoneText(untilMs)}`;
  }

  /** null while no time is typed. */
  #untilMs(): number | null {
    const span = silenceSpans.find(({ id }) => id === this.span);
    if (span !== undefined) return this.dashboard.hubMs + span.spanMs;
    return parseWallTime(this.customText);
  }

  #choose(span: string): void {
    // The time that was chosen last is where a typed one begins.
    if (span === '' && this.span !== '') {
      const untilMs = this.#untilMs() ?? this.dashboard.hubMs;
      this.customText = formatWallTime(untilMs).slice(0, 16);
    }
    this.span = span;
  }

  #change(part: Partial<SilenceSpec>): void {
    this.spec = { ...this.spec, ...part };
    this.failure = '';
  }

  #ruleChoices() {
    return this.rules.map(({ name, spec }) => ({ value: name, hint: spec.severity }));
  }

  #seriesChoices() {
    return [...new Set(this.items.map(({ series }) => series).filter(Boolean))].map((value) => ({ value }));
  }

  #submit(event: Event): void {
    event.preventDefault();
    this.isChecked = true;
    const untilMs = this.#untilMs();
    const problems = silenceProblems(this.spec, { untilMs, nowMs: this.dashboard.hubMs });
    if (Object.keys(problems).length > 0 || untilMs === null) {
      if (problems.author !== undefined) this.renderRoot.querySelector<HTMLElement>('#author')?.focus();
      return;
    }
    if (!this.isSending) this.dashboard.background(this.#send(untilMs));
  }

  async #send(untilMs: number): Promise<void> {
    this.isSending = true;
    const spec = { ...this.spec, author: this.spec.author.trim(), comment: this.spec.comment.trim() };
    const asked = await createSilence(this.dashboard.client, spec, untilMs);
    this.isSending = false;
    if (asked.kind === 'failed') {
      this.failure = asked.why;
      return;
    }
    if (this.dashboard.session.author === null) rememberAuthor(spec.author);
    showToast(this, { kind: 'done', text: `Silenced until ${this.#untilText()}: ${silenceWords(spec)}` });
    tell(this, 'pw-done', null);
    tell(this, 'pw-close', null);
  }
}
