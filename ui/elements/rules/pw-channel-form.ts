/** A channel, new or changed, in a dialog. Tells `pw-saved` once the hub has it, `pw-close` when it is left. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type Channel, type ChannelKind, changeChannel, channelKinds, createChannel } from '../../api/channels.ts';
import type { Dashboard } from '../../dashboard.ts';
import {
  type ChannelForm,
  channelDraftOf,
  channelFormOf,
  hasSecret,
  kindTitles,
  newChannelForm,
  type SettingShape,
  securities,
  settingsOf,
  settingText,
} from '../../model/rules/channel-form.ts';
import { type Problems, problemsOfRefusal } from '../../model/rules/rule-form.ts';
import { sentenceOf } from '../../model/sentence.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { tell } from '../events.ts';
import { checkField, fieldStyles, problemsAt, selectField, textField } from './fields.ts';
import '../pw-dialog.ts';
import './pw-chip-field.ts';

const securityTitles: Readonly<Record<(typeof securities)[number], string>> = {
  starttls: 'STARTTLS, required',
  tls: 'TLS',
  none: 'none: everything in clear text',
};

@customElement('pw-channel-form')
export class PwChannelForm extends LitElement {
  static override readonly styles = [
    sharedStyles,
    fieldStyles,
    css`
      form {
        display: flex;
        flex-direction: column;
        gap: 10px;
      }
      .secret-line {
        display: flex;
        gap: 8px;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  /** null: a new one. */
  @property({ attribute: false }) channel: Channel | null = null;
  @state() private form: ChannelForm = newChannelForm();
  @state() private problems: Problems = new Map();
  @state() private isSaving = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.form = this.channel === null ? newChannelForm() : channelFormOf(this.channel);
  }

  override render() {
    const { form, problems, channel, isSaving } = this;
    const rest = problems.get('');
    return html`<pw-dialog .heading=${channel === null ? 'Add channel' : 'Change channel'} @pw-close=${this.#closed}>
      <form @submit=${this.#submitted}>
        ${textField({
          place: 'name',
          label: 'Name',
          value: form.name,
          problems,
          change: (name) => this.#change({ name }, ['name']),
          placeholder: 'ops-mail',
          ...(channel === null ? {} : { hint: 'Rules that name it follow.' }),
        })}
        <div class="field">
          <span class="label">Kind</span>
          ${selectField<ChannelKind>({
            label: 'Kind',
            value: form.kind,
            options: channelKinds.map((kind) => [kind, kindTitles[kind]] as const),
            change: (kind) => this.#change({ kind }, ['kind', 'settings']),
          })}
        </div>
        ${settingsOf[form.kind].map((shape) => this.#renderSetting(shape))}
        ${checkField({
          label: 'Enabled',
          isOn: form.isEnabled,
          change: (isEnabled) => this.#change({ isEnabled }, []),
        })}
        ${rest === undefined ? nothing : html`<p class="problem" role="alert">${sentenceOf(rest)}</p>`}
        <button class="sr" type="submit" tabindex="-1" aria-hidden="true"></button>
      </form>
      <button slot="actions" class="btn" @click=${this.#cancelled}>Cancel</button>
      <button slot="actions" class="btn primary" ?disabled=${isSaving} @click=${this.#save}>
        ${isSaving ? 'Saving' : 'Save channel'}
      </button>
    </pw-dialog>`;
  }

  #renderSetting(shape: SettingShape) {
    const { form, problems } = this;
    const { name, title, kind, isOptional, placeholder, hint } = shape;
    const place = `settings.${name}`;
    const label = isOptional === true ? `${title} (optional)` : title;
    const change = (text: string) => this.#change({ texts: { ...form.texts, [name]: text } }, [place]);
    switch (kind) {
      case 'list':
        return html`<div class="field">
          <span class="label">${label}</span>
          <pw-chip-field
            label=${title}
            placeholder=${placeholder ?? ''}
            .value=${form.lists[name] ?? []}
            .isFree=${true}
            @pw-change=${(event: CustomEvent<readonly string[]>) => {
              event.stopPropagation();
              this.#change({ lists: { ...form.lists, [name]: event.detail } }, [place]);
            }}
          ></pw-chip-field>
          ${problemsAt(
            problems,
            [...problems.keys()].filter((one) => one === place || one.startsWith(`${place}.`)),
          )}
        </div>`;
      case 'security':
        return html`<div class="field">
          <span class="label">${label}</span>
          ${selectField({
            label: title,
            value: securities.find((one) => one === settingText(form, shape)) ?? 'starttls',
            options: securities.map((one) => [one, securityTitles[one]] as const),
            change,
          })}
          ${problemsAt(problems, [place])}
        </div>`;
      case 'secret':
        return this.#renderSecret(shape, { place, label, change });
      case 'text':
      case 'number':
        return textField({
          place,
          label,
          value: settingText(form, shape),
          problems,
          change,
          ...(placeholder === undefined ? {} : { placeholder }),
          ...(hint === undefined ? {} : { hint }),
        });
    }
  }

  /** Written and never shown: an empty field leaves it as it is. */
  #renderSecret(
    { name, isOptional = false, placeholder = '', hint }: SettingShape,
    {
      place,
      label,
      change,
    }: { readonly place: string; readonly label: string; readonly change: (text: string) => void },
  ) {
    const { form, problems } = this;
    const isStored = hasSecret(this.channel, form, name);
    const isRemoved = form.removed.includes(name);
    const state = isRemoved
      ? 'It is removed when you save.'
      : isStored
        ? 'Stored. Type to replace it; nobody can read it.'
        : hint;
    return html`${textField({
      place,
      label,
      value: form.texts[name] ?? '',
      problems,
      change,
      look: 'secret',
      placeholder: isStored && !isRemoved ? 'as it is' : placeholder,
      ...(state === undefined ? {} : { hint: state }),
    })}
      ${
        isStored && isOptional
          ? checkField({
              label: `Remove: ${label.replace(' (optional)', '').toLowerCase()}`,
              isOn: isRemoved,
              change: (isOn) =>
                this.#change({ removed: isOn ? [...form.removed, name] : form.removed.filter((one) => one !== name) }, [
                  place,
                ]),
            })
          : nothing
      }`;
  }

  /** What was refused at these places may be right by now. */
  #change(change: Partial<ChannelForm>, places: readonly string[]): void {
    this.form = { ...this.form, ...change };
    this.problems = new Map(
      [...this.problems].filter(
        ([place]) => place !== '' && !places.some((one) => place === one || place.startsWith(`${one}.`)),
      ),
    );
  }

  #submitted(event: Event): void {
    event.preventDefault();
    this.#save();
  }

  #cancelled(): void {
    tell(this, 'pw-close', null);
  }

  /** Of the dialog: told on by this element, once. */
  #closed(event: Event): void {
    event.stopPropagation();
    tell(this, 'pw-close', null);
  }

  #save(): void {
    const { channel, form, dashboard } = this;
    const draft = channelDraftOf(form, channel);
    const send = async () => {
      this.isSaving = true;
      const asked = await (channel === null
        ? createChannel(dashboard.client, draft)
        : changeChannel(dashboard.client, channel, draft));
      this.isSaving = false;
      if (asked.kind === 'ok') tell(this, 'pw-saved', asked.value);
      else this.problems = problemsOfRefusal(asked.why);
    };
    if (!this.isSaving) dashboard.background(send());
  }
}
