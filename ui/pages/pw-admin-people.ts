/** Accounts: who may sign in, in which role, since when they were not here; added, disabled, removed. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { changePerson, type Person, type PersonPatch, readPeople } from '../api/people.ts';
import { Polled } from '../controllers/polled.ts';
import type { Dashboard } from '../dashboard.ts';
import { adminListStyles } from '../elements/admin/list-styles.ts';
import { replaceRoute, showToast } from '../elements/events.ts';
import { icon } from '../elements/icons.ts';
import { listTable } from '../elements/list-table.ts';
import { polledValue, problemBar } from '../elements/reading-states.ts';
import { searchField } from '../elements/search-field.ts';
import { type PersonRow, peopleText, personRows } from '../model/admin/people-view.ts';
import { formatAgo, formatDate, formatMoment, noValue } from '../model/format.ts';
import { type AdminRoute, adminRoute } from '../model/route.ts';
import { initialsOf, type Role, roles, roleTitles } from '../model/session.ts';
import '../elements/admin/people/pw-person-dialog.ts';
import '../elements/admin/people/pw-person-removal.ts';

const pollMs = 15_000;

type Dialog = { readonly kind: 'add' } | { readonly kind: 'password' | 'remove'; readonly person: Person };

@customElement('pw-admin-people')
export class PwAdminPeople extends LitElement {
  static override readonly styles = [
    adminListStyles,
    css`
      .who {
        display: flex;
        align-items: center;
        gap: 10px;
      }
      .who b {
        font-weight: var(--pw-w-medium);
        max-width: 260px;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .avatar {
        display: grid;
        place-items: center;
        flex: none;
        width: 24px;
        height: 24px;
        border-radius: var(--pw-r-full);
        background: var(--pw-surface-3);
        font-size: 10px;
        font-weight: var(--pw-w-strong);
        color: var(--pw-text-1);
      }
      .mark {
        padding: 0 5px;
        border-radius: var(--pw-r-1);
        background: var(--pw-surface-3);
        font-size: var(--pw-fs-1);
        color: var(--pw-text-2);
      }
      .off .who b {
        color: var(--pw-text-3);
      }
      td {
        height: 44px;
      }
      .acts {
        display: flex;
        justify-content: flex-end;
        gap: 4px;
      }
      @media (max-width: 720px) {
        .head .end {
          flex: 1 0 100%;
        }
        .search {
          flex: 1;
        }
        .who b {
          max-width: 150px;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: AdminRoute = adminRoute;
  @state() private dialog: Dialog | null = null;
  /** Ids of those who are being changed. */
  @state() private busy: ReadonlySet<number> = new Set();
  readonly #polled = new Polled<readonly Person[]>(this, {
    dashboard: () => this.dashboard,
    ask: ({ client }, options) => readPeople(client, options),
    everyMs: pollMs,
  });

  /** For the key "/". */
  focusSearch(): void {
    this.renderRoot.querySelector<HTMLInputElement>('.search input')?.focus();
  }

  override render() {
    const { value } = this.#polled;
    return html`<div class="head">
        <h1>People</h1>
        <span class="hint">${value === null ? '' : peopleText(value)}</span>
        <div class="end">
          ${this.#renderSearch()}
          <button class="btn primary" @click=${() => this.#open({ kind: 'add' })}>${icon('plus', 14)}Add person</button>
        </div>
      </div>
      ${problemBar(this.#polled.why)} ${polledValue(this.#polled, (people) => this.#renderPeople(people))}
      ${this.#renderDialog()}`;
  }

  #renderSearch() {
    return searchField({
      label: 'Search people',
      placeholder: 'Name or role',
      query: this.route.query,
      search: (query) => replaceRoute(this, { ...this.route, query }),
    });
  }

  #renderPeople(people: readonly Person[]) {
    const { query } = this.route;
    const rows = personRows(people, this.dashboard.session.view, query);
    if (rows.length === 0)
      return html`<div class="none">
        <h2>${query === '' ? 'There is no account' : `Nobody matches “${query}”`}</h2>
        <p>${query === '' ? 'Whoever runs the hub signs in by its key.' : 'The search looks at names and roles.'}</p>
      </div>`;
    return html`<div class="panel">
      ${listTable({
        label: 'People',
        heads: ['Name', 'Role', 'Signed in', ['Sessions', 'number'], ['Tokens', 'number'], 'Since', ['Actions', 'sr']],
        rows,
        keyOf: ({ person }) => person.id,
        renderRow: (row) => this.#renderRow(row),
      })}
    </div>`;
  }

  #renderRow(row: PersonRow) {
    const { person, isSelf, heldBy } = row;
    const { id, name, isDisabled, signedInMs, createdMs, sessionCount, tokenCount } = person;
    const isHeld = heldBy !== '' || this.busy.has(id);
    return html`<tr class=${isDisabled ? 'off' : ''}>
      <td>
        <span class="who"
          ><span class="avatar" aria-hidden="true">${initialsOf(name)}</span><b title=${name}>${name}</b
          >${isSelf ? html`<span class="mark">you</span>` : nothing}${isDisabled ? html`<span class="mark">disabled</span>` : nothing}</span
        >
      </td>
      <td>${this.#renderRole(row)}</td>
      <td>
        ${signedInMs === null ? 'never' : html`<span title=${formatMoment(signedInMs)}>${formatAgo(signedInMs, this.dashboard.hubMs)}</span>`}
      </td>
      <td class="number">${sessionCount === 0 ? noValue : sessionCount}</td>
      <td class="number">${tokenCount === 0 ? noValue : tokenCount}</td>
      <td>${formatDate(createdMs)}</td>
      <td>
        <div class="acts">
          ${
            isSelf
              ? nothing
              : html`<button class="btn small" aria-label="New password: ${name}" @click=${() => this.#open({ kind: 'password', person })}>
                  New password
                </button>`
          }
          <button
            class="btn small"
            aria-label="${isDisabled ? 'Enable' : 'Disable'}: ${name}"
            title=${heldBy}
            ?disabled=${isHeld}
            @click=${() => this.#change(person, { isDisabled: !isDisabled })}
          >
            ${isDisabled ? 'Enable' : 'Disable'}
          </button>
          <button
            class="btn ghost small icon"
            aria-label="Remove: ${name}"
            title=${heldBy}
            ?disabled=${isHeld}
            @click=${() => this.#open({ kind: 'remove', person })}
          >
            ${icon('trash', 14)}
          </button>
        </div>
      </td>
    </tr>`;
  }

  #renderRole({ person, heldBy }: PersonRow) {
    const change = (event: Event) => {
      const select = event.target as HTMLSelectElement;
      const role = roles.find((word) => word === select.value);
      if (role !== undefined) this.#change(person, { role }, select);
    };
    return html`<select
      class="select"
      aria-label="Role of ${person.name}"
      title=${heldBy}
      ?disabled=${heldBy !== '' || this.busy.has(person.id)}
      @change=${change}
    >
      ${roles.map((role) => html`<option value=${role} ?selected=${role === person.role}>${roleTitles[role]}</option>`)}
    </select>`;
  }

  #renderDialog() {
    const { dialog, dashboard } = this;
    const close = () => {
      this.dialog = null;
    };
    switch (dialog?.kind) {
      case undefined:
        return nothing;
      case 'add':
        return html`<pw-person-dialog .dashboard=${dashboard} @pw-done=${this.#polled.refresh} @pw-close=${close}></pw-person-dialog>`;
      case 'password':
        return html`<pw-person-dialog
          .dashboard=${dashboard}
          .person=${dialog.person}
          @pw-done=${this.#polled.refresh}
          @pw-close=${close}
        ></pw-person-dialog>`;
      case 'remove':
        return html`<pw-person-removal
          .dashboard=${dashboard}
          .person=${this.#polled.value?.find(({ id }) => id === dialog.person.id) ?? dialog.person}
          @pw-done=${this.#polled.refresh}
          @pw-close=${close}
        ></pw-person-removal>`;
    }
  }

  #open(dialog: Dialog): void {
    // What goes with somebody may be another than some seconds ago.
    this.#polled.refresh();
    this.dialog = dialog;
  }

  #change(person: Person, patch: PersonPatch, select: HTMLSelectElement | null = null): void {
    const send = async () => {
      this.busy = new Set([...this.busy, person.id]);
      const asked = await changePerson(this.dashboard.client, person.id, patch);
      this.busy = new Set([...this.busy].filter((id) => id !== person.id));
      if (asked.kind === 'failed') {
        if (select !== null) select.value = person.role;
        showToast(this, { kind: 'failed', text: asked.why });
      } else showToast(this, { kind: 'done', text: doneText(person.name, patch) });
      this.#polled.refresh();
    };
    this.dashboard.background(send());
  }
}

function doneText(name: string, { role, isDisabled }: PersonPatch): string {
  if (role !== undefined) return `${name} is ${articles[role]} now`;
  return isDisabled === true ? `${name} disabled` : `${name} enabled`;
}

const articles: Readonly<Record<Role, string>> = { viewer: 'a viewer', editor: 'an editor', admin: 'an admin' };
