/** Looks of the forms in the dialogs of administration: fields below each other, choices with what each means. */
import { css } from 'lit';

export const dialogStyles = css`
  form {
    display: grid;
    gap: 14px;
  }
  fieldset {
    display: grid;
    gap: 8px;
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    padding: 0 0 6px;
    font-size: var(--pw-fs-2);
    line-height: 16px;
    font-weight: var(--pw-w-medium);
    color: var(--pw-text-2);
  }
  .choice {
    display: grid;
    grid-template-columns: 16px minmax(0, 1fr);
    gap: 0 8px;
    min-height: 24px;
    cursor: pointer;
  }
  .choice input {
    width: 16px;
    height: 16px;
    margin: 2px 0 0;
    accent-color: var(--pw-accent-solid);
  }
  .choice small {
    grid-column: 2;
    font-size: var(--pw-fs-2);
    line-height: 16px;
    color: var(--pw-text-3);
  }
  .lead {
    padding-bottom: 12px;
    color: var(--pw-text-2);
  }
  b {
    font-weight: var(--pw-w-medium);
    overflow-wrap: anywhere;
  }
  pw-secret {
    margin: 4px 0 12px;
  }
`;
