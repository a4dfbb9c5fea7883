/** Looks of the editor of an agent's settings. */
import { css } from 'lit';

export const settingsStyles = css`
  .state {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 4px 8px;
    padding: 8px 16px;
    border-bottom: 1px solid var(--pw-border-1);
    color: var(--pw-text-2);
  }
  .state b {
    color: var(--pw-text-1);
  }
  .state.failed,
  .state.forbidden {
    background: var(--pw-down-bg);
  }
  .state.waiting,
  .state.unsupported {
    background: var(--pw-stale-bg);
  }
  .state .why {
    flex: 1 0 100%;
    overflow-wrap: anywhere;
  }
  .grid {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(160px, 1fr));
    gap: 12px;
  }
  .scroll {
    position: relative;
    overflow-x: auto;
    margin: 0 -16px;
  }
  /* Beside the list of agents there is little room, and what is in force should be seen. */
  th,
  td {
    padding: 4px 6px;
  }
  th {
    white-space: normal;
  }
  td > .input {
    width: 56px;
  }
  td .problem {
    white-space: normal;
  }
  .pin {
    display: inline-flex;
    align-items: center;
    padding: 0 6px;
    border-radius: var(--pw-r-1);
    background: var(--pw-surface-3);
    color: var(--pw-text-2);
    font-size: var(--pw-fs-1);
    line-height: 18px;
    white-space: nowrap;
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    padding: 12px 16px;
    border-top: 1px solid var(--pw-border-1);
    background: var(--pw-surface-1);
    /* In sight however long the list of collectors is. */
    position: sticky;
    bottom: 0;
    z-index: 1;
  }
  .foot .end {
    margin-left: auto;
  }
  .refused {
    padding: 8px 16px;
    background: var(--pw-down-bg);
    overflow-wrap: anywhere;
  }
  details {
    padding: 8px 16px;
    border-top: 1px solid var(--pw-border-1);
  }
  summary {
    cursor: pointer;
    color: var(--pw-text-2);
  }
  .versions li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 8px;
    padding: 6px 0;
    border-bottom: 1px solid var(--pw-border-1);
    color: var(--pw-text-2);
  }
  .versions li:last-child {
    border-bottom: 0;
  }
  .versions code {
    flex: 1 0 100%;
    font-family: var(--pw-mono);
    font-size: var(--pw-fs-1);
    overflow-wrap: anywhere;
  }
`;
