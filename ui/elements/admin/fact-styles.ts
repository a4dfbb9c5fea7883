/** Panels of a page of administration that tell how something is: notices, large figures side by side, and heads of sections. */
import { css } from 'lit';

export const adminFactStyles = css`
  .notice {
    display: flex;
    align-items: center;
    gap: 10px;
    min-height: 36px;
    margin-bottom: 12px;
    padding: 6px 12px;
    border-radius: var(--pw-r-2);
    background: var(--pw-warn-bg);
    color: var(--pw-text-2);
  }
  .notice svg {
    color: var(--pw-warn);
  }
  .notice strong {
    color: var(--pw-text-1);
    font-weight: var(--pw-w-medium);
  }
  .panel {
    margin-bottom: 12px;
    border-radius: var(--pw-r-3);
    overflow: hidden;
  }
  .facts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(180px, 1fr));
    gap: 1px;
    background: var(--pw-border-1);
  }
  .facts > div {
    min-width: 0;
    padding: 12px 16px;
    background: var(--pw-surface-1);
  }
  dt {
    font-size: var(--pw-fs-2);
    line-height: 16px;
    color: var(--pw-text-3);
  }
  .facts dd {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    column-gap: 8px;
    font-size: var(--pw-fs-5);
    line-height: 28px;
    font-weight: var(--pw-w-strong);
    letter-spacing: -0.01em;
  }
  .facts small {
    font-size: var(--pw-fs-2);
    line-height: 16px;
    font-weight: var(--pw-w-regular);
    letter-spacing: 0;
    color: var(--pw-text-3);
  }
  .facts .warn {
    color: var(--pw-warn);
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 2px 8px;
    padding: 12px 16px 8px;
    font-size: var(--pw-fs-2);
    color: var(--pw-text-3);
  }
  header h2 {
    font-size: var(--pw-fs-3);
    color: var(--pw-text-1);
  }
  @media (max-width: 720px) {
    .facts {
      grid-template-columns: 1fr 1fr;
    }
    .facts > div:last-child:nth-child(odd) {
      grid-column: 1 / -1;
    }
  }
`;
