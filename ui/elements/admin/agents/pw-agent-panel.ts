/**
 * One agent at the side of the list: who it is, what it goes by, a second machine under its identity, and what can be done
 * about it. Revoking and splitting are asked first. Tells `pw-close` when it is to go, `pw-done` when something was ordered.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type Agent, type AgentOrder, orderOfAgent } from '../../../api/agents.ts';
import type { Dashboard } from '../../../dashboard.ts';
import { currentToken, isBehind, isSkewed, skewText, tokenState } from '../../../model/admin/agents-view.ts';
import { formatAgo, formatCount, formatMoment, noValue } from '../../../model/format.ts';
import { sharedStyles } from '../../../theme/shared.ts';
import { copyText } from '../../clipboard.ts';
import { questionDialog } from '../../dialogs.ts';
import { showOutcome, showToast, tell } from '../../events.ts';
import { icon } from '../../icons.ts';
import '../../pw-status.ts';

const done: Readonly<Record<AgentOrder, string>> = {
  rotate: 'gets a new token',
  revoke: 'revoked',
  allow: 'may enrol again',
  split: 'is split when the other machine comes next',
};

@customElement('pw-agent-panel')
export class PwAgentPanel extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      section {
        border-radius: var(--pw-r-3);
        overflow: hidden;
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 8px 8px 8px 16px;
        border-bottom: 1px solid var(--pw-border-1);
      }
      h2 {
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        font-size: var(--pw-fs-3);
      }
      header .btn {
        margin-left: auto;
      }
      .revoked {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        color: var(--pw-warn);
      }
      dl {
        display: grid;
        grid-template-columns: max-content minmax(0, 1fr);
        gap: 4px 16px;
        padding: 12px 16px;
        font-size: var(--pw-fs-2);
        line-height: 20px;
      }
      dt {
        color: var(--pw-text-3);
      }
      dd {
        color: var(--pw-text-2);
        overflow-wrap: anywhere;
      }
      dd.warn {
        color: var(--pw-warn);
      }
      h3 {
        padding: 4px 16px 0;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
        font-weight: var(--pw-w-medium);
      }
      ul {
        display: grid;
        gap: 4px;
        margin: 0;
        padding: 4px 16px 12px;
        list-style: none;
        font-size: var(--pw-fs-2);
        color: var(--pw-text-2);
      }
      li span {
        color: var(--pw-text-3);
      }
      .alarm {
        display: grid;
        gap: 8px;
        margin: 12px 16px 0;
        padding: 10px 12px;
        border-radius: var(--pw-r-2);
        background: var(--pw-warn-bg);
        color: var(--pw-text-2);
        font-size: var(--pw-fs-2);
        line-height: 18px;
      }
      .alarm strong {
        color: var(--pw-text-1);
        font-weight: var(--pw-w-medium);
      }
      .alarm .btn {
        justify-self: start;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        padding: 12px 16px;
        border-top: 1px solid var(--pw-border-1);
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) agent!: Agent;
  /** What is asked before it is done. */
  @state() private asking: 'revoke' | 'split' | null = null;
  @state() private isBusy = false;

  override render() {
    const { agent } = this;
    return html`<section class="panel" aria-labelledby="name">
        <header>
          ${
            agent.revokedMs === null
              ? html`<pw-status state=${agent.status}></pw-status>`
              : html`<span class="revoked">${icon('close', 12)}Revoked</span>`
          }
          <h2 id="name" title=${agent.host}>${agent.alias === '' ? agent.host : agent.alias}</h2>
          <button class="btn small icon" aria-label="Close" @click=${() => tell(this, 'pw-close', null)}>${icon('close', 14)}</button>
        </header>
        ${this.#renderAlarms()} ${this.#renderFacts()} ${this.#renderTokens()} ${this.#renderActions()}
        <slot></slot>
      </section>
      ${this.#renderDialog()}`;
  }

  #renderAlarms() {
    const { clone, refused, revokedMs, host } = this.agent;
    const { hubMs } = this.dashboard;
    return html`${
      clone === null
        ? nothing
        : html`<div class="alarm" role="alert">
            <p>
              <strong>Another machine comes under this identity.</strong> It is at ${clone.address}, calls itself
              ${clone.hostName}, and was sent away ${formatCount(clone.refusedCount)}
              ${clone.refusedCount === 1 ? 'time' : 'times'}, last ${formatAgo(clone.lastMs, hubMs)}. Its ticks wait on its own
              disk. ${clone.isSplitOrdered ? 'It gets an identity of its own when it comes next, within about a minute.' : ''}
            </p>
            ${
              clone.isSplitOrdered
                ? nothing
                : html`<button
                    class="btn small"
                    ?disabled=${this.isBusy}
                    @click=${() => {
                      this.asking = 'split';
                    }}
                  >
                    Split
                  </button>`
            }
          </div>`
    }
    ${
      revokedMs === null
        ? nothing
        : html`<div class="alarm" role="note">
            <p>
              <strong>Revoked ${formatAgo(revokedMs, hubMs)}.</strong> Nothing is taken of ${host} any more. It comes back with an
              enrolment token that was made since; or, with the key of the hub, when it is allowed to enrol again and restarted.
            </p>
            <button class="btn small" ?disabled=${this.isBusy} @click=${() => this.#order('allow')}>Allow to enrol again</button>
          </div>`
    }
    ${
      refused === null || clone !== null || revokedMs !== null
        ? nothing
        : html`<div class="alarm" role="note">
            <p><strong>Sent away ${formatAgo(refused.atMs, hubMs)}.</strong> ${refused.why}</p>
          </div>`
    }`;
  }

  #renderFacts() {
    const { agent } = this;
    const { hubMs } = this.dashboard;
    const { version, address, connectedMs, lastMs, skewMs, backlogTicks, gapTicks, agentId } = agent;
    return html`<dl>
      ${fact('Version', version === '' ? noValue : version)}
      ${fact('Address', address ?? 'not connected')}
      ${fact('Connected', connectedMs === null ? noValue : formatAgo(connectedMs, hubMs))}
      ${fact('Last tick', lastMs === null ? 'never' : formatAgo(lastMs, hubMs))}
      ${fact('Clock', skewText(skewMs), isSkewed(agent))}
      ${fact('Backlog', backlogTicks === null ? noValue : `${formatCount(backlogTicks)} ticks`, isBehind(agent))}
      ${fact('Given up', `${formatCount(gapTicks)} ticks`, gapTicks > 0)}
      <dt>Agent id</dt>
      <dd class="mono">${agentId}</dd>
    </dl>`;
  }

  #renderTokens() {
    const { tokens, rotationMs } = this.agent;
    const { hubMs } = this.dashboard;
    return html`<h3>Tokens</h3>
      <ul>
        ${tokens.map(
          (token) => html`<li>
            <code class="mono">${token.id}</code> ${tokenState(token, hubMs)}
            <span title=${formatMoment(token.createdMs)}>made ${formatAgo(token.createdMs, hubMs)}</span>
          </li>`,
        )}
        ${tokens.length === 0 ? html`<li>None: it has to enrol.</li>` : nothing}
        ${rotationMs === null ? nothing : html`<li>A new one was ordered ${formatAgo(rotationMs, hubMs)}, and waits for the agent.</li>`}
      </ul>`;
  }

  #renderActions() {
    const { agent } = this;
    const isRevoked = agent.revokedMs !== null;
    return html`<div class="actions">
      <button class="btn small" ?disabled=${this.isBusy || isRevoked || currentToken(agent) === null} @click=${() => this.#order('rotate')}>
        ${icon('repeat', 14)}New token
      </button>
      <button class="btn small" @click=${this.#copyId}>${icon('copy', 14)}Copy id</button>
      ${
        isRevoked
          ? nothing
          : html`<button
              class="btn small danger"
              ?disabled=${this.isBusy}
              @click=${() => {
                this.asking = 'revoke';
              }}
            >
              Revoke
            </button>`
      }
    </div>`;
  }

  #renderDialog() {
    const { asking, agent } = this;
    if (asking === null) return nothing;
    const close = () => {
      this.asking = null;
    };
    const confirm = () => this.#order(asking);
    if (asking === 'revoke')
      return questionDialog({
        heading: `Revoke ${agent.host}?`,
        text: 'Its connection is closed at once, its tokens are void, and nothing is taken of it any more. What is stored stays.',
        act: 'Revoke agent',
        close,
        confirm,
      });
    return questionDialog({
      heading: `Split ${agent.host}?`,
      text: `The machine at ${agent.clone?.address ?? ''} becomes a host of its own when it comes next, with everything that waits on its disk. The one that is connected stays ${agent.host}.`,
      act: 'Split',
      keep: 'Not now',
      look: 'primary',
      close,
      confirm,
    });
  }

  #order(order: AgentOrder): void {
    this.asking = null;
    this.isBusy = true;
    this.dashboard.background(this.#send(order));
  }

  async #send(order: AgentOrder): Promise<void> {
    const { host } = this.agent;
    const asked = await orderOfAgent(this.dashboard.client, host, order);
    this.isBusy = false;
    showOutcome(this, asked, `${host} ${done[order]}`);
    tell(this, 'pw-done', null);
  }

  readonly #copyId = async (): Promise<void> => {
    const isCopied = await copyText(this.agent.agentId);
    const text = isCopied ? 'Id copied' : 'This browser lets no page copy here: mark the id by hand';
    showToast(this, { kind: isCopied ? 'done' : 'failed', text });
  };
}

function fact(name: string, text: string, isWarning = false) {
  return html`<dt>${name}</dt>
    <dd class=${isWarning ? 'warn' : ''}>${text}</dd>`;
}
