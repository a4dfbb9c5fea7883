/** All hosts as those see them who look after them: alias, tags, agent, and what is done to one or several. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type HostDetails, readHosts } from '../api/hosts.ts';
import { Following } from '../controllers/following.ts';
import { Polled } from '../controllers/polled.ts';
import type { Dashboard } from '../dashboard.ts';
import { adminHeadStyles } from '../elements/admin/head-styles.ts';
import { replaceRoute } from '../elements/events.ts';
import { chosenBar, chosenBarStyles } from '../elements/hosts/chosen-bar.ts';
import { noneStyles } from '../elements/none-styles.ts';
import { adminStyles } from '../elements/pw-admin-tabs.ts';
import { problemBar, readingStyles, waitingBlock } from '../elements/reading-states.ts';
import { searchField } from '../elements/search-field.ts';
import type { FleetHost } from '../live/fleet.ts';
import { knownText } from '../model/hosts/known-text.ts';
import { compareNames } from '../model/names.ts';
import { filterHosts } from '../model/overview/hosts-view.ts';
import { type HostsRoute, hostsRoute } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';
import '../elements/hosts/pw-host-dialog.ts';
import '../elements/hosts/pw-host-removal.ts';
import '../elements/hosts/pw-hosts-table.ts';
import '../elements/hosts/pw-tags-dialog.ts';
import '../elements/pw-empty-state.ts';

/** Versions and sides of tags change rarely, and are read again after each change that is made here. */
const pollMs = 60_000;

type Asked = { readonly kind: 'remove'; readonly name: string } | { readonly kind: 'addTag' | 'removeTag' };

@customElement('pw-hosts')
export class PwHosts extends LitElement {
  static override readonly styles = [
    sharedStyles,
    adminStyles,
    adminHeadStyles,
    noneStyles,
    readingStyles,
    chosenBarStyles,
    css`
      .search {
        flex: 0 1 300px;
        margin-left: auto;
      }
      @media (max-width: 720px) {
        .search {
          flex: 1 0 100%;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: HostsRoute = hostsRoute;
  @state() private chosen: ReadonlySet<string> = new Set();
  @state() private asked: Asked | null = null;
  readonly #polled: Polled<ReadonlyMap<string, HostDetails>>;
  /** What was shown last, and of what: thousands are not sorted anew at each click. */
  #shown: { readonly of: readonly FleetHost[]; readonly query: string; readonly hosts: readonly FleetHost[] } | null =
    null;

  constructor() {
    super();
    this.#polled = new Polled(this, {
      dashboard: () => this.dashboard,
      ask: ({ client }, options) => readHosts(client, options),
      everyMs: pollMs,
    });
    new Following(this, () => [this.dashboard.fleet.listChanged]);
  }

  /** For the key "/". */
  focusSearch(): void {
    this.renderRoot.querySelector<HTMLInputElement>('.search input')?.focus();
  }

  override render() {
    const { fleet, isComplete } = this.dashboard;
    return html`<pw-admin-tabs current="hosts" .dashboard=${this.dashboard}></pw-admin-tabs>
      <div>
        <div class="head">
          <h1>Hosts</h1>
          <span class="hint">${this.#countText()}</span>
          ${fleet.hosts.length === 0 ? nothing : this.#renderSearch()}
        </div>
        ${this.#renderProblem()} ${fleet.hosts.length > 0 ? this.#renderHosts() : isComplete ? this.#renderEmpty() : waitingBlock()}
      </div>
      ${this.#renderDialog()}`;
  }

  #countText(): string {
    return knownText(this.dashboard.fleet.hosts);
  }

  #renderSearch() {
    return searchField({
      label: 'Search hosts',
      placeholder: 'Name, alias or tag=value',
      query: this.route.query,
      search: (query) => this.#replace({ query }),
      hasKey: true,
    });
  }

  #renderProblem() {
    const { why } = this.#polled;
    const what = 'Versions and the origin of tags could not be read.';
    return problemBar(why === null ? null : `${what} ${why}`, this.#polled.refresh);
  }

  #renderHosts() {
    const { query } = this.route;
    const shown = this.#shownHosts();
    if (shown.length === 0)
      return html`<div class="none" role="status">
        <h2>No host matches “${query}”</h2>
        <button class="btn" @click=${() => this.#replace({ query: '' })}>Clear search</button>
      </div>`;
    return html`${this.#renderChosen()}
      <pw-hosts-table
        .dashboard=${this.dashboard}
        .hosts=${shown}
        .details=${this.#polled.value}
        .chosen=${this.chosen}
        @pw-choose=${(event: CustomEvent<ReadonlySet<string>>) => {
          this.chosen = event.detail;
        }}
        @pw-edit=${(event: CustomEvent<string>) => this.#replace({ edit: event.detail })}
        @pw-remove-host=${(event: CustomEvent<string>) => {
          this.asked = { kind: 'remove', name: event.detail };
        }}
      ></pw-hosts-table>`;
  }

  /** Those that the search finds, by name. */
  #shownHosts(): readonly FleetHost[] {
    const of = this.dashboard.fleet.hosts;
    const { query } = this.route;
    if (this.#shown?.of !== of || this.#shown.query !== query) {
      const hosts = [...filterHosts(of, { query, tags: [] })].sort((a, b) => compareNames(a.name, b.name));
      this.#shown = { of, query, hosts };
    }
    return this.#shown.hosts;
  }

  #renderChosen() {
    const names = this.#chosenNames();
    if (names.length === 0 || !this.dashboard.session.may('editor')) return nothing;
    const ask = (kind: 'addTag' | 'removeTag') => () => {
      this.asked = { kind };
    };
    return chosenBar({
      count: names.length,
      acts: html`<button class="btn small" @click=${ask('addTag')}>Add tag</button>
        <button class="btn small" @click=${ask('removeTag')}>Remove tag</button>`,
      clear: this.#clearChosen,
    });
  }

  #renderEmpty() {
    return html`<pw-empty-state .dashboard=${this.dashboard}></pw-empty-state>`;
  }

  #renderDialog() {
    const { asked, route, dashboard } = this;
    if (route.edit !== '' && dashboard.session.may('editor'))
      return html`<pw-host-dialog .dashboard=${dashboard} .name=${route.edit} @pw-close=${this.#closeEdit} @pw-done=${this.#closeEdit}></pw-host-dialog>`;
    switch (asked?.kind) {
      case undefined:
        return nothing;
      case 'remove':
        return html`<pw-host-removal .dashboard=${dashboard} .name=${asked.name} @pw-close=${this.#close} @pw-done=${this.#close}></pw-host-removal>`;
      case 'addTag':
      case 'removeTag':
        return html`<pw-tags-dialog
          .dashboard=${dashboard}
          .names=${this.#chosenNames()}
          act=${asked.kind === 'addTag' ? 'add' : 'remove'}
          @pw-close=${this.#close}
          @pw-changed=${this.#polled.refresh}
          @pw-done=${this.#close}
        ></pw-tags-dialog>`;
    }
  }

  /** Those that are still there. */
  #chosenNames(): readonly string[] {
    return [...this.chosen].filter((name) => this.dashboard.fleet.byName(name) !== null);
  }

  readonly #clearChosen = (): void => {
    this.chosen = new Set();
  };

  readonly #close = (event: Event): void => {
    event.stopPropagation();
    this.asked = null;
    this.#polled.refresh();
  };

  readonly #closeEdit = (event: Event): void => {
    event.stopPropagation();
    this.#replace({ edit: '' });
    this.#polled.refresh();
  };

  #replace(changed: Partial<HostsRoute>): void {
    replaceRoute(this, { ...this.route, ...changed });
  }
}
