/** Looks of `pw-password-field`, for the root that it stands in. */
import { css } from 'lit';

export const passwordStyles = css`
  .password {
    position: relative;
    display: flex;
    align-items: center;
  }
  .password .input {
    padding-right: 60px;
  }
  .password .btn {
    position: absolute;
    right: 4px;
    height: calc(100% - 8px);
    min-height: 24px;
  }
  .hint.weak {
    color: var(--pw-warn);
  }
  .hint.strong {
    color: var(--pw-ok);
  }
`;
