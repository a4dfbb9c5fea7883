/** Looks of the rule editor: two columns, one below the other where there is little room. */
import { css } from 'lit';

export const editorStyles = css`
  :host {
    padding: 12px 16px 48px;
  }
  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    padding-bottom: 12px;
  }
  .top h1 {
    min-width: 0;
    max-width: 100%;
    overflow-wrap: anywhere;
  }
  .about {
    min-width: 0;
    color: var(--pw-text-3);
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    margin-left: auto;
  }
  .columns {
    display: grid;
    grid-template-columns: 408px minmax(0, 1fr);
    gap: 12px;
    align-items: start;
  }
  .right {
    display: flex;
    flex-direction: column;
    gap: 12px;
    min-width: 0;
    /* Chart and back-test stay beside whatever part of the form is filled in. */
    position: sticky;
    top: calc(var(--pw-h-topbar) + 12px);
  }
  .refused {
    margin-bottom: 12px;
    padding: 8px 12px;
    border: 1px solid var(--pw-down);
    border-radius: var(--pw-r-2);
    background: var(--pw-down-bg);
    color: var(--pw-text-1);
  }
  .refused .btn {
    margin-left: 8px;
  }
  .locked {
    margin-bottom: 12px;
    padding: 8px 12px;
    border: 1px solid var(--pw-border-2);
    border-radius: var(--pw-r-2);
    background: var(--pw-surface-1);
    color: var(--pw-text-2);
  }
  .missing {
    padding: 12vh 16px 0;
    text-align: center;
    color: var(--pw-text-3);
  }
  .missing h1 {
    margin-bottom: 4px;
    color: var(--pw-text-1);
  }
  .missing .btn {
    margin-top: 12px;
  }
  @media (max-width: 1000px) {
    .columns {
      grid-template-columns: minmax(0, 1fr);
    }
    .right {
      position: static;
      order: -1;
    }
  }
  @media (max-width: 720px) {
    :host {
      padding: 8px 12px 48px;
    }
    .actions {
      gap: 6px;
      margin-left: 0;
      width: 100%;
    }
    .actions .primary {
      margin-left: auto;
    }
  }
`;
