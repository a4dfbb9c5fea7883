/** A note on the charts: what was done, when, and on which hosts. Tells `pw-close`, and `pw-saved` when it is kept. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Note } from '#core/note.ts';
import { anyHost } from '#core/rule-spec.ts';
import { createNote, editNote, removeNote } from '../../api/notes.ts';
import type { Dashboard } from '../../dashboard.ts';
import { displayZoneText } from '../../model/display-zone.ts';
import { formatWallTime, parseWallTime } from '../../model/wall-time.ts';
import { rememberAuthor, rememberedAuthor } from '../../settings.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { showToast, tell } from '../events.ts';
import '../pw-dialog.ts';

@customElement('pw-note-dialog')
export class PwNoteDialog extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      form {
        display: grid;
        gap: 12px;
      }
      .actions {
        display: flex;
        justify-content: flex-end;
        gap: 8px;
        width: 100%;
      }
      .actions .remove {
        margin-right: auto;
      }
      input {
        color-scheme: inherit;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property() host = '';
  /** A new one begins here, epoch ms. */
  @property({ type: Number }) atMs = 0;
  /** null: a new one. */
  @property({ attribute: false }) note: Note | null = null;
  @state() private text = '';
  @state() private at = '';
  @state() private author = '';
  @state() private isForAll = false;
  @state() private problem = '';
  @state() private isBusy = false;

  override willUpdate(): void {
    if (this.hasUpdated) return;
    this.text = this.note?.text ?? '';
    this.at = formatWallTime(this.note?.atMs ?? this.atMs);
    this.author = this.note?.author ?? this.dashboard.session.author ?? rememberedAuthor();
    this.isForAll = this.note !== null && this.note.hosts.names.length === 0;
  }

  override render() {
    const { note } = this;
    const zone = displayZoneText(this.note?.atMs ?? this.atMs);
    return html`<pw-dialog heading=${note === null ? 'Add note' : 'Note'}>
      <form novalidate @submit=${this.#submitted}>
        <div class="field">
          <label for="text">What happened</label>
          <input id="text" class="input" maxlength="200" placeholder="Deployed 4.2.1" autocomplete="off" autofocus .value=${this.text} @input=${(event: Event) => (this.text = textOf(event))} />
        </div>
        <div class="field">
          <label for="at">When (${zone})</label>
          <input id="at" class="input" type="datetime-local" step="1" .value=${this.at} @input=${(event: Event) => (this.at = textOf(event))} />
        </div>
        ${this.dashboard.session.author === null ? this.#renderAuthor() : nothing}
        ${
          note === null
            ? html`<label class="check"
                ><input type="checkbox" .checked=${this.isForAll} @change=${(event: Event) => (this.isForAll = (event.target as HTMLInputElement).checked)} />
                On the charts of every host, not of ${this.host} alone</label
              >`
            : nothing
        }
        ${this.problem === '' ? nothing : html`<p class="problem" role="alert">${this.problem}</p>`}
        <button hidden></button>
      </form>
      <div slot="actions" class="actions">
        ${note === null ? nothing : html`<button class="btn danger remove" ?disabled=${this.isBusy} @click=${this.#remove}>Remove note</button>`}
        <button class="btn" @click=${() => tell(this, 'pw-close', null)}>Cancel</button>
        <button class="btn primary" ?disabled=${this.isBusy} @click=${this.#save}>${note === null ? 'Add note' : 'Save note'}</button>
      </div>
    </pw-dialog>`;
  }

  /** Of somebody who is signed in the name is known; whoever wrote a note stays its author. */
  #renderAuthor() {
    return html`<div class="field">
          <label for="author">By</label>
          <input id="author" class="input" maxlength="200" autocomplete="name" placeholder="Your name, kept in this browser" .value=${this.author} @input=${(event: Event) => (this.author = textOf(event))} />
        </div>`;
  }

  #submitted(event: Event): void {
    event.preventDefault();
    this.#save();
  }

  #save(): void {
    const atMs = parseWallTime(this.at);
    const text = this.text.trim();
    if (text === '') this.problem = 'Say what happened, in a few words.';
    else if (atMs === null) this.problem = 'Fill in when it happened, with the date.';
    else this.dashboard.background(this.#send(text, atMs));
  }

  async #send(text: string, atMs: number): Promise<void> {
    const { client } = this.dashboard;
    this.isBusy = true;
    const author = this.author.trim();
    if (this.dashboard.session.author === null) rememberAuthor(author);
    const hosts = this.isForAll ? anyHost : { ...anyHost, names: [this.host] };
    const asked =
      this.note === null
        ? await createNote(client, { text, atMs, untilMs: null, hosts, author })
        : await editNote(client, this.note.id, { text, atMs, author });
    this.isBusy = false;
    if (asked.kind === 'failed') this.problem = `The note was not saved. ${asked.why}`;
    else this.#done(this.note === null ? 'Note added' : 'Note saved');
  }

  #remove(): void {
    if (this.note !== null) this.dashboard.background(this.#sendRemoval(this.note.id));
  }

  async #sendRemoval(id: number): Promise<void> {
    this.isBusy = true;
    const asked = await removeNote(this.dashboard.client, id);
    this.isBusy = false;
    if (asked.kind === 'failed') this.problem = `The note was not removed. ${asked.why}`;
    else this.#done('Note removed');
  }

  #done(text: string): void {
    showToast(this, { kind: 'done', text });
    tell(this, 'pw-saved', null);
    tell(this, 'pw-close', null);
  }
}

function textOf(event: Event): string {
  return (event.target as HTMLInputElement).value;
}
