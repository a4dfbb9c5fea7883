/** Over a list of hosts of which some are chosen: how many, and what can be done to all of them. */
import { css, html, type TemplateResult } from 'lit';
import { formatCount } from '../../model/format.ts';

export const chosenBarStyles = css`
  .chosen {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    margin-bottom: 8px;
    padding: 4px 8px 4px 12px;
    border-radius: var(--pw-r-2);
    background: var(--pw-accent-bg);
  }
`;

export interface ChosenBar {
  readonly count: number;
  /** Buttons, one for each act. */
  readonly acts: TemplateResult;
  readonly clear: () => void;
}

export function chosenBar({ count, acts, clear }: ChosenBar) {
  return html`<div class="chosen" role="region" aria-label="Chosen hosts">
    <b role="status">${formatCount(count)} chosen</b>
    ${acts}
    <button class="btn small ghost" @click=${clear}>Clear</button>
  </div>`;
}
