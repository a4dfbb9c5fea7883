/**
 * A host's settings: alias, tags of both sides, name. All that was changed is saved at once; what the hub refuses is
 * shown at its field.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { changeHost, type HostChange, type HostDetails, readHost } from '../../api/hosts.ts';
import type { Dashboard } from '../../dashboard.ts';
import { formatDate, formatValue } from '../../model/format.ts';
import {
  type HostTags,
  hiddenTags,
  parseTag,
  type ShownTag,
  shownTags,
  withAgentTag,
  withoutTag,
  withTag,
} from '../../model/hosts/tag-sides.ts';
import { tagChoices } from '../../model/overview/hosts-view.ts';
import { sentenceOf } from '../../model/sentence.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { showToast, tell } from '../events.ts';
import { problem } from '../pw-dialog.ts';
import '../pw-combo.ts';
import '../pw-tag.ts';

type Field = 'alias' | 'name' | 'tags';

@customElement('pw-host-dialog')
export class PwHostDialog extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      form {
        display: grid;
        gap: 12px;
      }
      .chips {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px;
      }
      .chips pw-combo {
        flex: 1 1 140px;
      }
      .tag {
        display: inline-flex;
        align-items: center;
        gap: 2px;
        max-width: 100%;
      }
      .hidden {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 8px;
      }
      s {
        color: var(--pw-text-3);
      }
      .wait {
        color: var(--pw-text-3);
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property() name = '';
  @state() private details: HostDetails | null = null;
  @state() private alias = '';
  @state() private newName = '';
  @state() private peopleTags: HostTags['peopleTags'] = {};
  @state() private isBusy = false;
  @state() private problems: ReadonlyMap<Field | null, string> = new Map();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#read().catch(reportError);
  }

  override render() {
    const { details, isBusy } = this;
    return html`<pw-dialog .heading=${this.name}>
      ${details === null ? this.#renderWaiting() : this.#renderForm(details)}
      <button slot="actions" class="btn" @click=${() => tell(this, 'pw-close', null)}>Cancel</button>
      <button slot="actions" class="btn primary" ?disabled=${details === null || isBusy} @click=${this.#save}>Save changes</button>
    </pw-dialog>`;
  }

  #renderWaiting() {
    const why = this.problems.get(null);
    return why === undefined
      ? html`<p class="wait" role="status">Reading its settings</p>`
      : html`<div role="alert">${problem(why)}</div>`;
  }

  #renderForm(details: HostDetails) {
    const { alias, newName, problems } = this;
    const isNew = newName !== details.name;
    return html`<form @submit=${this.#save} @keydown=${this.#keyPressed}>
      <div class="field">
        <label for="alias">Alias</label>
        <input class="input" id="alias" maxlength="240" autocomplete="off" placeholder=${details.name} .value=${alias} @input=${this.#typed('alias')} />
        <p class="hint">Shown instead of the name.</p>
        ${problem(problems.get('alias'))}
      </div>
      ${this.#renderTags({ agentTags: details.agentTags, peopleTags: this.peopleTags })}
      <div class="field">
        <label for="name">Name</label>
        <input class="input" id="name" maxlength="240" autocomplete="off" spellcheck="false" .value=${newName} @input=${this.#typed('newName')} />
        <p class="hint">
          ${
            isNew && details.kind === 'push'
              ? 'Its client must push under the new name from then on: to the old one it makes a new host.'
              : 'Its agent keeps another name, and rules, downtimes and silences that say the old one say the new one.'
          }
        </p>
        ${problem(problems.get('name'))}
      </div>
      <p class="hint">${this.#factsText(details)}</p>
      ${problems.has(null) ? html`<div role="alert">${problem(problems.get(null))}</div>` : nothing}
    </form>`;
  }

  #renderTags(tags: HostTags) {
    const hidden = hiddenTags(tags);
    return html`<div class="field">
      <span class="label" id="tags">Tags</span>
      <div class="chips" role="group" aria-labelledby="tags">
        ${shownTags(tags).map((tag) => this.#renderTag(tags, tag))}
        <pw-combo
          label="Add a tag"
          placeholder="name=value"
          .choices=${tagChoices(this.dashboard.fleet.hosts).map((value) => ({ value }))}
          .isFree=${true}
          .isAdding=${true}
          @pw-choose=${this.#addTag}
        ></pw-combo>
      </div>
      <p class="hint">Coloured tags are those of people, and win; the others are what its agent says.</p>
      ${
        hidden.length === 0
          ? nothing
          : html`<div class="hidden hint">
              Hidden:
              ${hidden.map(
                ({ name, value }) => html`<span class="tag"
                  ><s>${name}=${value}</s><button type="button" class="btn small ghost" @click=${() => this.#setTags(withAgentTag(tags, name))}>
                    Show<span class="sr"> ${name}=${value}</span>
                  </button></span
                >`,
              )}
            </div>`
      }
      ${problem(this.problems.get('tags'))}
    </div>`;
  }

  #renderTag(tags: HostTags, { name, value, from, agentValue }: ShownTag) {
    return html`<span class="tag" title=${agentValue === null ? '' : `Its agent says ${name}=${agentValue}`}
      ><pw-tag
        key=${name}
        value=${value}
        ?on=${from === 'people'}
        removable
        @pw-remove=${(event: Event) => {
          event.stopPropagation();
          this.#setTags(withoutTag(tags, name));
        }}
      ></pw-tag
    ></span>`;
  }

  #factsText({ kind, agentVersion, intervalMs, firstSeenMs }: HostDetails): string {
    const what = kind === 'push' ? 'Values are pushed' : `Agent ${agentVersion}`;
    const since = firstSeenMs === null ? '' : `, known since ${formatDate(firstSeenMs)}`;
    return `${what}, every ${formatValue(intervalMs / 1_000, 's')}${since}.`;
  }

  async #read(): Promise<void> {
    const asked = await readHost(this.dashboard.client, this.name);
    if (asked.kind === 'failed') {
      this.problems = new Map([[null, asked.why]]);
      return;
    }
    const { alias, peopleTags, name } = asked.value;
    this.details = asked.value;
    this.alias = alias;
    this.newName = name;
    this.peopleTags = peopleTags;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('#alias')?.focus();
  }

  #typed(field: 'alias' | 'newName') {
    return (event: Event) => {
      this[field] = (event.target as HTMLInputElement).value;
      this.problems = new Map();
    };
  }

  #addTag(event: CustomEvent<string>): void {
    event.stopPropagation();
    const tag = parseTag(event.detail);
    const { details } = this;
    if (tag === null || details === null) {
      this.problems = new Map([['tags', `A tag is a name and a value, such as site=north: got “${event.detail}”.`]]);
      return;
    }
    this.#setTags(withTag({ agentTags: details.agentTags, peopleTags: this.peopleTags }, tag.name, tag.value));
  }

  #setTags(peopleTags: HostTags['peopleTags']): void {
    this.peopleTags = peopleTags;
    this.problems = new Map();
  }

  /** Only what was changed, so that what others change meanwhile stays. */
  #change(details: HostDetails): HostChange {
    const { alias, newName, peopleTags } = this;
    return {
      ...(alias.trim() === details.alias ? {} : { alias: alias.trim() }),
      ...(newName.trim() === details.name ? {} : { name: newName.trim() }),
      ...(isSame(peopleTags, details.peopleTags) ? {} : { peopleTags }),
    };
  }

  readonly #keyPressed = (event: KeyboardEvent): void => {
    // A form without a button of its own is not sent by Enter.
    if (event.key === 'Enter' && !event.defaultPrevented && event.composedPath()[0] instanceof HTMLInputElement)
      this.#save(event);
  };

  readonly #save = (event: Event): void => {
    event.preventDefault();
    this.#saveChange().catch(reportError);
  };

  async #saveChange(): Promise<void> {
    const { details } = this;
    if (details === null || this.isBusy) return;
    const change = this.#change(details);
    if (Object.keys(change).length === 0) {
      tell(this, 'pw-close', null);
      return;
    }
    this.isBusy = true;
    const saved = await changeHost(this.dashboard.client, details.name, change);
    this.isBusy = false;
    if (saved.kind === 'failed') {
      this.problems = problemsOf(saved.why, saved.status);
      return;
    }
    const what = change.name === undefined ? details.name : `${details.name}, now ${saved.value.name}`;
    showToast(this, { kind: 'done', text: `Changes saved: ${what}` });
    tell(this, 'pw-done', saved.value.name);
  }
}

function isSame(a: HostTags['peopleTags'], b: HostTags['peopleTags']): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name]);
}

/** "Cannot change host: name: …; tags: …" by field; a name that is taken is a matter of the name. */
function problemsOf(why: string, status: number | null): ReadonlyMap<Field | null, string> {
  if (status === 404)
    return new Map([
      [null, 'This host is no longer there: somebody has renamed or removed it. Look for it in the list.'],
    ]);
  const text = why.slice(why.indexOf(': ') + 2);
  if (status === 409) return new Map([['name', sentenceOf(text)]]);
  if (status !== 400) return new Map([[null, why]]);
  const found = new Map<Field | null, string>();
  for (const each of text.split('; ')) {
    const match = /^(alias|name|tags)(?:\.[^:]*)?: (.+)$/s.exec(each);
    const field = (['alias', 'name', 'tags'] as const).find((name) => name === match?.[1]) ?? null;
    found.set(field, sentenceOf(field === null ? each : (match?.[2] ?? each)));
  }
  return found;
}
