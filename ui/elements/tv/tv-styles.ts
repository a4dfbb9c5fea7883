/** Looks that the pages of TV mode share. Lengths are multiples of --s: 1 at 1440 × 860, so that a wall of any size is filled. */
import { css } from 'lit';

export const tvStyles = css`
  h2 {
    padding-bottom: calc(8px * var(--s));
    font-size: calc(18px * var(--s));
    line-height: calc(24px * var(--s));
    font-weight: var(--pw-w-medium);
    color: var(--pw-text-3);
  }
  .quiet {
    color: var(--pw-text-3);
  }
  pw-severity,
  pw-status {
    zoom: var(--s);
  }
`;
