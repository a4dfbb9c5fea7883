/** A form at the side: parts between lines, and its buttons always in sight. */
import { css } from 'lit';

export const formStyles = css`
  form {
    display: flex;
    flex-direction: column;
    max-height: inherit;
    border-radius: var(--pw-r-3);
    overflow: hidden;
  }
  header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 8px;
    padding: 10px 12px 10px 16px;
    border-bottom: 1px solid var(--pw-border-1);
  }
  h2 {
    font-size: var(--pw-fs-3);
    line-height: var(--pw-lh-3);
  }
  .notice {
    padding: 8px 16px;
    background: var(--pw-info-bg);
    color: var(--pw-text-2);
    font-size: var(--pw-fs-2);
  }
  fieldset {
    flex: 1;
    min-width: 0;
    min-height: 0;
    margin: 0;
    padding: 0;
    border: 0;
    overflow-y: auto;
  }
  .part {
    display: flex;
    flex-direction: column;
    gap: 8px;
    padding: 10px 16px 12px;
    border-bottom: 1px solid var(--pw-border-1);
  }
  .part.last {
    border-bottom: 0;
  }
  .part:empty {
    display: none;
  }
  .seg {
    align-self: start;
  }
  .two {
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    gap: 8px;
  }
  .field > label .hint {
    font-weight: var(--pw-w-regular);
  }
  input[type='date'],
  input[type='time'] {
    min-width: 0;
  }
  .foot {
    padding: 10px 16px;
    border-top: 1px solid var(--pw-border-1);
    background: var(--pw-surface-1);
  }
  .foot .problem {
    margin-bottom: 8px;
  }
  .buttons {
    display: flex;
    gap: 8px;
  }
  .buttons .primary {
    flex: 1;
  }
`;
