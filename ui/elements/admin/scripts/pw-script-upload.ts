/**
 * Where a signed script is dropped, chosen as a file, or pasted. The hub says what is wrong with one; nothing here looks into it.
 * Tells `pw-done` when one was taken.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { uploadScript } from '../../../api/scripts.ts';
import type { Dashboard } from '../../../dashboard.ts';
import { sharedStyles } from '../../../theme/shared.ts';
import { showToast, tell } from '../../events.ts';
import { icon } from '../../icons.ts';
import { problem } from '../../pw-dialog.ts';
import { dialogStyles } from '../dialog-styles.ts';
import '../../pw-dialog.ts';

/** More is no script; the hub refuses it as well. */
const fileBytesMax = 65_536;

@customElement('pw-script-upload')
export class PwScriptUpload extends LitElement {
  static override readonly styles = [
    sharedStyles,
    dialogStyles,
    css`
      :host {
        display: block;
      }
      .drop {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 12px;
        padding: 12px 16px;
        border: 1px dashed var(--pw-border-control);
        border-radius: var(--pw-r-3);
        color: var(--pw-text-2);
      }
      .drop.over {
        border-color: var(--pw-accent);
        background: var(--pw-surface-2);
      }
      .drop p {
        flex: 1 1 260px;
      }
      .failure {
        margin-top: 8px;
        padding: 8px 12px;
        border-radius: var(--pw-r-2);
        background: var(--pw-down-bg);
        overflow-wrap: anywhere;
      }
      textarea {
        width: 100%;
        height: 260px;
        padding: 8px 12px;
        font: var(--pw-fs-2) / 18px var(--pw-mono);
        resize: vertical;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @state() private isOver = false;
  @state() private isPasting = false;
  @state() private text = '';
  @state() private failure = '';
  @state() private isBusy = false;

  override render() {
    return html`<div
        class="drop ${this.isOver ? 'over' : ''}"
        @dragover=${this.#drag}
        @dragleave=${this.#leave}
        @drop=${this.#drop}
      >
        ${icon('shield', 20)}
        <p>Drop a signed script here. Code that nobody signed is refused, by the hub and by every agent.</p>
        <button class="btn" ?disabled=${this.isBusy} @click=${this.#choose}>Choose a file</button>
        <button class="btn" ?disabled=${this.isBusy} @click=${this.#paste}>Paste</button>
        <input
          class="sr"
          type="file"
          tabindex="-1"
          aria-label="Signed script"
          @change=${this.#chosen}
        />
      </div>
      <div role="alert">
        ${this.failure === '' || this.isPasting ? nothing : html`<p class="failure">${this.failure}</p>`}
      </div>
      ${this.isPasting ? this.#renderPaste() : nothing}`;
  }

  #renderPaste() {
    return html`<pw-dialog size="wide" .heading=${'Paste a signed script'} @pw-close=${this.#close}>
      <form @submit=${this.#submit}>
        <div class="field">
          <label for="text">What "pulsewire sign" has printed</label>
          <textarea
            id="text"
            class="input"
            autofocus
            spellcheck="false"
            placeholder="# pulsewire-script v1 …"
            .value=${this.text}
            @input=${(event: InputEvent) => {
              this.text = (event.target as HTMLTextAreaElement).value;
              this.failure = '';
            }}
          ></textarea>
        </div>
        <div role="alert">${problem(this.failure)}</div>
      </form>
      <button slot="actions" class="btn" @click=${this.#close}>Cancel</button>
      <button slot="actions" class="btn primary" ?disabled=${this.isBusy || this.text === ''} @click=${this.#submit}>Upload</button>
    </pw-dialog>`;
  }

  readonly #drag = (event: DragEvent): void => {
    event.preventDefault();
    this.isOver = true;
  };

  readonly #leave = (): void => {
    this.isOver = false;
  };

  readonly #drop = (event: DragEvent): void => {
    event.preventDefault();
    this.isOver = false;
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) this.dashboard.background(this.#sendFile(file));
  };

  readonly #choose = (): void => {
    this.renderRoot.querySelector<HTMLInputElement>('input[type=file]')?.click();
  };

  readonly #chosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    if (file !== undefined) this.dashboard.background(this.#sendFile(file));
    // The same file chosen again is another try.
    input.value = '';
  };

  readonly #paste = (): void => {
    this.isPasting = true;
    this.failure = '';
  };

  readonly #close = (): void => {
    this.isPasting = false;
    this.failure = '';
    this.text = '';
  };

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    if (!this.isBusy && this.text !== '') this.dashboard.background(this.#send(this.text));
  };

  async #sendFile(file: File): Promise<void> {
    if (file.size > fileBytesMax) {
      this.failure = `${file.name} is larger than a script may be, 64 KiB.`;
      return;
    }
    await this.#send(await file.text());
  }

  async #send(text: string): Promise<void> {
    this.isBusy = true;
    this.failure = '';
    const asked = await uploadScript(this.dashboard.client, text);
    this.isBusy = false;
    if (asked.kind === 'failed') {
      this.failure = asked.why;
      return;
    }
    const { name, version, isRevocation } = asked.value;
    const what = isRevocation ? `${name} revoked up to version ${version}` : `${name} uploaded as version ${version}`;
    this.#close();
    showToast(this, { kind: 'done', text: what });
    tell(this, 'pw-done', name);
  }
}
