/** Signed scripts that agents run as collectors: what there is, for whom, how each stands, and what an agent says of it. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import {
  type AgentDoor,
  type ListedScript,
  readDoors,
  readScript,
  readScripts,
  removeScript,
  type ScriptDetail,
} from '../api/scripts.ts';
import { Polled } from '../controllers/polled.ts';
import type { Dashboard } from '../dashboard.ts';
import { adminListStyles } from '../elements/admin/list-styles.ts';
import { scriptStyles } from '../elements/admin/scripts/script-styles.ts';
import { questionDialog } from '../elements/dialogs.ts';
import { replaceRoute, showGone } from '../elements/events.ts';
import { icon } from '../elements/icons.ts';
import { listTable } from '../elements/list-table.ts';
import { polledValue, problemBar } from '../elements/reading-states.ts';
import { agentsText, keyText, scriptsText, targetsText } from '../model/admin/scripts-view.ts';
import { formatDuration } from '../model/format.ts';
import { type AdminRoute, adminRoute } from '../model/route.ts';
import '../elements/admin/scripts/pw-script-detail.ts';
import '../elements/admin/scripts/pw-script-opening.ts';
import '../elements/admin/scripts/pw-script-upload.ts';

const pollMs = 5_000;

interface Seen {
  readonly scripts: readonly ListedScript[];
  readonly doors: readonly AgentDoor[];
  /** Of the script that is open; null for none. */
  readonly detail: ScriptDetail | null;
}

@customElement('pw-admin-scripts')
export class PwAdminScripts extends LitElement {
  static override readonly styles = [
    adminListStyles,
    scriptStyles,
    css`
      .parts {
        display: grid;
        gap: 12px;
      }
      .split {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
        align-items: start;
      }
      .split.open {
        grid-template-columns: minmax(0, 1fr) minmax(0, 420px);
      }
      td {
        height: 36px;
      }
      td button.name {
        padding: 0;
        border: 0;
        background: none;
        color: var(--pw-text-1);
        font: var(--pw-w-medium) var(--pw-fs-2) / 16px var(--pw-mono);
        cursor: pointer;
      }
      td button.name:hover {
        color: var(--pw-accent);
      }
      tr[aria-selected='true'] {
        background: var(--pw-surface-3);
      }
      td.targets {
        max-width: 220px;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .problem-bar {
        margin: 0;
      }
      .doors {
        display: grid;
        gap: 4px;
        margin: 0;
        padding: 10px 16px;
        font-size: var(--pw-fs-2);
        line-height: 16px;
        list-style: none;
        color: var(--pw-text-3);
      }
      .doors b {
        color: var(--pw-text-1);
        font-weight: var(--pw-w-medium);
      }
      @media (max-width: 1000px) {
        .split.open {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @property({ attribute: false }) route: AdminRoute = adminRoute;
  @state() private isExplaining = false;
  /** Script that may be removed: it is asked first. */
  @state() private leaving = '';
  readonly #polled = new Polled<Seen>(this, {
    dashboard: () => this.dashboard,
    ask: async ({ client }, options) => {
      const { open } = this.route;
      const [scripts, doors, detail] = await Promise.all([
        readScripts(client, options),
        readDoors(client, options),
        open === '' ? null : readScript(client, open, options),
      ]);
      if (scripts.kind === 'failed') return scripts;
      if (doors.kind === 'failed') return doors;
      // One that is gone, or that a wrong address names, is not shown.
      if (detail?.kind === 'failed' && detail.status !== 404) return detail;
      const shown = detail?.kind === 'ok' ? detail.value : null;
      return { kind: 'ok', value: { scripts: scripts.value, doors: doors.value, detail: shown } };
    },
    everyMs: pollMs,
  });

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    const before = changed.get('route') as AdminRoute | undefined;
    if (before !== undefined && before.open !== this.route.open) this.#polled.refresh();
  }

  override render() {
    const { value } = this.#polled;
    return html`<div class="head">
        <h1>Scripts</h1>
        <span class="hint">${value === null ? '' : scriptsText(value.scripts, value.doors)}</span>
        <div class="end">
          <button
            class="btn"
            @click=${() => {
              this.isExplaining = true;
            }}
          >
            ${icon('key', 14)}How to sign and open
          </button>
        </div>
      </div>
      <div class="parts">
        ${problemBar(this.#polled.why)}
        <pw-script-upload .dashboard=${this.dashboard} @pw-done=${this.#uploaded}></pw-script-upload>
        ${polledValue(this.#polled, (seen) => this.#renderSeen(seen))}
      </div>
      ${this.#renderDialogs()}`;
  }

  #renderSeen({ scripts, doors, detail }: Seen) {
    const isOpen = detail !== null && detail.name === this.route.open;
    return html`${scripts.length === 0 ? this.#renderNone() : nothing}
      <div class="split ${isOpen ? 'open' : ''}">
        ${scripts.length === 0 ? nothing : this.#renderScripts(scripts)}
        ${
          isOpen
            ? html`<pw-script-detail
                .script=${detail}
                .nowMs=${this.dashboard.hubMs}
                @pw-remove=${(event: CustomEvent<string>) => {
                  this.leaving = event.detail;
                }}
              ></pw-script-detail>`
            : nothing
        }
      </div>
      ${this.#renderBlocked(doors.filter(({ door }) => door === 'blocked'))}`;
  }

  #renderNone() {
    return html`<div class="none">
      <h2>No scripts yet</h2>
      <p>A script that somebody has signed runs on the hosts it names, if their agents trust the key and their settings allow scripts.</p>
    </div>`;
  }

  #renderScripts(scripts: readonly ListedScript[]) {
    return html`<div class="panel">
      ${listTable({
        label: 'Scripts',
        heads: ['Script', 'For', 'Agents', 'Every', ['Version', 'number'], 'Signed by'],
        rows: scripts,
        keyOf: ({ name }) => name,
        renderRow: (script) => this.#renderScript(script),
      })}
    </div>`;
  }

  #renderScript({ name, targets, agents, intervalMs, version, key, isRevocation, revokedVersion }: ListedScript) {
    const { text, look } = agentsText(agents);
    const isRevoked = isRevocation || revokedVersion >= version;
    return html`<tr aria-selected=${name === this.route.open ? 'true' : 'false'}>
      <td><button class="name" aria-expanded=${name === this.route.open ? 'true' : 'false'} @click=${() => this.#open(name)}>${name}</button></td>
      <td class="targets" title=${targetsText(targets)}>${targetsText(targets)}</td>
      <td><span class="state ${look}">${text}</span>${isRevoked ? html` <span class="state none">Revoked by its publisher</span>` : nothing}</td>
      <td>${isRevocation ? '' : formatDuration(intervalMs)}</td>
      <td class="number">${version}</td>
      <td class="mono" title=${key}>${keyText(key)}</td>
    </tr>`;
  }

  #renderBlocked(blocked: readonly AgentDoor[]) {
    if (blocked.length === 0) return nothing;
    return html`<div class="panel">
      <ul class="doors" aria-label="Agents that cannot run scripts">
        ${blocked.slice(0, 50).map(({ host, problem }) => html`<li><b>${host}</b> ${problem}</li>`)}
      </ul>
    </div>`;
  }

  #renderDialogs() {
    const { leaving } = this;
    if (this.isExplaining)
      return html`<pw-script-opening
        @pw-close=${() => {
          this.isExplaining = false;
        }}
      ></pw-script-opening>`;
    if (leaving === '') return nothing;
    return questionDialog({
      heading: `Remove ${leaving}?`,
      text: 'Agents stop running it, and its series end. What they have recorded stays. The same version can be uploaded again; a revocation, signed by the publisher, ends it for good.',
      act: 'Remove script',
      close: () => {
        this.leaving = '';
      },
      confirm: () => this.dashboard.background(this.#remove(leaving)),
    });
  }

  #open(name: string): void {
    replaceRoute(this, { ...this.route, open: name === this.route.open ? '' : name });
  }

  readonly #uploaded = (event: CustomEvent<string>): void => {
    replaceRoute(this, { ...this.route, open: event.detail });
    this.#polled.refresh();
  };

  async #remove(name: string): Promise<void> {
    this.leaving = '';
    const asked = await removeScript(this.dashboard.client, name);
    showGone(this, asked, `${name} removed`);
    this.#polled.refresh();
  }
}
