/**
 * Renames a tag of all hosts, gives another value to those that have one, or takes it away. Both sides of their tags are read
 * anew before, a few hosts at a time are written, and those that could not be are named.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { changeHost, type HostDetails, readHosts } from '../../../api/hosts.ts';
import type { Dashboard } from '../../../dashboard.ts';
import { afterAct, hostsOfAct, type TagAct } from '../../../model/admin/tag-fleet.ts';
import { formatCount } from '../../../model/format.ts';
import { changeEach } from '../../../model/hosts/change-each.ts';
import { sharedStyles } from '../../../theme/shared.ts';
import { showToast, tell } from '../../events.ts';
import { whyLines } from '../../hosts/why-lines.ts';
import type { PwDialog } from '../../pw-dialog.ts';
import '../../pw-dialog.ts';

/** What is asked; where a word is wanted, it is typed here. */
export type TagQuestion =
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'revalue'; readonly name: string; readonly value: string }
  | { readonly kind: 'remove'; readonly name: string; readonly value: string | null };

@customElement('pw-tag-change')
export class PwTagChange extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      .field + .hint,
      .hint + .hint {
        margin-top: 12px;
      }
      .problem {
        margin-top: 4px;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) question: TagQuestion = { kind: 'rename', name: '' };
  /** As the page has them: for the count. */
  @property({ attribute: false }) hosts: ReadonlyMap<string, HostDetails> = new Map();
  @state() private text = '';
  @state() private doneCount: number | null = null;
  @state() private whys: readonly string[] = [];

  override render() {
    const { question, doneCount, whys } = this;
    const act = actOf(this.question, this.text);
    const count = act === null ? 0 : hostsOfAct(this.hosts, act).length;
    const hosts = count === 1 ? '1 host' : `${formatCount(count)} hosts`;
    const isWord = question.kind !== 'remove';
    return html`<pw-dialog .heading=${headingOf(question)}>
      ${
        isWord
          ? html`<div class="field">
              <label for="word">${question.kind === 'rename' ? 'New name' : 'New value'}</label>
              <input
                id="word"
                class="input"
                maxlength=${question.kind === 'rename' ? 100 : 200}
                autocomplete="off"
                spellcheck="false"
                .value=${this.text}
                @input=${(event: Event) => {
                  this.text = (event.target as HTMLInputElement).value;
                  this.whys = [];
                }}
                @keydown=${(event: KeyboardEvent) => event.key === 'Enter' && this.#run()}
              />
            </div>`
          : nothing
      }
      <p class="hint">${this.#consequence(hosts)}</p>
      <p class="hint">What an agent says of this tag is hidden behind it, and stays so.</p>
      ${doneCount === null ? nothing : html`<p class="hint" role="status">${formatCount(doneCount)} of ${formatCount(count)}</p>`}
      ${whyLines(whys)}
      <button slot="actions" class="btn" @click=${() => tell(this, 'pw-close', null)}>Cancel</button>
      <button
        slot="actions"
        class="btn primary"
        ?disabled=${act === null || count === 0 || doneCount !== null}
        @click=${this.#run}
      >
        ${question.kind === 'remove' ? `Remove from ${hosts}` : `Change ${hosts}`}
      </button>
    </pw-dialog>`;
  }

  override async firstUpdated(): Promise<void> {
    // The dialog puts the focus on its first button when it opens.
    await this.renderRoot.querySelector<PwDialog>('pw-dialog')?.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('#word')?.focus();
  }

  #consequence(hosts: string): string {
    const { question } = this;
    if (question.kind === 'remove') return `${hosts} will not have it any more.`;
    if (actOf(question, this.text) === null)
      return question.kind === 'rename' ? 'Hosts keep their values.' : 'A value that others have merges the two.';
    const shared = question.kind === 'revalue' ? this.#sharedCount() : 0;
    return shared === 0
      ? `${hosts} will be changed.`
      : `${hosts} will join the ${formatCount(shared)} that have it already.`;
  }

  /** Hosts that have the new value now. */
  #sharedCount(): number {
    const { question, text } = this;
    return hostsOfAct(this.hosts, { kind: 'remove', name: question.name, value: text.trim() }).length;
  }

  readonly #run = (): void => {
    const act = actOf(this.question, this.text);
    if (act !== null && this.doneCount === null) this.#change(act).catch(reportError);
  };

  async #change(act: TagAct): Promise<void> {
    const { client } = this.dashboard;
    this.doneCount = 0;
    const asked = await readHosts(client);
    if (asked.kind === 'failed') {
      this.doneCount = null;
      this.whys = [asked.why];
      return;
    }
    const names = hostsOfAct(asked.value, act);
    const whys = await changeEach(names, {
      change: async (name) => {
        const peopleTags = afterAct(asked.value.get(name)!, act);
        const saved = peopleTags === null ? null : await changeHost(client, name, { peopleTags });
        return saved?.kind === 'failed' ? `${name}: ${saved.why}` : null;
      },
      done: () => {
        this.doneCount = (this.doneCount ?? 0) + 1;
      },
    });
    this.doneCount = null;
    this.whys = whys;
    const changed = names.length - whys.length;
    if (changed > 0)
      showToast(this, {
        kind: 'done',
        text: `Tags of ${changed === 1 ? '1 host' : `${formatCount(changed)} hosts`} changed`,
      });
    tell(this, whys.length === 0 ? 'pw-done' : 'pw-changed', null);
  }
}

/** null until there is a word that means a change. */
function actOf(question: TagQuestion, text: string): TagAct | null {
  const to = text.trim();
  switch (question.kind) {
    case 'remove':
      return question;
    case 'rename':
      return to === '' || to === question.name || to.includes('=') ? null : { ...question, to };
    case 'revalue':
      return to === '' || to === question.value ? null : { ...question, to };
  }
}

function headingOf(question: TagQuestion): string {
  switch (question.kind) {
    case 'rename':
      return `Rename the tag ${question.name}`;
    case 'revalue':
      return `Change ${question.name}=${question.value}`;
    case 'remove':
      return question.value === null ? `Remove the tag ${question.name}` : `Remove ${question.name}=${question.value}`;
  }
}
