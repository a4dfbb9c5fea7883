/** Looks of the tables that stand among the charts of a host: a panel that scrolls sideways by itself, small heads. */
import { css } from 'lit';

export const panelTableStyles = css`
  :host {
    overflow-x: auto;
    background: var(--pw-surface-1);
    border: 1px solid var(--pw-border-1);
    border-radius: var(--pw-r-2);
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: var(--pw-fs-2);
  }
  th {
    font-size: var(--pw-fs-1);
    font-weight: var(--pw-w-medium);
    color: var(--pw-text-3);
    text-align: left;
    white-space: nowrap;
  }
`;
