/** Looks that several elements share: controls, panels, text helpers. Everything else stands beside its element. */
import { css } from 'lit';

export const sharedStyles = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host {
    display: block;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  ul {
    list-style: none;
  }
  h1 {
    font-size: var(--pw-fs-5);
    line-height: var(--pw-lh-5);
    font-weight: var(--pw-w-strong);
    letter-spacing: -0.01em;
  }
  h2 {
    font-size: var(--pw-fs-4);
    line-height: var(--pw-lh-4);
    font-weight: var(--pw-w-strong);
  }
  h3 {
    font-size: var(--pw-fs-2);
    line-height: var(--pw-lh-2);
    font-weight: var(--pw-w-strong);
  }
  a {
    color: var(--pw-accent);
    text-decoration: none;
  }
  svg {
    display: block;
    flex: none;
  }
  canvas {
    display: block;
  }
  button,
  input,
  select {
    font: inherit;
    color: inherit;
    letter-spacing: inherit;
    font-variant-numeric: inherit;
  }
  :focus-visible {
    outline: 2px solid var(--pw-focus);
    outline-offset: 2px;
    border-radius: var(--pw-r-2);
  }
  .sr {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .ell {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .btn {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    height: var(--pw-h-control);
    padding: 0 10px;
    border: 1px solid var(--pw-border-2);
    border-radius: var(--pw-r-2);
    background: var(--pw-surface-1);
    color: var(--pw-text-1);
    font-weight: var(--pw-w-medium);
    white-space: nowrap;
    cursor: pointer;
    transition:
      background var(--pw-t-fast),
      border-color var(--pw-t-fast);
  }
  .btn:hover {
    background: var(--pw-surface-2);
    border-color: var(--pw-border-control);
  }
  .btn.ghost {
    border-color: transparent;
    background: transparent;
    color: var(--pw-text-2);
  }
  .btn.ghost:hover {
    background: var(--pw-surface-3);
    color: var(--pw-text-1);
  }
  .btn.icon {
    width: var(--pw-h-control);
    padding: 0;
  }
  .btn.primary {
    border-color: transparent;
    background: var(--pw-accent-solid);
    color: var(--pw-on-accent);
  }
  .btn.primary:hover {
    background: var(--pw-accent-hover);
  }
  .btn.danger {
    color: var(--pw-down);
  }
  .btn.small {
    height: 24px;
    padding: 0 8px;
    font-size: var(--pw-fs-2);
  }
  .btn.small.icon {
    width: 24px;
    padding: 0;
  }
  .btn:disabled {
    opacity: 0.5;
    cursor: not-allowed;
  }
  .btn[aria-pressed='true'] {
    background: var(--pw-accent-bg);
    border-color: var(--pw-accent);
    color: var(--pw-accent);
  }
  .seg {
    display: inline-flex;
    padding: 2px;
    gap: 1px;
    border-radius: var(--pw-r-2);
    background: var(--pw-surface-3);
  }
  .seg > button {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    height: calc(var(--pw-h-control) - 4px);
    min-width: 24px;
    justify-content: center;
    padding: 0 9px;
    border: 0;
    border-radius: 4px;
    background: none;
    color: var(--pw-text-2);
    font-weight: var(--pw-w-medium);
    font-size: var(--pw-fs-2);
    cursor: pointer;
    white-space: nowrap;
  }
  .seg > button:hover {
    color: var(--pw-text-1);
  }
  .seg > button[aria-pressed='true'] {
    background: var(--pw-surface-1);
    color: var(--pw-text-1);
    box-shadow: var(--pw-shadow-1);
  }
  .search {
    position: relative;
    display: flex;
    align-items: center;
  }
  .search > svg {
    position: absolute;
    left: 8px;
    color: var(--pw-text-3);
    pointer-events: none;
  }
  .search > input {
    width: 100%;
    height: var(--pw-h-control);
    padding: 0 28px;
    border: 1px solid var(--pw-border-control);
    border-radius: var(--pw-r-2);
    background: var(--pw-surface-1);
    color: var(--pw-text-1);
    text-overflow: ellipsis;
  }
  .search > input::placeholder {
    color: var(--pw-text-3);
    opacity: 1;
  }
  .search > input::-webkit-search-cancel-button {
    display: none;
  }
  .input {
    width: 100%;
    height: var(--pw-h-control);
    padding: 0 8px;
    border: 1px solid var(--pw-border-control);
    border-radius: var(--pw-r-2);
    background: var(--pw-surface-1);
    color: var(--pw-text-1);
  }
  textarea.input {
    height: auto;
    padding: 6px 8px;
    resize: vertical;
  }
  .input::placeholder {
    color: var(--pw-text-3);
    opacity: 1;
  }
  .input[aria-invalid='true'] {
    border-color: var(--pw-down);
  }
  .field {
    display: flex;
    flex-direction: column;
    gap: 4px;
    min-width: 0;
  }
  .field > label,
  .field > .label {
    font-size: var(--pw-fs-2);
    line-height: 16px;
    font-weight: var(--pw-w-medium);
    color: var(--pw-text-2);
  }
  .hint {
    font-size: var(--pw-fs-2);
    line-height: 16px;
    color: var(--pw-text-3);
  }
  .problem {
    font-size: var(--pw-fs-2);
    line-height: 16px;
    color: var(--pw-down);
  }
  .check {
    display: inline-flex;
    align-items: center;
    gap: 8px;
    min-height: 24px;
    cursor: pointer;
  }
  .check > input {
    width: 16px;
    height: 16px;
    margin: 0;
    accent-color: var(--pw-accent-solid);
  }
  .kbd {
    display: inline-grid;
    place-items: center;
    flex: none;
    min-width: 18px;
    height: 18px;
    padding: 0 4px;
    border: 1px solid var(--pw-border-2);
    border-bottom-width: 2px;
    border-radius: 4px;
    font: var(--pw-w-medium) var(--pw-fs-1) / 1 var(--pw-font);
    color: var(--pw-text-2);
    background: var(--pw-surface-1);
    white-space: nowrap;
  }
  .search > .kbd {
    position: absolute;
    right: 5px;
    pointer-events: none;
  }
  .select {
    height: var(--pw-h-control);
    padding: 0 24px 0 8px;
    border: 1px solid var(--pw-border-control);
    border-radius: var(--pw-r-2);
    background-color: var(--pw-surface-1);
    color: var(--pw-text-1);
    font-size: var(--pw-fs-2);
    appearance: none;
    background-image:
      linear-gradient(45deg, transparent 50%, var(--pw-text-3) 50%),
      linear-gradient(-45deg, transparent 50%, var(--pw-text-3) 50%);
    background-size: 4px 4px;
    background-repeat: no-repeat;
    background-position:
      right 12px center,
      right 8px center;
    cursor: pointer;
  }
  .badge {
    display: inline-grid;
    place-items: center;
    min-width: 18px;
    height: 18px;
    padding: 0 5px;
    border-radius: var(--pw-r-full);
    background: var(--pw-crit);
    color: var(--pw-on-status);
    font-size: var(--pw-fs-1);
    font-weight: var(--pw-w-strong);
    line-height: 1;
  }
  .badge.warning {
    background: var(--pw-warn);
  }
  .panel {
    background: var(--pw-surface-1);
    border: 1px solid var(--pw-border-1);
    border-radius: var(--pw-r-2);
  }
  .mono {
    font-family: var(--pw-mono);
    font-size: var(--pw-fs-2);
    font-variant-ligatures: none;
  }
  /* What is chosen is told by a background, and that is taken away. */
  @media (forced-colors: active) {
    .seg {
      border: 1px solid;
    }
    .seg > button[aria-pressed='true'],
    .btn[aria-pressed='true'] {
      forced-color-adjust: none;
      background: Highlight;
      color: HighlightText;
    }
  }
  @media (pointer: coarse) {
    .btn.small {
      height: var(--pw-h-control);
      padding: 0 12px;
    }
    .btn.small.icon {
      width: var(--pw-h-control);
    }
    .seg {
      padding: 0 2px;
    }
    .seg > button {
      height: var(--pw-h-control);
      min-width: 40px;
    }
    .check {
      min-height: var(--pw-h-control);
    }
  }
  @media (max-width: 720px) {
    .wide {
      display: none !important;
    }
  }
`;
