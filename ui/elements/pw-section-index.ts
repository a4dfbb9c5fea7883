/** Where one is on a host's page, and a jump to the other sections. */
import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Section } from '../model/charts.ts';
import { sharedStyles } from '../theme/shared.ts';

@customElement('pw-section-index')
export class PwSectionIndex extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        font-size: var(--pw-fs-2);
      }
      .title {
        padding: 0 0 6px 10px;
        font-size: var(--pw-fs-1);
        color: var(--pw-text-3);
      }
      button {
        display: flex;
        align-items: center;
        gap: 6px;
        width: 100%;
        height: 26px;
        padding: 0 8px 0 10px;
        border: 0;
        border-left: 2px solid var(--pw-border-1);
        background: none;
        color: var(--pw-text-2);
        text-align: left;
        cursor: pointer;
      }
      button:hover {
        background: var(--pw-surface-2);
        color: var(--pw-text-1);
      }
      button[data-current] {
        border-color: var(--pw-accent);
        color: var(--pw-text-1);
        font-weight: var(--pw-w-medium);
      }
      .count {
        margin-left: auto;
        font-size: var(--pw-fs-1);
        font-weight: var(--pw-w-regular);
        color: var(--pw-text-3);
      }
      .help {
        padding: 16px 0 0 10px;
        font-size: var(--pw-fs-1);
        line-height: 18px;
        color: var(--pw-text-3);
      }
    `,
  ];

  @property({ attribute: false }) sections: readonly Section[] = [];
  @property() current = '';

  override render() {
    return html`<div class="title">Sections</div>
      <ul>
        ${this.sections.map(
          ({ id, title, charts, hasProcesses, mounts }) => html`<li>
            <button aria-current=${id === this.current ? 'true' : 'false'} ?data-current=${id === this.current} @click=${() => this.#goTo(id)}>
              ${title}<span class="count">${charts.length + (hasProcesses ? 1 : 0) + (mounts.length > 0 ? 1 : 0)}</span>
            </button>
          </li>`,
        )}
      </ul>
      <p class="help">Drag to zoom<br />Double-click for live<br />Space pauses, j and k step</p>`;
  }

  #goTo(id: string): void {
    this.dispatchEvent(new CustomEvent('pw-goto', { detail: id, bubbles: true, composed: true }));
  }
}
