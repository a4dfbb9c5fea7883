/** The table of hosts: rows of one height and columns of fixed widths, so that nothing moves while it scrolls. */
import { css } from 'lit';

export const hostsTableStyles = css`
  :host {
    --row: 32px;
  }
  table {
    min-width: 980px;
    table-layout: fixed;
  }
  tbody tr:not(.spacer) {
    height: var(--row);
  }
  td {
    height: var(--row);
    padding-top: 0;
    padding-bottom: 0;
  }
  .spacer td {
    padding: 0;
    border: 0;
  }
  tbody tr.spacer:hover {
    background: none;
  }
  tbody tr.chosen {
    background: var(--pw-accent-bg);
  }
  .choose {
    width: 40px;
  }
  .choose input {
    display: block;
    width: 16px;
    height: 16px;
    margin: 0;
    accent-color: var(--pw-accent-solid);
    cursor: pointer;
  }
  .host {
    width: 18%;
  }
  .host a {
    color: var(--pw-text-1);
    font-weight: var(--pw-w-medium);
  }
  .host a:hover {
    text-decoration: underline;
  }
  .alias {
    width: 14%;
  }
  .state {
    width: 112px;
  }
  .agent {
    width: 84px;
  }
  .every {
    width: 72px;
  }
  .seen {
    width: 112px;
  }
  .acts {
    width: 84px;
  }
  .buttons {
    display: flex;
    justify-content: flex-end;
    gap: 4px;
  }
  .quiet {
    color: var(--pw-text-3);
  }
  .chips {
    display: flex;
    min-width: 0;
    align-items: center;
    gap: 4px;
    overflow: hidden;
  }
  .chip {
    flex: 0 1 auto;
    min-width: 40px;
    padding: 0 6px;
    border-radius: var(--pw-r-1);
    background: var(--pw-surface-3);
    color: var(--pw-text-1);
    line-height: 20px;
  }
  .chip.by-people {
    background: var(--pw-accent-bg);
    color: var(--pw-accent);
  }
  tr.chosen .chip.by-people {
    box-shadow: inset 0 0 0 1px var(--pw-accent);
  }
  /* A phone shows which host it is and how it stands; the rest is in the form that edits it. */
  @media (max-width: 720px) {
    table {
      min-width: 440px;
    }
    .host {
      width: auto;
    }
    .state {
      width: 84px;
    }
    .seen {
      width: 96px;
    }
    .alias,
    .tags,
    .agent,
    .every {
      display: none;
    }
  }
  @media (pointer: coarse) {
    :host {
      --row: 44px;
    }
    .acts {
      width: 120px;
    }
  }
`;
