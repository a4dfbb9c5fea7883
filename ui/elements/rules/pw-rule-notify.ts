/** Who is told of a rule, how often, who else when nobody answers, and in which words. Part of `pw-rule-form`. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type Channel, testChannel } from '../../api/channels.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import { compareNames } from '../../model/names.ts';
import type { EscalationForm, Problems, RuleForm } from '../../model/rules/rule-form.ts';
import { sentenceOf } from '../../model/sentence.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import { icon } from '../icons.ts';
import { checkField, fieldStyles, problemsAt, selectField, textField } from './fields.ts';
import './pw-chip-field.ts';

interface Tested {
  readonly channel: string;
  /** null: on its way. */
  readonly isSent: boolean | null;
  readonly answer: string;
}

@customElement('pw-rule-notify')
export class PwRuleNotify extends LitElement {
  static override readonly styles = [
    sharedStyles,
    fieldStyles,
    css`
      :host {
        border-bottom: 0;
      }
      .part:last-child {
        border-bottom: 0;
      }
      .escalation {
        display: flex;
        flex-wrap: wrap;
        align-items: flex-start;
        gap: 8px;
        color: var(--pw-text-2);
      }
      .escalation > span {
        line-height: 28px;
      }
      .escalation > .input {
        width: 72px;
      }
      .escalation > pw-chip-field {
        flex: 1 1 140px;
      }
      .add {
        align-self: flex-start;
        margin-left: -8px;
      }
      .sent {
        color: var(--pw-ok);
      }
      .failed {
        color: var(--pw-down);
      }
      output {
        display: block;
        font-size: var(--pw-fs-2);
        line-height: 16px;
        color: var(--pw-text-3);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) form!: RuleForm;
  @property({ attribute: false }) problems: Problems = new Map();
  @property({ attribute: false }) channels: readonly Channel[] = [];
  @property() preview = '';
  @property({ type: Boolean }) disabled = false;
  @state() private tested: readonly Tested[] = [];

  constructor() {
    super();
    new Following(this, () => [this.dashboard.fleet.listChanged]);
  }

  override render() {
    return html`<div class="part">${this.#renderChannels()}${this.#renderRepeat()}${this.#renderEscalations()}${this.#renderGroups()}</div>
      <div class="part">${this.#renderTexts()}</div>`;
  }

  #renderChannels() {
    const { form, disabled } = this;
    const enabled = this.channels.filter(({ isEnabled }) => isEnabled);
    const all = enabled.length === 0 ? 'There is no enabled channel: nobody is told.' : '';
    return html`<div class="field">
      <span class="label">Notify</span>
      ${selectField<'all' | 'some'>({
        label: 'Notify',
        value: form.channels === null ? 'all' : 'some',
        options: [
          ['all', 'All enabled channels'],
          ['some', 'Only these channels'],
        ],
        change: (who) => this.#change({ channels: who === 'all' ? null : enabled.map(({ name }) => name) }),
        isDisabled: disabled,
      })}
      ${
        form.channels === null
          ? html`<span class="hint">${all === '' ? enabled.map(({ name }) => name).join(', ') : all}</span>`
          : html`<pw-chip-field
              label="Channels"
              placeholder="Channel"
              none="nobody"
              .value=${form.channels}
              .choices=${this.#channelChoices()}
              ?disabled=${disabled}
              @pw-change=${(event: CustomEvent<readonly string[]>) => this.#taken(event, { channels: event.detail })}
            ></pw-chip-field>`
      }
      ${problemsAt(this.problems, ['channels'])}
      ${this.dashboard.session.may('admin') ? this.#renderTest() : nothing}
      <div role="status">
        ${this.tested.map(
          ({ channel, isSent, answer }) => html`<p class="hint ${isSent === null ? '' : isSent ? 'sent' : 'failed'}">
            ${channel}: ${isSent === null ? 'sending' : isSent ? `sent. ${sentenceOf(answer)}` : `not sent. ${sentenceOf(answer)}`}
          </p>`,
        )}
      </div>
    </div>`;
  }

  #renderRepeat() {
    const { form, disabled, problems } = this;
    return html`<div class="field">
      <span class="label">Repeat</span>
      <div class="line">
        ${checkField({
          label: 'tell again every',
          isOn: form.repeats,
          change: (repeats) => this.#change({ repeats }),
          isDisabled: disabled,
        })}
        ${textField({
          place: 'repeat',
          label: 'Tell again every',
          value: form.repeat,
          problems,
          change: (repeat) => this.#change({ repeat }),
          isDisabled: disabled || !form.repeats,
          isBare: true,
          look: 'number',
        })}
        <span>until acknowledged</span>
      </div>
      ${problemsAt(problems, ['repeat'])}
    </div>`;
  }

  #renderEscalations() {
    const { form, disabled, problems } = this;
    const change = (index: number, part: Partial<EscalationForm>) =>
      this.#change({ escalations: form.escalations.map((one, at) => (at === index ? { ...one, ...part } : one)) });
    return html`<div class="field">
      <span class="label">Escalate</span>
      ${form.escalations.map(
        ({ after, channels }, index) => html`<div class="escalation" role="group" aria-label="Escalation ${index + 1}">
            <span>after</span>
            ${textField({
              place: `escalations.${index}.after`,
              label: `After, of escalation ${index + 1}`,
              value: after,
              problems,
              change: (text) => change(index, { after: text }),
              isDisabled: disabled,
              isBare: true,
              look: 'number',
            })}
            <span>to</span>
            <pw-chip-field
              label="Channels of escalation ${index + 1}"
              placeholder="Channel"
              .value=${channels}
              .choices=${this.#channelChoices()}
              ?disabled=${disabled}
              @pw-change=${(event: CustomEvent<readonly string[]>) => {
                event.stopPropagation();
                change(index, { channels: event.detail });
              }}
            ></pw-chip-field>
            ${
              disabled
                ? nothing
                : html`<button
                    class="btn ghost small icon"
                    type="button"
                    aria-label="Remove escalation ${index + 1}"
                    @click=${() => this.#change({ escalations: form.escalations.filter((_, at) => at !== index) })}
                  >
                    ${icon('close', 12)}
                  </button>`
            }
          </div>
          ${problemsAt(problems, [`escalations.${index}`, `escalations.${index}.after`, `escalations.${index}.channels`])}`,
      )}
      ${
        disabled
          ? form.escalations.length === 0
            ? html`<span class="hint">No.</span>`
            : nothing
          : html`<button
              class="btn ghost small add"
              type="button"
              @click=${() => this.#change({ escalations: [...form.escalations, { after: '30 m', channels: [] }] })}
            >
              ${icon('plus', 12)}Escalation
            </button>`
      }
    </div>`;
  }

  #renderGroups() {
    return html`<div class="field">
      <span class="label">Put together by</span>
      <pw-chip-field
        label="Put together by"
        placeholder="Tag"
        none="rule: one notice for all of it"
        .value=${this.form.groupBy}
        .choices=${this.#tagNames()}
        .isFree=${true}
        ?disabled=${this.disabled}
        @pw-change=${(event: CustomEvent<readonly string[]>) => this.#taken(event, { groupBy: event.detail })}
      ></pw-chip-field>
      ${problemsAt(this.problems, ['group_by'])}
    </div>`;
  }

  #renderTexts() {
    const { form, disabled, problems } = this;
    const hasProblem = problems.has('message');
    return html`${textField({
      place: 'summary',
      label: 'What it is for',
      value: form.summary,
      problems,
      change: (summary) => this.#change({ summary }),
      isDisabled: disabled,
      placeholder: 'One line for whoever is woken by it',
    })}
      <div class="field">
        <label for="message">Message</label>
        <textarea
          id="message"
          class="input mono"
          rows="2"
          spellcheck="false"
          placeholder="The standard one. {{host}}, {{value}}, {{threshold}}, {{label.device}}, {{tag.role}}"
          aria-invalid=${hasProblem ? 'true' : nothing}
          aria-describedby=${hasProblem ? 'message-problem' : 'preview'}
          ?disabled=${disabled}
          .value=${form.message}
          @input=${(event: Event) => this.#change({ message: (event.target as HTMLTextAreaElement).value })}
        ></textarea>
        ${hasProblem ? problemsAt(problems, ['message']) : html`<output id="preview">${this.preview}</output>`}
      </div>`;
  }

  #channelChoices() {
    return this.channels.map(({ name, kind, isEnabled }) => ({ value: name, hint: isEnabled ? kind : 'disabled' }));
  }

  #tagNames() {
    const names = new Set(this.dashboard.fleet.hosts.flatMap(({ tags }) => Object.keys(tags)));
    return [...names].sort(compareNames).map((value) => ({ value }));
  }

  /** A test goes past downtimes and silences: it is an admin's. */
  #renderTest() {
    return html`<div class="line">
      <button class="btn ghost small add" type="button" ?disabled=${this.#testable().length === 0} @click=${this.#test}>
        ${icon('send', 12)}Send test
      </button>
    </div>`;
  }

  /** Channels that the rule would tell. */
  #testable(): readonly Channel[] {
    const { channels } = this.form;
    return this.channels.filter(({ name, isEnabled }) => (channels === null ? isEnabled : channels.includes(name)));
  }

  async #test(): Promise<void> {
    const channels = this.#testable();
    this.tested = channels.map(({ name }) => ({ channel: name, isSent: null, answer: '' }));
    await Promise.all(
      channels.map(async ({ id, name }) => {
        const asked = await testChannel(this.dashboard.client, id);
        const result = asked.kind === 'ok' ? asked.value : { isSent: false, answer: asked.why };
        this.tested = this.tested.map((one) => (one.channel === name ? { channel: name, ...result } : one));
      }),
    );
  }

  #taken(event: Event, change: Partial<RuleForm>): void {
    event.stopPropagation();
    this.#change(change);
  }

  #change(change: Partial<RuleForm>): void {
    tell(this, 'pw-change', change);
  }
}
