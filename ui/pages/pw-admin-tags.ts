/** Names and values of tags over the whole fleet: how many hosts have each, who says it, and what is done to all of them at once. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type HostDetails, readHosts } from '../api/hosts.ts';
import { Following } from '../controllers/following.ts';
import { Polled } from '../controllers/polled.ts';
import type { Dashboard } from '../dashboard.ts';
import { adminListStyles } from '../elements/admin/list-styles.ts';
import type { TagQuestion } from '../elements/admin/tags/pw-tag-change.ts';
import { replaceRoute } from '../elements/events.ts';
import { chosenBar, chosenBarStyles } from '../elements/hosts/chosen-bar.ts';
import { problemBar } from '../elements/reading-states.ts';
import { searchField } from '../elements/search-field.ts';
import { type FleetTag, type FleetTagValue, fleetTagsOf } from '../model/admin/tag-fleet.ts';
import { formatCount } from '../model/format.ts';
import { shownTags } from '../model/hosts/tag-sides.ts';
import { compareNames } from '../model/names.ts';
import { type AdminRoute, adminRoute } from '../model/route.ts';
import '../elements/admin/settings/pw-settings-editor.ts';
import '../elements/admin/tags/pw-tag-change.ts';
import '../elements/hosts/pw-tags-dialog.ts';
import '../elements/pw-dialog.ts';
import '../elements/pw-tag.ts';

/** Tags change rarely, and are read again after each change that is made here. */
const pollMs = 30_000;
const valuesShown = 6;
/** More rows are of no use to anybody; the search finds the others. */
const hostsShown = 200;

type Asked =
  | { readonly kind: 'change'; readonly question: TagQuestion }
  | { readonly kind: 'add' | 'remove' | 'settings' };

@customElement('pw-admin-tags')
export class PwAdminTags extends LitElement {
  static override readonly styles = [
    adminListStyles,
    chosenBarStyles,
    css`
      .two {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        gap: 12px;
        align-items: start;
      }
      .panel > header {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 44px;
        padding: 4px 16px;
        border-bottom: 1px solid var(--pw-border-1);
      }
      .panel > header .search {
        flex: 0 1 200px;
        margin-left: auto;
      }
      .values {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        padding: 2px 0;
      }
      .value {
        display: inline-flex;
        align-items: center;
        gap: 4px;
        max-width: 220px;
        min-height: 24px;
        padding: 0 6px;
        border: 0;
        border-radius: var(--pw-r-1);
        background: var(--pw-surface-3);
        color: var(--pw-text-1);
        font-size: var(--pw-fs-2);
        cursor: pointer;
      }
      .value[aria-pressed='true'] {
        background: var(--pw-accent-bg);
        color: var(--pw-accent);
      }
      .value small {
        color: var(--pw-text-2);
        font-size: var(--pw-fs-1);
      }
      .acts {
        display: flex;
        justify-content: flex-end;
        gap: 4px;
      }
      .choice {
        width: 1%;
      }
      .choice input {
        display: block;
        width: 16px;
        height: 16px;
        margin: 0;
        accent-color: var(--pw-accent-solid);
      }
      @media (max-width: 1000px) {
        .two {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: AdminRoute = adminRoute;
  @state() private chosen: ReadonlySet<string> = new Set();
  /** A value whose hosts are shown. */
  @state() private pair: { readonly name: string; readonly value: string } | null = null;
  @state() private asked: Asked | null = null;
  /** Names of tags of which all values are shown. */
  @state() private unfolded: ReadonlySet<string> = new Set();
  readonly #polled: Polled<ReadonlyMap<string, HostDetails>>;

  constructor() {
    super();
    this.#polled = new Polled(this, {
      dashboard: () => this.dashboard,
      ask: ({ client }, options) => readHosts(client, options),
      everyMs: pollMs,
    });
    new Following(this, () => [this.dashboard.session.changed]);
  }

  /** For the key "/". */
  focusSearch(): void {
    this.renderRoot.querySelector<HTMLInputElement>('.search input')?.focus();
  }

  override render() {
    const hosts = this.#polled.value;
    if (hosts === null)
      return html`<div class="head"><h1>Tags</h1></div>
        <div class="none" role="status">${this.#polled.why ?? 'Loading the tags'}</div>`;
    const tags = fleetTagsOf(hosts);
    return html`<div class="head">
        <h1>Tags</h1>
        <span class="hint">${formatCount(tags.length)} names, ${formatCount(hosts.size)} hosts</span>
      </div>
      ${problemBar(this.#polled.why, this.#polled.refresh)} ${this.#renderChosen(hosts)}
      <div class="two">${this.#renderTags(tags)}${this.#renderHosts(hosts)}</div>
      ${this.#renderDialog(hosts)}`;
  }

  get #mayChange(): boolean {
    return this.dashboard.session.may('editor');
  }

  #renderChosen(hosts: ReadonlyMap<string, HostDetails>) {
    const names = this.#chosenNames(hosts);
    if (names.length === 0) return nothing;
    return chosenBar({
      count: names.length,
      acts: html`<button class="btn small" @click=${() => this.#ask({ kind: 'add' })}>Set a tag</button>
        <button class="btn small" @click=${() => this.#ask({ kind: 'remove' })}>Remove a tag</button>
        ${
          this.dashboard.session.may('admin')
            ? html`<button class="btn small" @click=${() => this.#ask({ kind: 'settings' })}>Settings of their agents</button>`
            : nothing
        }`,
      clear: () => this.#choose(new Set()),
    });
  }

  #renderTags(tags: readonly FleetTag[]) {
    if (tags.length === 0)
      return html`<div class="panel none">
        <h2>No host has a tag</h2>
        <p>Choose hosts and set one. Rules, downtimes and views choose hosts by their tags.</p>
      </div>`;
    return html`<section class="panel" aria-labelledby="names">
      <header><h3 id="names">Names</h3></header>
      <div class="scroll">
        <table aria-labelledby="names">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Values</th>
              <th scope="col" class="number">Hosts</th>
              <th scope="col">Said by</th>
              <th scope="col"><span class="sr">Actions</span></th>
            </tr>
          </thead>
          <tbody>
            ${tags.map((tag) => this.#renderTag(tag))}
          </tbody>
        </table>
      </div>
    </section>`;
  }

  #renderTag(tag: FleetTag) {
    const { name, values, hostCount, from } = tag;
    const isUnfolded = this.unfolded.has(name);
    const shown = isUnfolded ? values : values.slice(0, valuesShown);
    return html`<tr>
      <td class="mono">${name}</td>
      <td>
        <div class="values" role="group" aria-label="Values of ${name}">
          ${shown.map((value) => this.#renderValue(tag, value))}
          ${
            values.length > shown.length
              ? html`<button class="btn small ghost" @click=${() => this.#unfold(name)}>
                  ${formatCount(values.length - shown.length)} more
                </button>`
              : nothing
          }
        </div>
      </td>
      <td class="number">${formatCount(hostCount)}</td>
      <td>${from === 'both' ? 'agents and people' : from}</td>
      <td>
        ${
          this.#mayChange
            ? html`<div class="acts">
                <button class="btn small ghost" aria-label="Rename ${name}" @click=${() => this.#askAbout({ kind: 'rename', name })}>
                  Rename
                </button>
                <button
                  class="btn small ghost"
                  aria-label="Remove ${name}"
                  @click=${() => this.#askAbout({ kind: 'remove', name, value: null })}
                >
                  Remove
                </button>
              </div>`
            : nothing
        }
      </td>
    </tr>`;
  }

  #renderValue({ name }: FleetTag, { value, hosts }: FleetTagValue) {
    const isOn = this.pair?.name === name && this.pair.value === value;
    return html`<button
      class="value"
      aria-pressed=${isOn ? 'true' : 'false'}
      @click=${() => {
        this.pair = isOn ? null : { name, value };
      }}
    >
      <span class="ell">${value}</span><small>${formatCount(hosts.length)}</small>
    </button>`;
  }

  #renderHosts(hosts: ReadonlyMap<string, HostDetails>) {
    const found = this.#foundHosts(hosts);
    const shown = found.slice(0, hostsShown);
    const isAll = shown.length > 0 && shown.every(({ name }) => this.chosen.has(name));
    const { pair } = this;
    return html`<section class="panel" aria-labelledby="hosts">
      <header>
        <h3 id="hosts">Hosts</h3>
        ${
          pair === null
            ? nothing
            : html`<pw-tag
                .key=${pair.name}
                .value=${pair.value}
                removable
                @pw-remove=${() => {
                  this.pair = null;
                }}
              ></pw-tag>`
        }
        ${searchField({
          label: 'Search hosts',
          placeholder: 'Name or tag',
          query: this.route.query,
          search: (query) => replaceRoute(this, { ...this.route, query }),
        })}
      </header>
      ${pair === null || !this.#mayChange ? nothing : this.#renderPairActs(pair)}
      ${
        shown.length === 0
          ? html`<div class="none" role="status"><p>No host matches.</p></div>`
          : html`<div class="scroll">
              <table aria-labelledby="hosts">
                <thead>
                  <tr>
                    <th scope="col" class="choice">
                      <input
                        type="checkbox"
                        aria-label="Choose all that are shown"
                        .checked=${isAll}
                        @change=${() => this.#chooseAll(shown, !isAll)}
                      />
                    </th>
                    <th scope="col">Host</th>
                    <th scope="col">Tags</th>
                  </tr>
                </thead>
                <tbody>
                  ${shown.map((host) => this.#renderHost(host))}
                </tbody>
              </table>
            </div>`
      }
      ${found.length > shown.length ? html`<p class="part hint">And ${formatCount(found.length - shown.length)} more: search for them.</p>` : nothing}
    </section>`;
  }

  #renderPairActs({ name, value }: { readonly name: string; readonly value: string }) {
    return html`<header>
      <button class="btn small" @click=${() => this.#askAbout({ kind: 'revalue', name, value })}>Rename or merge</button>
      <button class="btn small" @click=${() => this.#askAbout({ kind: 'remove', name, value })}>Remove</button>
    </header>`;
  }

  #renderHost(host: HostDetails) {
    const { name } = host;
    return html`<tr>
      <td class="choice">
        <input
          type="checkbox"
          aria-label="Choose ${name}"
          .checked=${this.chosen.has(name)}
          @change=${(event: Event) => this.#chooseAll([host], (event.target as HTMLInputElement).checked)}
        />
      </td>
      <td class="mono">${name}</td>
      <td>
        <div class="values">
          ${shownTags(host).map(({ name: tag, value }) => html`<pw-tag .key=${tag} .value=${value}></pw-tag>`)}
        </div>
      </td>
    </tr>`;
  }

  #renderDialog(hosts: ReadonlyMap<string, HostDetails>) {
    const { asked, dashboard } = this;
    if (asked === null) return nothing;
    if (asked.kind === 'change')
      return html`<pw-tag-change
        .dashboard=${dashboard}
        .question=${asked.question}
        .hosts=${hosts}
        @pw-close=${this.#close}
        @pw-changed=${this.#polled.refresh}
        @pw-done=${this.#close}
      ></pw-tag-change>`;
    const names = this.#chosenNames(hosts);
    if (asked.kind === 'settings')
      return html`<pw-dialog
        .heading=${names.length === 1 ? `Settings of ${names[0]}` : 'Settings of agents'}
        size="wide"
        @pw-close=${this.#close}
      >
        <pw-settings-editor
          .dashboard=${dashboard}
          .host=${names.length === 1 ? names[0]! : ''}
          .hosts=${names}
        ></pw-settings-editor>
      </pw-dialog>`;
    return html`<pw-tags-dialog
      .dashboard=${dashboard}
      .names=${names}
      act=${asked.kind}
      @pw-close=${this.#close}
      @pw-changed=${this.#polled.refresh}
      @pw-done=${this.#close}
    ></pw-tags-dialog>`;
  }

  /** By name: those that have the value that is chosen, and that the search finds. */
  #foundHosts(hosts: ReadonlyMap<string, HostDetails>): readonly HostDetails[] {
    const { pair } = this;
    const words = this.route.query
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    return [...hosts.values()]
      .filter((host) => {
        const tags = shownTags(host);
        if (pair !== null && !tags.some(({ name, value }) => name === pair.name && value === pair.value)) return false;
        const text =
          `${host.name} ${host.alias} ${tags.map(({ name, value }) => `${name}=${value}`).join(' ')}`.toLowerCase();
        return words.every((word) => text.includes(word));
      })
      .sort((one, other) => compareNames(one.name, other.name));
  }

  /** Those that are still there. */
  #chosenNames(hosts: ReadonlyMap<string, HostDetails>): readonly string[] {
    return this.#mayChange ? [...this.chosen].filter((name) => hosts.has(name)) : [];
  }

  #chooseAll(hosts: readonly HostDetails[], isChosen: boolean): void {
    const chosen = new Set(this.chosen);
    for (const { name } of hosts) {
      if (isChosen) chosen.add(name);
      else chosen.delete(name);
    }
    this.#choose(chosen);
  }

  #choose(chosen: ReadonlySet<string>): void {
    this.chosen = chosen;
  }

  #unfold(name: string): void {
    this.unfolded = new Set([...this.unfolded, name]);
  }

  #askAbout(question: TagQuestion): void {
    this.#ask({ kind: 'change', question });
  }

  #ask(asked: Asked): void {
    this.asked = asked;
  }

  readonly #close = (event: Event): void => {
    event.stopPropagation();
    if (this.asked?.kind === 'change' && event.type === 'pw-done') this.pair = null;
    this.asked = null;
    this.#polled.refresh();
  };
}
