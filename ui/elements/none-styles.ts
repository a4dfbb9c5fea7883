/** A list that has nothing to show: what that means and what to do, in the middle. */
import { css } from 'lit';

export const noneStyles = css`
  .none {
    padding: 7vh 16px;
    text-align: center;
    color: var(--pw-text-3);
  }
  .none h2 {
    margin-bottom: 4px;
    color: var(--pw-text-1);
  }
  .none .btn {
    margin-top: 12px;
  }
`;
