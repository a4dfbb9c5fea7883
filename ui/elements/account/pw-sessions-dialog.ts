/** Where this person is signed in, each with a way to end it. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { endSession, type OwnSession, readOwnSessions } from '../../api/session.ts';
import { Polled } from '../../controllers/polled.ts';
import type { Dashboard } from '../../dashboard.ts';
import { browserText } from '../../model/browser-text.ts';
import { formatAgo, formatMoment } from '../../model/format.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { showGone } from '../events.ts';
import '../pw-dialog.ts';

const pollMs = 30_000;

@customElement('pw-sessions-dialog')
export class PwSessionsDialog extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      li {
        display: flex;
        align-items: center;
        gap: 12px;
        padding: 10px 0;
        border-top: 1px solid var(--pw-border-1);
      }
      li:first-child {
        border-top: 0;
      }
      li > div {
        flex: 1;
        min-width: 0;
      }
      b {
        font-weight: var(--pw-w-medium);
      }
      small {
        display: block;
        font-size: var(--pw-fs-2);
        line-height: 16px;
        color: var(--pw-text-3);
        overflow-wrap: anywhere;
      }
      .here {
        color: var(--pw-ok);
        font-size: var(--pw-fs-2);
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @state() private ending: ReadonlySet<number> = new Set();
  readonly #polled = new Polled<readonly OwnSession[]>(this, {
    dashboard: () => this.dashboard,
    ask: ({ client }, options) => readOwnSessions(client, options),
    everyMs: pollMs,
  });

  override render() {
    const { value, why } = this.#polled;
    return html`<pw-dialog .heading=${'Where you are signed in'}>
      ${why === null ? nothing : html`<p class="problem" role="alert">${why}</p>`}
      ${value === null && why === null ? html`<p class="hint" role="status">Loading</p>` : nothing}
      <ul>
        ${repeat(
          value ?? [],
          ({ id }) => id,
          (session) => this.#renderSession(session),
        )}
      </ul>
    </pw-dialog>`;
  }

  #renderSession(session: OwnSession) {
    const { id, address, userAgent, usedMs, createdMs, expiresMs, isCurrent } = session;
    const { hubMs } = this.dashboard;
    const browser = browserText(userAgent);
    return html`<li>
      <div>
        <b title=${userAgent}>${browser}</b>
        <small>
          ${address === '' ? '' : `From ${address}, `}since ${formatMoment(createdMs)}, used ${formatAgo(usedMs, hubMs)}, ends
          ${formatMoment(expiresMs)} at the latest
        </small>
      </div>
      ${
        isCurrent
          ? html`<span class="here">this one</span>`
          : html`<button
              class="btn small"
              aria-label="End: ${browser}, ${address}"
              ?disabled=${this.ending.has(id)}
              @click=${() => this.dashboard.background(this.#end(id))}
            >
              End
            </button>`
      }
    </li>`;
  }

  async #end(id: number): Promise<void> {
    this.ending = new Set([...this.ending, id]);
    const asked = await endSession(this.dashboard.client, id);
    this.ending = new Set([...this.ending].filter((other) => other !== id));
    showGone(this, asked, 'Session ended');
    this.#polled.refresh();
  }
}
