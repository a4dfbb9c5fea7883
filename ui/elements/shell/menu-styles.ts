/** Looks of the menus at the end of the top bar. */
import { css } from 'lit';

export const menuStyles = css`
  :host {
    position: relative;
  }
  .menu {
    position: absolute;
    right: 0;
    top: calc(100% + 6px);
    z-index: var(--pw-z-pop);
    min-width: 236px;
    padding: 6px;
    border: 1px solid var(--pw-border-2);
    border-radius: var(--pw-r-3);
    background: var(--pw-surface-1);
    box-shadow: var(--pw-shadow-2);
  }
  .menu button {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 16px;
    width: 100%;
    min-height: var(--pw-h-control-lg);
    padding: 0 8px;
    border: 0;
    border-radius: 4px;
    background: none;
    color: var(--pw-text-1);
    text-align: left;
    cursor: pointer;
  }
  .menu button:hover,
  .menu button:focus-visible {
    background: var(--pw-surface-3);
  }
  .menu button:focus-visible {
    outline-offset: -2px;
  }
  .menu .now {
    color: var(--pw-text-2);
    font-size: var(--pw-fs-2);
  }
`;
