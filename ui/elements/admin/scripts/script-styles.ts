/** How a state of a script looks, in the table and beside it. */
import { css } from 'lit';

export const scriptStyles = css`
  .state {
    white-space: nowrap;
  }
  .state.up {
    color: var(--pw-up);
  }
  .state.warn {
    color: var(--pw-warn);
  }
  .state.down {
    color: var(--pw-down);
  }
  .state.none {
    color: var(--pw-text-3);
  }
  .panel {
    border-radius: var(--pw-r-3);
    overflow: hidden;
  }
`;
