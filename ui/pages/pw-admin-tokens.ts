/** API tokens: what programs sign in by, what each may do, until when, and when it was used last. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type ApiToken, readTokens, revokeToken } from '../api/tokens.ts';
import { Polled } from '../controllers/polled.ts';
import type { Dashboard } from '../dashboard.ts';
import { adminListStyles } from '../elements/admin/list-styles.ts';
import { questionDialog } from '../elements/dialogs.ts';
import { showGone } from '../elements/events.ts';
import { icon } from '../elements/icons.ts';
import { listTable } from '../elements/list-table.ts';
import { polledValue, problemBar } from '../elements/reading-states.ts';
import { expiryOf, rightsText, scopeNotes, tokensText } from '../model/admin/tokens-view.ts';
import { formatAgo, formatDate, formatMoment } from '../model/format.ts';
import { type AdminRoute, adminRoute } from '../model/route.ts';
import '../elements/admin/tokens/pw-token-dialog.ts';

const pollMs = 15_000;

@customElement('pw-admin-tokens')
export class PwAdminTokens extends LitElement {
  static override readonly styles = [
    adminListStyles,
    css`
      td {
        height: 40px;
      }
      td b {
        display: inline-block;
        max-width: 300px;
        overflow: hidden;
        text-overflow: ellipsis;
        font-weight: var(--pw-w-medium);
        vertical-align: bottom;
      }
      td.soon {
        color: var(--pw-warn);
      }
      td.over {
        color: var(--pw-down);
      }
      td:last-child {
        text-align: right;
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
  @state() private isCreating = false;
  /** Token that may be revoked: it is asked first. */
  @state() private leaving: ApiToken | null = null;
  readonly #polled = new Polled<readonly ApiToken[]>(this, {
    dashboard: () => this.dashboard,
    ask: ({ client }, options) => readTokens(client, options),
    everyMs: pollMs,
  });

  override render() {
    const { value } = this.#polled;
    return html`<div class="head">
        <h1>API tokens</h1>
        <span class="hint">${value === null ? '' : `${tokensText(value)}. A token is shown once, when it is made.`}</span>
        <div class="end">
          <button class="btn primary" @click=${this.#create}>${icon('plus', 14)}New token</button>
        </div>
      </div>
      ${problemBar(this.#polled.why)} ${polledValue(this.#polled, (tokens) => this.#renderTokens(tokens))}
      ${this.#renderDialogs()}`;
  }

  #renderTokens(tokens: readonly ApiToken[]) {
    if (tokens.length === 0)
      return html`<div class="none">
        <h2>No program signs in yet</h2>
        <p>A token lets a script or a service push metrics, read them, or do more, without anybody's password.</p>
        <button class="btn" @click=${this.#create}>New token</button>
      </div>`;
    return html`<div class="panel">
      ${listTable({
        label: 'API tokens',
        heads: ['Name', 'May', 'Made by', 'Made', 'Expires', 'Last used', ['Actions', 'sr']],
        rows: tokens,
        keyOf: ({ id }) => id,
        renderRow: (token) => this.#renderToken(token),
      })}
    </div>`;
  }

  #renderToken(token: ApiToken) {
    const { name, scope, by, createdMs, usedMs } = token;
    const { hubMs } = this.dashboard;
    const { text, state } = expiryOf(token, hubMs);
    return html`<tr>
      <td><b title=${name}>${name}</b></td>
      <td title=${scopeNotes[scope]}>${rightsText(token)}</td>
      <td>${by === '' ? 'operator' : by}</td>
      <td>${formatDate(createdMs)}</td>
      <td class=${state}>${text}</td>
      <td>${usedMs === null ? 'never' : html`<span title=${formatMoment(usedMs)}>${formatAgo(usedMs, hubMs)}</span>`}</td>
      <td>
        <button
          class="btn small danger"
          aria-label="Revoke: ${name}"
          @click=${() => {
            this.leaving = token;
          }}
        >
          Revoke
        </button>
      </td>
    </tr>`;
  }

  #renderDialogs() {
    const { leaving } = this;
    if (this.isCreating)
      return html`<pw-token-dialog
        .dashboard=${this.dashboard}
        @pw-done=${this.#polled.refresh}
        @pw-close=${() => {
          this.isCreating = false;
        }}
      ></pw-token-dialog>`;
    if (leaving === null) return nothing;
    return questionDialog({
      heading: `Revoke ${leaving.name}?`,
      text: 'Whatever uses this token is refused from now on.',
      act: 'Revoke token',
      close: () => {
        this.leaving = null;
      },
      confirm: () => this.dashboard.background(this.#revoke(leaving)),
    });
  }

  readonly #create = (): void => {
    this.isCreating = true;
  };

  async #revoke({ id, name }: ApiToken): Promise<void> {
    this.leaving = null;
    const asked = await revokeToken(this.dashboard.client, id);
    showGone(this, asked, `${name} revoked`);
    this.#polled.refresh();
  }
}
