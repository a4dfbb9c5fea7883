/** Head of a page of administration: its name, figures beside it, and at the right what one begins here. */
import { css } from 'lit';

export const adminHeadStyles = css`
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    min-height: 44px;
    padding-bottom: 12px;
    color: var(--pw-text-3);
  }
  .head h1 {
    color: var(--pw-text-1);
  }
  .head .end {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-left: auto;
  }
`;
