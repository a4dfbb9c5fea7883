/** Who changed what, from where, and how it ended: searched, filtered, read back page by page, and taken away as a file. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import {
  type AuditEntry,
  type AuditPage,
  type AuditQuery,
  auditExportHref,
  auditResults,
  readAudit,
  readAuditActions,
} from '../api/audit.ts';
import { Polled } from '../controllers/polled.ts';
import type { Dashboard } from '../dashboard.ts';
import { adminHeadStyles } from '../elements/admin/head-styles.ts';
import { replaceRoute } from '../elements/events.ts';
import { icon } from '../elements/icons.ts';
import { noneStyles } from '../elements/none-styles.ts';
import { readingStyles, unreadable, waitingBlock } from '../elements/reading-states.ts';
import { searchField } from '../elements/search-field.ts';
import '../elements/admin/audit/pw-audit-table.ts';
import { actionText, auditSpans } from '../model/admin/audit-text.ts';
import { type AdminRoute, adminRoute } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';

const pollMs = 10_000;
const pageRows = 100;

@customElement('pw-admin-audit')
export class PwAdminAudit extends LitElement {
  static override readonly styles = [
    sharedStyles,
    adminHeadStyles,
    noneStyles,
    readingStyles,
    css`
      .filters {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        padding-bottom: 12px;
      }
      .search {
        flex: 0 1 280px;
      }
      .filters label {
        display: flex;
        align-items: center;
        gap: 6px;
        color: var(--pw-text-3);
        font-size: var(--pw-fs-2);
      }
      .foot {
        padding: 12px 0;
        text-align: center;
      }
      @media (max-width: 720px) {
        .search {
          flex: 1 0 100%;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: AdminRoute = adminRoute;
  /** Pages behind the newest, and the cursor behind the last of them. */
  @state() private older: { readonly entries: readonly AuditEntry[]; readonly next: number | null } | null = null;
  @state() private isReading = false;
  @state() private olderWhy = '';
  readonly #newest: Polled<AuditPage>;
  readonly #actions: Polled<readonly string[]>;
  #asked = '';

  constructor() {
    super();
    this.#newest = new Polled(this, {
      dashboard: () => this.dashboard,
      ask: ({ client }, options) => readAudit(client, { ...this.#query(), before: null, countMax: pageRows }, options),
      everyMs: pollMs,
    });
    this.#actions = new Polled(this, {
      dashboard: () => this.dashboard,
      ask: ({ client }, options) => readAuditActions(client, options),
      everyMs: 60_000,
    });
  }

  /** For the key "/". */
  focusSearch(): void {
    this.renderRoot.querySelector<HTMLInputElement>('.search input')?.focus();
  }

  override willUpdate(): void {
    const { query, filters } = this.route;
    const asked = JSON.stringify([query, filters]);
    if (asked === this.#asked) return;
    const isFirst = this.#asked === '';
    this.#asked = asked;
    if (isFirst) return;
    this.older = null;
    this.olderWhy = '';
    this.#newest.refresh();
  }

  override render() {
    const { value, why } = this.#newest;
    const query = this.#query();
    return html`<div class="head">
        <h1>Audit log</h1>
        <span role="status">${value !== null && why !== null ? why : ''}</span>
        <span class="end">
          <a class="btn" href=${auditExportHref(query, 'csv')} download>${icon('download', 14)} Export CSV</a>
          <a class="btn" href=${auditExportHref(query, 'ndjson')} download>JSON lines</a>
        </span>
      </div>
      ${this.#renderFilters()}
      ${value === null ? this.#renderWaiting(why) : this.#renderEntries(value)}`;
  }

  #renderFilters() {
    const { filters, query } = this.route;
    const { action = '', result = '', since = '' } = filters;
    const actions = [...new Set([...(this.#actions.value ?? []), ...(action === '' ? [] : [action])])].sort();
    return html`<div class="filters">
      ${searchField({
        label: 'Search the audit log',
        placeholder: 'Person, object or address',
        query,
        search: (text) => this.#replace({ query: text }),
        hasKey: true,
      })}
      ${this.#renderChoice('Action', 'action', action, [['', 'any'], ...actions.map((one) => [one, actionText(one)] as const)])}
      ${this.#renderChoice('Result', 'result', result, [['', 'any'], ...auditResults.map((one) => [one, one] as const)])}
      ${this.#renderChoice(
        'When',
        'since',
        since,
        auditSpans.map(({ id, title }) => [id, title] as const),
      )}
    </div>`;
  }

  #renderChoice(
    title: string,
    name: string,
    chosen: string,
    choices: readonly (readonly [value: string, title: string])[],
  ) {
    return html`<label>
      ${title}
      <select class="select" @change=${(event: Event) => this.#choose(name, (event.target as HTMLSelectElement).value)}>
        ${choices.map(([value, text]) => html`<option value=${value} ?selected=${value === chosen}>${text}</option>`)}
      </select>
    </label>`;
  }

  #renderWaiting(why: string | null) {
    if (why === null) return waitingBlock();
    return unreadable({ heading: 'The audit log cannot be read', why, again: this.#newest.refresh });
  }

  #renderEntries(newest: AuditPage) {
    const entries = joined(newest.entries, this.older?.entries ?? []);
    if (entries.length === 0) return this.#renderNone();
    const next = this.older === null ? newest.next : this.older.next;
    return html`<pw-audit-table .entries=${entries}></pw-audit-table>
      <div class="foot">
        <span role="alert">${this.olderWhy}</span>
        ${next === null ? nothing : html`<button class="btn" ?disabled=${this.isReading} @click=${() => this.#readOlder(next)}>Show older</button>`}
      </div>`;
  }

  #renderNone() {
    const isFiltered = this.route.query !== '' || Object.keys(this.route.filters).length > 0;
    if (!isFiltered) return html`<div class="none"><h2>Nothing has been done yet</h2></div>`;
    return html`<div class="none">
      <h2>No entry is like this</h2>
      <p>Nothing that was written down matches the search and the filters.</p>
      <button class="btn" @click=${() => this.#replace({ query: '', filters: {} })}>Show all</button>
    </div>`;
  }

  async #readOlder(before: number): Promise<void> {
    const asked = this.#asked;
    this.isReading = true;
    const page = await readAudit(this.dashboard.client, { ...this.#query(), before, countMax: pageRows });
    this.isReading = false;
    // Another search has begun meanwhile.
    if (asked !== this.#asked) return;
    this.olderWhy = page.kind === 'ok' ? '' : page.why;
    if (page.kind === 'failed') return;
    const known = this.older?.entries ?? this.#newest.value?.entries ?? [];
    this.older = { entries: joined(known, page.value.entries), next: page.value.next };
  }

  #query(): AuditQuery {
    const { action = '', result = '', since = '' } = this.route.filters;
    const spanMs = auditSpans.find(({ id }) => id === since)?.ms ?? null;
    return {
      ...{ text: this.route.query.trim(), action, result },
      startMs: spanMs === null ? null : Math.max(0, this.dashboard.hubMs - spanMs),
    };
  }

  #choose(name: string, value: string): void {
    const { [name]: _, ...others } = this.route.filters;
    this.#replace({ filters: value === '' ? others : { ...others, [name]: value } });
  }

  #replace(change: Partial<AdminRoute>): void {
    replaceRoute(this, { ...this.route, ...change });
  }
}

/** Both lists, each entry once, the newest first. */
function joined(newer: readonly AuditEntry[], older: readonly AuditEntry[]): readonly AuditEntry[] {
  const byId = new Map([...older, ...newer].map((entry) => [entry.id, entry]));
  return [...byId.values()].sort((a, b) => b.id - a.id);
}
