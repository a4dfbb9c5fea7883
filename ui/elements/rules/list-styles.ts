/** Looks of the lists of rules and channels: rows in a panel that become two lines where there is little room. */
import { css } from 'lit';

export const listStyles = css`
  :host {
    container-type: inline-size;
  }
  .list {
    overflow: hidden;
    background: var(--pw-surface-1);
    border: 1px solid var(--pw-border-1);
    border-radius: var(--pw-r-3);
  }
  .row {
    display: grid;
    gap: 2px 12px;
    align-items: center;
    min-height: 52px;
    padding: 8px 12px;
    border-top: 1px solid var(--pw-border-1);
  }
  .row:first-child {
    border-top: 0;
  }
  .row[data-current] {
    background: var(--pw-accent-bg);
    box-shadow: inset 2px 0 var(--pw-accent);
  }
  .row.off {
    background: var(--pw-surface-2);
  }
  .row b,
  .row b a {
    font-weight: var(--pw-w-medium);
    color: var(--pw-text-1);
    overflow-wrap: anywhere;
  }
  .row b a:hover {
    text-decoration: underline;
  }
  small {
    display: block;
    font-size: var(--pw-fs-2);
    line-height: 16px;
    color: var(--pw-text-3);
    overflow-wrap: anywhere;
  }
  .mark {
    display: inline-block;
    margin-left: 6px;
    padding: 0 5px;
    border-radius: var(--pw-r-1);
    background: var(--pw-surface-3);
    font-size: var(--pw-fs-1);
    line-height: 16px;
    color: var(--pw-text-2);
    vertical-align: 1px;
    white-space: nowrap;
  }
  .cell {
    min-width: 0;
    font-size: var(--pw-fs-2);
    line-height: 16px;
    color: var(--pw-text-2);
    overflow-wrap: anywhere;
  }
  .acts {
    display: flex;
    align-items: center;
    justify-content: flex-end;
    gap: 4px;
  }
  .acts > :first-child {
    margin-right: 6px;
  }
  .good {
    color: var(--pw-ok);
  }
  .bad {
    color: var(--pw-down);
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    padding-bottom: 12px;
    color: var(--pw-text-3);
  }
  .tools .btn {
    margin-left: auto;
  }
  .more {
    padding: 10px;
    text-align: center;
    border-top: 1px solid var(--pw-border-1);
  }
`;
