/** Tables in panels: dense rows, quiet heads, figures at the right; they scroll sideways within their panel. */
import { css } from 'lit';

export const tableStyles = css`
  .panel {
    border-radius: var(--pw-r-3);
    overflow: hidden;
  }
  .scroll {
    /* Texts that are not seen are placed absolutely, and would widen the page from out there. */
    position: relative;
    overflow-x: auto;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: var(--pw-fs-2);
    line-height: 16px;
  }
  th,
  td {
    height: 32px;
    padding: 4px 12px;
    text-align: left;
    white-space: nowrap;
  }
  th {
    border-bottom: 1px solid var(--pw-border-1);
    color: var(--pw-text-3);
    font-size: var(--pw-fs-1);
    font-weight: var(--pw-w-medium);
  }
  th:first-child,
  td:first-child {
    padding-left: 16px;
  }
  th:last-child,
  td:last-child {
    padding-right: 16px;
  }
  td {
    border-bottom: 1px solid var(--pw-border-1);
    color: var(--pw-text-2);
  }
  td:first-child {
    color: var(--pw-text-1);
  }
  td pw-status {
    vertical-align: middle;
  }
  tbody tr:last-child td {
    border-bottom: 0;
  }
  tbody tr:hover {
    background: var(--pw-surface-2);
  }
  .number {
    text-align: right;
  }
`;
