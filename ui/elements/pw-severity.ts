/** How bad an alert is, or that it is over, as a shape of its own and, where there is room, its word. */
import { css, html, LitElement, nothing, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Severity } from '#core/rule-spec.ts';
import { sharedStyles } from '../theme/shared.ts';

export type SeverityLevel = Severity | 'pending' | 'resolved';

export const severityWords: Readonly<Record<SeverityLevel, string>> = {
  critical: 'Critical',
  warning: 'Warning',
  info: 'Info',
  pending: 'Pending',
  resolved: 'Resolved',
};

const shapes = {
  critical: svg`<path d="M7 .7 13.3 7 7 13.3.7 7z" fill="currentColor" /><path class="glyph" d="M7 4v3.4M7 9.6v.2" stroke-width="1.6" stroke-linecap="round" />`,
  warning: svg`<path d="M7 1.2 13.4 12.4H.6z" fill="currentColor" stroke="currentColor" stroke-linejoin="round" /><path class="glyph" d="M7 5.4v3M7 10.4v.2" stroke-width="1.5" stroke-linecap="round" />`,
  info: svg`<circle cx="7" cy="7" r="6" fill="currentColor" /><path class="glyph" d="M7 6.6v3.2M7 4.2v.2" stroke-width="1.6" stroke-linecap="round" />`,
  pending: svg`<path d="M7 1.6 13 12.2H1z" fill="none" stroke="currentColor" stroke-width="1.3" stroke-dasharray="2 1.6" stroke-linejoin="round" />`,
  resolved: svg`<circle cx="7" cy="7" r="5.4" fill="none" stroke="currentColor" stroke-width="1.3" /><path d="M4.6 7.2 6.4 9l3-3.6" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" />`,
};

@customElement('pw-severity')
export class PwSeverity extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        position: relative;
        display: inline-flex;
        align-items: center;
        gap: 5px;
        white-space: nowrap;
      }
      :host([level='critical']) {
        color: var(--pw-crit);
      }
      :host([level='warning']),
      :host([level='pending']) {
        color: var(--pw-warn);
      }
      :host([level='info']) {
        color: var(--pw-info);
      }
      :host([level='resolved']) {
        color: var(--pw-ok);
      }
      .glyph {
        stroke: var(--pw-on-status);
      }
    `,
  ];

  @property({ reflect: true }) level: SeverityLevel = 'warning';
  /** Text beside the shape instead of the word: a count. The word is still there for those who do not see the shape. */
  @property() label = '';
  /** Shape only. */
  @property({ type: Boolean }) bare = false;

  override render() {
    const word = severityWords[this.level];
    const isHidden = this.bare || this.label !== '';
    return html`<svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">${shapes[this.level]}</svg>
      <span class=${isHidden ? 'sr' : nothing}>${word}</span>${this.label === '' ? nothing : html`<span>${this.label}</span>`}`;
  }
}
