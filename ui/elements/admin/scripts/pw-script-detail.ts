/** One script: its code and versions, and how it stands at each agent, with what it last printed. Tells `pw-remove`. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { ScriptAtAgent, ScriptDetail } from '../../../api/scripts.ts';
import { keyText, stateTexts, targetsText } from '../../../model/admin/scripts-view.ts';
import { formatAgo, formatDate, formatDuration, formatMoment } from '../../../model/format.ts';
import { sharedStyles } from '../../../theme/shared.ts';
import { tell } from '../../events.ts';
import { scriptStyles } from './script-styles.ts';

@customElement('pw-script-detail')
export class PwScriptDetail extends LitElement {
  static override readonly styles = [
    sharedStyles,
    scriptStyles,
    css`
      :host {
        display: block;
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 12px 16px;
      }
      h2 {
        min-width: 0;
        overflow-wrap: anywhere;
        font-family: var(--pw-mono);
      }
      header .btn {
        margin-left: auto;
      }
      pre {
        margin: 0;
        padding: 8px 16px;
        max-height: 260px;
        overflow: auto;
        font: var(--pw-fs-2) / 18px var(--pw-mono);
        background: var(--pw-surface-2);
        border-block: 1px solid var(--pw-border-1);
      }
      .agent pre {
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-2);
        padding: 6px 10px;
        max-height: 140px;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      dl {
        display: grid;
        grid-template-columns: max-content minmax(0, 1fr);
        gap: 4px 16px;
        margin: 0;
        padding: 12px 16px;
        font-size: var(--pw-fs-2);
        line-height: 16px;
      }
      dt {
        color: var(--pw-text-3);
      }
      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }
      h3 {
        padding: 4px 16px 8px;
      }
      .agent {
        display: grid;
        gap: 6px;
        padding: 10px 16px;
        border-top: 1px solid var(--pw-border-1);
        font-size: var(--pw-fs-2);
        line-height: 16px;
      }
      .agent .line {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 10px;
        color: var(--pw-text-3);
      }
      .agent b {
        color: var(--pw-text-1);
        font-weight: var(--pw-w-medium);
      }
      small {
        color: var(--pw-text-3);
      }
      .problem-text {
        overflow-wrap: anywhere;
      }
      .nobody {
        padding: 10px 16px 14px;
        color: var(--pw-text-3);
        font-size: var(--pw-fs-2);
      }
    `,
  ];

  @property({ attribute: false }) script!: ScriptDetail;
  @property({ attribute: false }) nowMs = 0;

  override render() {
    const { name, versions, agents, hosts } = this.script;
    const newest = versions.find(({ isRevocation }) => !isRevocation) ?? versions[0];
    if (newest === undefined) return nothing;
    const silent = hosts.filter((host) => !agents.some((agent) => agent.host === host));
    return html`<section class="panel" aria-label="Script ${name}">
      <header>
        <h2>${name}</h2>
        ${newest.removedMs === null ? html`<button class="btn small danger" @click=${() => tell(this, 'pw-remove', name)}>Remove</button>` : html`<span class="state none">Removed</span>`}
      </header>
      ${newest.code === '' ? nothing : html`<pre tabindex="0" role="region" aria-label="Code of ${name}">${newest.code}</pre>`}
      <dl>
        <dt>For</dt>
        <dd>${targetsText(newest.targets)}</dd>
        ${
          newest.isRevocation
            ? nothing
            : html`<dt>Runs</dt>
                <dd>${newest.interpreter} every ${formatDuration(newest.intervalMs)}${newest.hasNetwork ? ', with the network' : ', without the network'}</dd>`
        }
        <dt>Signed by</dt>
        <dd class="mono">${newest.key}</dd>
        ${newest.notAfterMs === null ? nothing : html`<dt>Valid until</dt><dd>${formatDate(newest.notAfterMs)}</dd>`}
        <dt>Versions</dt>
        <dd>
          ${versions.map(
            ({ version, isRevocation, uploadedMs, uploadedBy, removedMs, key }) =>
              html`<div title="ed25519 ${keyText(key)}">
                ${isRevocation ? `Revoked up to ${version}` : version}, ${formatMoment(uploadedMs)}${uploadedBy === '' ? '' : ` by ${uploadedBy}`}${removedMs === null ? '' : ', removed'}
              </div>`,
          )}
        </dd>
      </dl>
      <h3>Agents</h3>
      ${repeat(
        agents,
        ({ host }) => host,
        (agent) => this.#renderAgent(agent),
      )}
      ${silent.length === 0 ? nothing : html`<p class="nobody">Nothing reported yet: ${silent.slice(0, 20).join(', ')}${silent.length > 20 ? ` and ${silent.length - 20} more` : ''}. Their settings may be closed to scripts.</p>`}
      ${agents.length === 0 && silent.length === 0 ? html`<p class="nobody">No host is meant by its targets.</p>` : nothing}
    </section>`;
  }

  #renderAgent({ host, version, state, problem, exitCode, ...run }: ScriptAtAgent) {
    const { text, look } = stateTexts[state];
    const { lastRunMs, nextRunMs, durationMs, runCount, failureCount, seriesCount, output, errors } = run;
    return html`<div class="agent">
      <div class="line">
        <b>${host}</b><span class="state ${look}">${text}</span><span>version ${version}</span>
        ${lastRunMs === null ? nothing : html`<span title=${formatMoment(lastRunMs)}>ran ${formatAgo(lastRunMs, this.nowMs)}</span>`}
        ${durationMs === null ? nothing : html`<span>took ${Math.round(durationMs)} ms</span>`}
        ${exitCode === null ? nothing : html`<span>exit ${exitCode}</span>`}
        ${runCount === 0 ? nothing : html`<span>${runCount} runs, ${failureCount} failed, ${seriesCount} series</span>`}
        ${nextRunMs === null ? nothing : html`<span>next ${formatMoment(nextRunMs)}</span>`}
      </div>
      ${problem === '' ? nothing : html`<p class="problem-text">${problem}</p>`}
      ${output === '' ? nothing : html`<small>Output</small><pre tabindex="0" role="region" aria-label="Last output on ${host}">${output}</pre>`}
      ${errors === '' ? nothing : html`<small>Errors</small><pre tabindex="0" role="region" aria-label="Last errors on ${host}">${errors}</pre>`}
    </div>`;
  }
}
