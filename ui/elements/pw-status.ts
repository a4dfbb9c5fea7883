/** The state of a host as a shape of its own (colour is never alone) and, where there is room, its word. */

import { css, html, LitElement, nothing, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { HostStatus } from '../model/route.ts';
import { sharedStyles } from '../theme/shared.ts';

export const statusWords: Readonly<Record<HostStatus, string>> = {
  up: 'Up',
  stale: 'Stale',
  down: 'Down',
  never: 'Never seen',
  downtime: 'Downtime',
};

const shapes = {
  up: svg`<circle cx="6" cy="6" r="4" fill="currentColor" />`,
  stale: svg`<circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.5" /><path d="M6 2a4 4 0 0 1 0 8z" fill="currentColor" />`,
  down: svg`<rect x="1" y="1" width="10" height="10" rx="2" fill="currentColor" /><path class="glyph" d="M4 4l4 4M8 4l-4 4" stroke-width="1.6" stroke-linecap="round" />`,
  never: svg`<circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.4" stroke-dasharray="2 1.6" />`,
  downtime: svg`<circle cx="6" cy="6" r="4.4" fill="none" stroke="currentColor" stroke-width="1.4" /><path d="M4.8 4.2v3.6M7.2 4.2v3.6" stroke="currentColor" stroke-width="1.4" />`,
};

@customElement('pw-status')
export class PwStatus extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        position: relative;
        display: inline-flex;
        align-items: center;
        gap: 6px;
        white-space: nowrap;
      }
      :host([state='up']) {
        color: var(--pw-up);
      }
      :host([state='stale']) {
        color: var(--pw-stale);
      }
      :host([state='down']) {
        color: var(--pw-down);
      }
      :host([state='never']) {
        color: var(--pw-text-3);
      }
      :host([state='downtime']) {
        color: var(--pw-maint);
      }
      .glyph {
        stroke: var(--pw-on-status);
      }
    `,
  ];

  @property({ reflect: true }) state: HostStatus = 'up';
  /** Shape only; the word is still there for those who do not see it. */
  @property({ type: Boolean }) bare = false;

  override render() {
    const word = statusWords[this.state];
    return html`<svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">${shapes[this.state]}</svg>
      <span class=${this.bare ? 'sr' : nothing}>${word}</span>`;
  }
}
