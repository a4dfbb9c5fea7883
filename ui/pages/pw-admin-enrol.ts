/** Adding hosts: tokens that let new agents in, the command that installs one, and which machines have come by which. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type Enrolment, readEnrolments, revokeEnrolment } from '../api/enrolments.ts';
import { Following } from '../controllers/following.ts';
import { Polled } from '../controllers/polled.ts';
import type { Dashboard } from '../dashboard.ts';
import { adminListStyles } from '../elements/admin/list-styles.ts';
import { questionDialog } from '../elements/dialogs.ts';
import { showGone } from '../elements/events.ts';
import { listTable } from '../elements/list-table.ts';
import { polledValue, problemBar } from '../elements/reading-states.ts';
import { untilText, usesText } from '../model/admin/enrol-view.ts';
import { formatAgo, formatDate, formatMoment } from '../model/format.ts';
import { type AdminRoute, adminRoute } from '../model/route.ts';
import '../elements/admin/enrol/pw-enrol-form.ts';
import '../elements/pw-tag.ts';

const pollMs = 10_000;
const hostsShown = 3;

@customElement('pw-admin-enrol')
export class PwAdminEnrol extends LitElement {
  static override readonly styles = [
    adminListStyles,
    css`
      td {
        height: 40px;
      }
      td b {
        display: inline-block;
        max-width: 260px;
        overflow: hidden;
        text-overflow: ellipsis;
        font-weight: var(--pw-w-medium);
        vertical-align: bottom;
      }
      tr.over td {
        color: var(--pw-text-3);
      }
      td.hosts {
        white-space: normal;
        min-width: 160px;
      }
      td:last-child {
        text-align: right;
      }
      .note {
        padding-top: 12px;
        color: var(--pw-text-3);
        font-size: var(--pw-fs-2);
        line-height: 18px;
      }
      @media (max-width: 720px) {
        td b {
          max-width: 150px;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: AdminRoute = adminRoute;
  /** Token that may be revoked: it is asked first. */
  @state() private leaving: Enrolment | null = null;
  readonly #polled = new Polled<readonly Enrolment[]>(this, {
    dashboard: () => this.dashboard,
    ask: ({ client }, options) => readEnrolments(client, options),
    everyMs: pollMs,
  });

  constructor() {
    super();
    new Following(
      this,
      () => [this.dashboard.agentsChanged],
      () => this.#polled.refresh(),
    );
  }

  override render() {
    const { value } = this.#polled;
    const open = value?.filter(({ state }) => state === 'open').length ?? 0;
    return html`<div class="head">
        <h1>Add hosts</h1>
        <span class="hint">${value === null ? '' : `${open} open ${open === 1 ? 'token' : 'tokens'}`}</span>
      </div>
      <pw-enrol-form .dashboard=${this.dashboard} @pw-done=${this.#polled.refresh}></pw-enrol-form>
      ${problemBar(this.#polled.why)} ${polledValue(this.#polled, (enrolments) => this.#renderEnrolments(enrolments))}
      <p class="note">
        The agent beside the hub, and automation on its machine, enrol by the key in the hub's data folder
        (<code class="mono">enrolment-key</code>). Whoever can read that file may add hosts.
      </p>
      ${this.#renderDialog()}`;
  }

  #renderEnrolments(enrolments: readonly Enrolment[]) {
    if (enrolments.length === 0) return html`<p class="none">No token has been made yet.</p>`;
    return html`<div class="panel">
      ${listTable({
        label: 'Enrolment tokens',
        heads: ['Name', ['Used', 'number'], 'Works', 'Tags', 'Hosts', 'Made', 'By', ['Actions', 'sr']],
        rows: enrolments,
        keyOf: ({ id }) => id,
        renderRow: (enrolment) => this.#renderEnrolment(enrolment),
      })}
    </div>`;
  }

  #renderEnrolment(enrolment: Enrolment) {
    const { id, name, state, tags, hosts, createdMs, by } = enrolment;
    const { hubMs } = this.dashboard;
    const title = name === '' ? `Token ${id}` : name;
    return html`<tr class=${state === 'open' ? '' : 'over'}>
      <td><b title=${title}>${title}</b></td>
      <td class="number">${usesText(enrolment)}</td>
      <td>${untilText(enrolment, hubMs)}</td>
      <td>${Object.entries(tags).map(([tag, value]) => html`<pw-tag key=${tag} value=${value}></pw-tag> `)}</td>
      <td class="hosts">
        ${hosts
          .slice(0, hostsShown)
          .map(
            ({ host, atMs }, index) =>
              html`${index === 0 ? '' : ', '}<span title=${formatMoment(atMs)}>${host}, ${formatAgo(atMs, hubMs)}</span>`,
          )}
        ${hosts.length > hostsShown ? ` and ${hosts.length - hostsShown} more` : nothing}
      </td>
      <td>${formatDate(createdMs)}</td>
      <td>${by === '' ? 'operator' : by}</td>
      <td>
        ${
          state === 'revoked'
            ? nothing
            : html`<button
                class="btn small danger"
                aria-label="Revoke: ${title}"
                @click=${() => {
                  this.leaving = enrolment;
                }}
              >
                Revoke
              </button>`
        }
      </td>
    </tr>`;
  }

  #renderDialog() {
    const { leaving } = this;
    if (leaving === null) return nothing;
    return questionDialog({
      heading: `Revoke ${leaving.name === '' ? `token ${leaving.id}` : leaving.name}?`,
      text: 'It lets nobody in any more. Agents that have enrolled by it stay.',
      act: 'Revoke token',
      close: () => {
        this.leaving = null;
      },
      confirm: () => this.dashboard.background(this.#revoke(leaving)),
    });
  }

  async #revoke({ id, name }: Enrolment): Promise<void> {
    this.leaving = null;
    const asked = await revokeEnrolment(this.dashboard.client, id);
    showGone(this, asked, `${name === '' ? `Token ${id}` : name} revoked`);
    this.#polled.refresh();
  }
}
