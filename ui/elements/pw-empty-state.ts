/** No host yet: how to connect the first, and what the page is waiting for. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Following } from '../controllers/following.ts';
import type { Dashboard } from '../dashboard.ts';
import { sharedStyles } from '../theme/shared.ts';
import { copyText } from './clipboard.ts';
import { icon } from './icons.ts';

@customElement('pw-empty-state')
export class PwEmptyState extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        max-width: 560px;
        margin: 8vh auto 0;
        padding: 0 4px;
      }
      h1 {
        font-size: var(--pw-fs-6);
        line-height: var(--pw-lh-6);
        margin-bottom: 4px;
      }
      p {
        color: var(--pw-text-2);
      }
      .code {
        display: flex;
        align-items: center;
        gap: 8px;
        margin: 16px 0;
        padding: 10px 8px 10px 14px;
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-2);
        background: var(--pw-surface-2);
      }
      code {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      li {
        display: flex;
        align-items: center;
        gap: 10px;
        height: 26px;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-2);
      }
      li svg {
        color: var(--pw-ok);
      }
      .waiting {
        color: var(--pw-text-3);
      }
      .waiting svg {
        color: inherit;
      }
      @media (prefers-reduced-motion: no-preference) {
        .waiting svg {
          animation: turn 4s linear infinite;
        }
        @keyframes turn {
          to {
            transform: rotate(1turn);
          }
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @state() private isCopied = false;

  constructor() {
    super();
    new Following(this, () => [this.dashboard.ticked]);
  }

  override render() {
    const { status, isLive } = this.dashboard;
    return html`<h1>Add your first host</h1>
      <p>Run an agent on a Linux host, with the enrolment key that the hub wrote into its data folder at its first start.
        Metrics appear here about a second later.</p>
      <div class="code">
        <code class="mono">${this.#command}</code>
        <button class="btn" @click=${this.#copy}>
          ${icon(this.isCopied ? 'check' : 'copy', 14)}<span aria-live="polite">${this.isCopied ? 'Copied' : 'Copy'}</span>
        </button>
      </div>
      <ul>
        ${isLive ? html`<li>${icon('check')}Hub is ready</li>` : nothing}
        ${status !== null && status.storage !== 'away' ? html`<li>${icon('check')}Database connected</li>` : nothing}
        <li class="waiting">${this.#ring}Waiting for the first agent</li>
      </ul>`;
  }

  get #command(): string {
    return `PULSEWIRE_HUB_URL=${location.origin} PULSEWIRE_ENROLMENT_KEY=<key> pulsewire agent`;
  }

  get #ring() {
    return html`<svg width="16" height="16" viewBox="0 0 16 16" fill="none" aria-hidden="true">
      <circle cx="8" cy="8" r="5.5" stroke="currentColor" stroke-width="1.4" stroke-dasharray="2.6 1.8" />
    </svg>`;
  }

  async #copy(): Promise<void> {
    this.isCopied = await copyText(this.#command);
  }
}
