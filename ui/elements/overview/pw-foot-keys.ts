/** The foot line of the overview: its keys, how many hosts are shown, and the zone of its times. Not on a phone. */
import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Following } from '../../controllers/following.ts';
import { displayZone } from '../../model/display-zone.ts';
import { formatCount } from '../../model/format.ts';
import { zoneChanged } from '../../settings.ts';
import { sharedStyles } from '../../theme/shared.ts';

const keys = [
  ['←↑↓→', 'move'],
  ['Enter', 'open host'],
  ['/', 'filter'],
  ['d', 'density'],
  ['f', 'TV mode'],
  ['?', 'all keys'],
] as const;

@customElement('pw-foot-keys')
export class PwFootKeys extends LitElement {
  static override readonly styles = [
    sharedStyles,
    css`
      :host {
        position: fixed;
        left: 0;
        right: 0;
        bottom: 0;
        z-index: var(--pw-z-sticky);
        display: flex;
        align-items: center;
        gap: 16px;
        height: 28px;
        padding: 0 16px;
        background: var(--pw-surface-1);
        border-top: 1px solid var(--pw-border-1);
        font-size: var(--pw-fs-2);
        color: var(--pw-text-3);
        white-space: nowrap;
      }
      .keys {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 16px;
        min-width: 0;
        /* What does not fit is left out whole. */
        height: 20px;
        overflow: hidden;
      }
      .keys span:not(.kbd) {
        display: inline-flex;
        align-items: center;
        gap: 6px;
      }
      .end {
        margin-left: auto;
      }
      @media (max-width: 720px) {
        :host {
          display: none;
        }
      }
    `,
  ];

  @property({ type: Number }) shown = 0;
  @property({ type: Number }) all = 0;

  constructor() {
    super();
    new Following(this, () => [zoneChanged]);
  }

  override render() {
    return html`<div class="keys" aria-hidden="true">
        ${keys.map(([key, word]) => html`<span><span class="kbd">${key}</span>${word}</span>`)}
      </div>
      <span class="end"
        >${formatCount(this.shown)} of ${formatCount(this.all)} hosts shown · times in
        ${displayZone() === 'utc' ? 'UTC' : 'local time'}</span
      >`;
  }
}
