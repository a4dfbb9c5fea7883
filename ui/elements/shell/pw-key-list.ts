/** The list of keys behind "?", and the switch that turns single keys off. */
import { css, html, LitElement } from 'lit';
import { customElement } from 'lit/decorators.js';
import { keyGroups } from '../../model/key-list.ts';
import { chooseSingleKeys, hasSingleKeys } from '../../settings.ts';
import { sharedStyles } from '../../theme/shared.ts';
import '../pw-dialog.ts';

@customElement('pw-key-list')
export class PwKeyList extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      .groups {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(210px, 1fr));
        gap: 16px 28px;
      }
      h3 {
        margin-bottom: 8px;
      }
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 6px 12px;
        font-size: var(--pw-fs-2);
        line-height: 18px;
      }
      dt {
        display: flex;
        gap: 3px;
      }
      dd {
        color: var(--pw-text-2);
      }
      .check {
        margin-top: 16px;
        font-size: var(--pw-fs-2);
      }
    `,
  ];

  override render() {
    return html`<pw-dialog heading="Keys" size="wide">
      <div class="groups">
        ${keyGroups.map(
          ({ title, rows }) => html`<div>
            <h3>${title}</h3>
            <dl>
              ${rows.map(({ keys, does }) => html`<dt>${keys.map((key) => html`<span class="kbd">${key}</span>`)}</dt><dd>${does}</dd>`)}
            </dl>
          </div>`,
        )}
      </div>
      <label class="check">
        <input type="checkbox" .checked=${hasSingleKeys()} @change=${this.#switchKeys} />
        Single keys work on this page
      </label>
    </pw-dialog>`;
  }

  #switchKeys(event: Event): void {
    chooseSingleKeys((event.target as HTMLInputElement).checked);
  }
}
