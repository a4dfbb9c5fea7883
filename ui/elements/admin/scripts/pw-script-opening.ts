/** How agents are opened to scripts, and scripts signed: what is done elsewhere, on purpose, and not on this page. */
import { css, html, LitElement } from 'lit';
import { customElement } from 'lit/decorators.js';
import { agentSettings, signCommands } from '../../../model/admin/scripts-view.ts';
import { sharedStyles } from '../../../theme/shared.ts';
import { tell } from '../../events.ts';
import '../../pw-dialog.ts';

@customElement('pw-script-opening')
export class PwScriptOpening extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      ol {
        display: grid;
        gap: 14px;
        margin: 0;
        padding-left: 20px;
      }
      li::marker {
        color: var(--pw-text-3);
      }
      pre {
        margin: 6px 0 0;
        padding: 8px 12px;
        border: 1px solid var(--pw-border-1);
        border-radius: var(--pw-r-2);
        background: var(--pw-surface-2);
        font: var(--pw-fs-2) / 18px var(--pw-mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      p {
        padding-bottom: 12px;
        color: var(--pw-text-2);
      }
    `,
  ];

  override render() {
    return html`<pw-dialog size="wide" .heading=${'How scripts come to run'}>
      <p>This hub cannot make an agent run anything. It passes on what somebody has signed with a key that is not here, and each agent decides by its own settings file.</p>
      <ol>
        <li>Make a key where scripts are written, not on the hub. It prints the public one.<pre>${signCommands.newKey}</pre></li>
        <li>On each host that shall run scripts, put the public key into the agent's settings file and start the agent again. <code class="mono">runAs</code> is wanted where the agent is root.<pre>${agentSettings}</pre></li>
        <li>Sign a script, and upload what that prints. The tags of its targets are those in the agent's settings file.<pre>${signCommands.sign}</pre></li>
        <li>To end a version for good, sign a revocation and upload it.<pre>${signCommands.revoke}</pre></li>
      </ol>
      <button slot="actions" class="btn primary" @click=${() => tell(this, 'pw-close', null)}>Close</button>
    </pw-dialog>`;
  }
}
