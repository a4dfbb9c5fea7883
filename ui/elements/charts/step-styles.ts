/** The pill that names the step of what is shown: "1 s raw", "5 m min/avg/max". */
import { css } from 'lit';

export const stepStyles = css`
  .step {
    display: inline-flex;
    align-items: center;
    height: 22px;
    padding: 0 8px;
    border-radius: var(--pw-r-full);
    background: var(--pw-surface-3);
    color: var(--pw-text-2);
    font-size: var(--pw-fs-2);
    font-weight: var(--pw-w-medium);
    white-space: nowrap;
  }
`;
