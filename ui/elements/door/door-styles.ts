/**
 * Looks of the pages in front of the hub: what it is at the left, one form at the right; one above the other on a phone. They
 * stand in the document itself, not in a shadow root, so that password managers find the fields.
 */
import { css } from 'lit';
import { sharedStyles } from '../../theme/shared.ts';
import { passwordStyles } from './password-styles.ts';

const doorStyles = css`
  .door {
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    min-height: 100dvh;
  }
  .door > aside {
    display: flex;
    flex-direction: column;
    justify-content: space-between;
    gap: 24px;
    min-width: 0;
    padding: clamp(20px, 4vw, 56px);
    background: var(--pw-surface-1);
    border-right: 1px solid var(--pw-border-1);
  }
  .door .brand {
    display: flex;
    align-items: center;
    gap: 8px;
    font-weight: var(--pw-w-strong);
  }
  .door .brand svg {
    color: var(--pw-accent);
  }
  .door .place {
    overflow-wrap: anywhere;
    font-size: var(--pw-fs-5);
    line-height: var(--pw-lh-5);
    font-weight: var(--pw-w-strong);
    letter-spacing: -0.01em;
  }
  .door .promise {
    padding: 4px 0 16px;
    color: var(--pw-text-3);
  }
  .door .strip {
    width: 100%;
    max-width: 520px;
    height: 56px;
  }
  .door .strip rect {
    fill: var(--pw-up);
  }
  .door .strip rect.late {
    fill: var(--pw-stale);
  }
  .door details {
    max-width: 52ch;
    color: var(--pw-text-2);
  }
  .door summary {
    width: max-content;
    min-height: 24px;
    color: var(--pw-accent);
    cursor: pointer;
  }
  .door details p {
    padding-top: 8px;
  }
  .door main {
    display: grid;
    place-content: center;
    padding: 32px 20px;
  }
  .door form {
    display: grid;
    gap: 16px;
    width: min(320px, calc(100vw - 40px));
  }
  .door .input {
    height: max(36px, var(--pw-h-control));
  }
  .door .btn {
    height: max(36px, var(--pw-h-control));
  }
  .door .lead {
    color: var(--pw-text-2);
  }
  .door .warning {
    display: flex;
    gap: 8px;
    width: min(320px, calc(100vw - 40px));
    margin-bottom: 20px;
    padding: 8px 12px;
    border-radius: var(--pw-r-2);
    background: var(--pw-warn-bg);
    color: var(--pw-text-2);
  }
  .door .warning svg {
    margin-top: 2px;
    color: var(--pw-warn);
  }
  @media (max-width: 720px) {
    .door {
      grid-template-columns: minmax(0, 1fr);
      grid-template-rows: auto 1fr;
    }
    .door > aside {
      padding: 20px;
      border-right: 0;
      border-bottom: 1px solid var(--pw-border-1);
    }
    .door main {
      place-content: start center;
    }
  }
`;

/** Gives the document the looks of the elements; a door stands in it alone. */
export function adoptDoorStyles(): void {
  const sheets = [sharedStyles, passwordStyles, doorStyles].map(({ styleSheet }) => styleSheet!);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet)), ...sheets];
}
