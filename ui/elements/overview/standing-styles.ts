/** How a host that does not do well stands out among the others, as a card and as a chip: by its edge, and by its words (`.standing`). */
import { css } from 'lit';

export const standingStyles = css`
  :host([status='stale']) a,
  :host([severity='warning']) a {
    border-color: color-mix(in srgb, var(--pw-warn) 45%, var(--pw-border-1));
  }
  :host([status='stale']) .standing {
    color: var(--pw-warn);
  }
  :host([status='down']) a,
  :host([severity='critical']) a {
    border-color: color-mix(in srgb, var(--pw-down) 55%, var(--pw-border-1));
  }
  :host([status='down']) .standing {
    color: var(--pw-down);
  }
  :host([status='downtime']) a {
    border: 1px dashed var(--pw-maint);
  }
  :host([status='downtime']) .standing {
    color: var(--pw-maint);
  }
`;
