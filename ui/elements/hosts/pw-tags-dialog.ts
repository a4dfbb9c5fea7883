/**
 * One tag for several hosts: set, or taken away. Both sides of their tags are read anew before, a few hosts at a time are
 * written, and those that could not be are named.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { changeHost, readHosts } from '../../api/hosts.ts';
import type { Dashboard } from '../../dashboard.ts';
import { formatCount } from '../../model/format.ts';
import { changeEach } from '../../model/hosts/change-each.ts';
import { type HostTags, parseTag, shownTags, withoutTag, withTag } from '../../model/hosts/tag-sides.ts';
import { tagChoices } from '../../model/overview/hosts-view.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { showToast, tell } from '../events.ts';
import type { PwDialog } from '../pw-dialog.ts';
import { whyLines } from './why-lines.ts';
import '../pw-combo.ts';
import '../pw-dialog.ts';

@customElement('pw-tags-dialog')
export class PwTagsDialog extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      .field + div,
      .field + .hint {
        margin-top: 12px;
      }
      .problem {
        margin-top: 4px;
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) names: readonly string[] = [];
  @property() act: 'add' | 'remove' = 'add';
  @state() private text = '';
  @state() private doneCount: number | null = null;
  @state() private whys: readonly string[] = [];

  override render() {
    const { names, act, doneCount, whys } = this;
    const count = names.length === 1 ? names[0]! : `${formatCount(names.length)} hosts`;
    const isAdding = act === 'add';
    return html`<pw-dialog .heading=${isAdding ? `Add a tag to ${count}` : `Remove a tag from ${count}`}>
      <div class="field">
        <span class="label">Tag</span>
        <pw-combo
          label=${isAdding ? 'Tag to add' : 'Tag to remove'}
          placeholder=${isAdding ? 'name=value' : 'name'}
          .choices=${this.#choices()}
          .isFree=${true}
          .value=${this.text}
          ?disabled=${doneCount !== null}
          @pw-input=${this.#typed}
          @pw-choose=${this.#typed}
        ></pw-combo>
        <p class="hint">
          ${
            isAdding
              ? 'What an agent says of this tag is then hidden behind it.'
              : 'Also where the agent says it: it is hidden there, whatever its value.'
          }
        </p>
      </div>
      ${doneCount === null ? nothing : html`<p class="hint" role="status">${formatCount(doneCount)} of ${formatCount(names.length)}</p>`}
      ${whyLines(whys)}
      <button slot="actions" class="btn" @click=${() => tell(this, 'pw-close', null)}>Cancel</button>
      <button slot="actions" class="btn primary" ?disabled=${this.text.trim() === '' || doneCount !== null} @click=${this.#act}>
        ${isAdding ? 'Add tag' : 'Remove tag'}
      </button>
    </pw-dialog>`;
  }

  override async firstUpdated(): Promise<void> {
    // The dialog puts the focus on its first button when it opens.
    await this.renderRoot.querySelector<PwDialog>('pw-dialog')?.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('pw-combo')?.focus();
  }

  /** To be added: any tag that there is; to be removed: one of these hosts. */
  #choices() {
    const { fleet } = this.dashboard;
    if (this.act === 'add') return tagChoices(fleet.hosts).map((value) => ({ value }));
    const names = new Set(this.names.flatMap((name) => Object.keys(fleet.byName(name)?.tags ?? {})));
    return [...names].sort().map((value) => ({ value }));
  }

  #typed(event: CustomEvent<string>): void {
    event.stopPropagation();
    this.text = event.detail;
    this.whys = [];
  }

  readonly #act = (): void => {
    this.#changeAll().catch(reportError);
  };

  async #changeAll(): Promise<void> {
    const { act, text, names, dashboard } = this;
    const tag = parseTag(act === 'add' ? text : `${text.split('=')[0]}=`);
    if (tag === null) {
      this.whys = ['A tag is a name and a value, such as site=north.'];
      return;
    }
    this.doneCount = 0;
    const asked = await readHosts(dashboard.client);
    if (asked.kind === 'failed') {
      this.doneCount = null;
      this.whys = [asked.why];
      return;
    }
    const whys = await changeEach(names, {
      change: (name) => this.#changeOne(name, asked.value.get(name), tag),
      done: () => {
        this.doneCount = (this.doneCount ?? 0) + 1;
      },
    });
    this.doneCount = null;
    this.whys = whys;
    const changed = names.length - whys.length;
    if (changed > 0) showToast(this, { kind: 'done', text: doneText(act, text.trim(), changed) });
    tell(this, whys.length === 0 ? 'pw-done' : 'pw-changed', null);
  }

  /** Why it could not be changed; null when it has been, or had nothing to be changed. */
  async #changeOne(
    name: string,
    host: HostTags | undefined,
    tag: { readonly name: string; readonly value: string },
  ): Promise<string | null> {
    if (host === undefined) return `${name} is no longer there.`;
    const before = shownTags(host).find((each) => each.name === tag.name);
    const isAdding = this.act === 'add';
    if (isAdding ? before?.value === tag.value : before === undefined) return null;
    const peopleTags = isAdding ? withTag(host, tag.name, tag.value) : withoutTag(host, tag.name);
    const saved = await changeHost(this.dashboard.client, name, { peopleTags });
    return saved.kind === 'failed' ? `${name}: ${saved.why}` : null;
  }
}

function doneText(act: 'add' | 'remove', tag: string, count: number): string {
  const hosts = count === 1 ? '1 host' : `${formatCount(count)} hosts`;
  return act === 'add' ? `Tag ${tag} added to ${hosts}` : `Tag ${tag.split('=')[0]} removed from ${hosts}`;
}
