/** How `pw-chart` looks: head and legend, the frame of the plot, and what stands over it. */
import { css } from 'lit';

export const chartStyles = css`
  :host {
    position: relative;
    min-width: 0;
    background: var(--pw-surface-1);
    border: 1px solid var(--pw-border-1);
    border-radius: var(--pw-r-2);
    contain: layout paint style;
  }
  :host(:focus-within) {
    border-color: var(--pw-border-control);
  }
  :host([severity='warning']) {
    border-color: var(--pw-warn);
  }
  :host([severity='critical']) {
    border-color: var(--pw-crit);
  }
  header {
    display: flex;
    align-items: center;
    gap: 6px;
    height: 30px;
    padding: 4px 12px 0;
  }
  h3 {
    flex: none;
    max-width: 60%;
  }
  .note {
    flex: 0 1000 auto;
    min-width: 0;
    font-size: var(--pw-fs-1);
    color: var(--pw-text-3);
  }
  .legend {
    display: flex;
    gap: 2px;
    flex: 0 1 auto;
    min-width: 0;
    margin: 0 -4px 0 auto;
    overflow-x: auto;
    scrollbar-width: none;
    font-size: var(--pw-fs-1);
    line-height: 16px;
  }
  .legend.many {
    mask-image: linear-gradient(90deg, black calc(100% - 20px), transparent);
    padding-right: 14px;
  }
  .legend button {
    display: inline-flex;
    align-items: center;
    flex: none;
    gap: 5px;
    min-height: 24px;
    padding: 0 4px;
    border: 0;
    border-radius: 4px;
    background: none;
    color: var(--pw-text-2);
    white-space: nowrap;
    cursor: pointer;
  }
  .legend button:focus-visible {
    outline-offset: -2px;
  }
  .legend button[aria-pressed='false'] {
    color: var(--pw-text-3);
    text-decoration: line-through;
  }
  .legend b {
    min-width: 30px;
    font-weight: var(--pw-w-medium);
    color: var(--pw-text-1);
    text-align: right;
  }
  .ramp {
    display: flex;
    align-items: center;
    gap: 6px;
    margin-left: auto;
    font-size: var(--pw-fs-1);
    color: var(--pw-text-3);
  }
  ::slotted([slot='menu']) {
    flex: none;
    margin-right: -6px;
  }
  .bare h3 {
    flex: 0 1 auto;
    max-width: none;
  }
  .bare ::slotted([slot='menu']) {
    margin-left: auto;
  }
  @media (hover: hover) {
    ::slotted([slot='menu']) {
      opacity: 0;
    }
    :host(:hover) ::slotted([slot='menu']),
    :host(:focus-within) ::slotted([slot='menu']) {
      opacity: 1;
    }
  }
  .plot {
    position: relative;
    cursor: crosshair;
    touch-action: pan-y;
    user-select: none;
  }
  .plot:focus-visible {
    outline-offset: -2px;
  }
  .state {
    position: absolute;
    inset: auto 0 0;
    height: calc(100% - 30px);
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 6px;
    padding: 0 24px 18px 46px;
    text-align: center;
    color: var(--pw-text-3);
    font-size: var(--pw-fs-2);
    pointer-events: none;
  }
  .state > * {
    padding: 2px 8px;
    border-radius: var(--pw-r-1);
    background: var(--pw-surface-1);
  }
  .state .btn {
    pointer-events: auto;
  }
  .failed {
    color: var(--pw-text-2);
  }
  /* Most answers are there before anybody could read it. */
  .loading {
    animation: appear 0s 350ms both;
  }
  @keyframes appear {
    from {
      visibility: hidden;
    }
  }
  .uplot {
    font-family: inherit;
    width: 100%;
  }
  .u-cursor-x {
    border-right: 1px solid var(--pw-chart-cursor);
    opacity: 0.7;
  }
  .u-select {
    background: var(--pw-chart-select);
    border-inline: 1px solid var(--pw-accent);
  }
  .cursor-time {
    position: absolute;
    left: 0;
    bottom: -17px;
    padding: 0 4px;
    border-radius: var(--pw-r-1);
    background: var(--pw-text-1);
    color: var(--pw-text-inverse);
    font-size: 10px;
    line-height: 15px;
    visibility: hidden;
    z-index: 101;
  }
  .cursor-time.shown {
    visibility: visible;
  }
  @media (max-width: 720px) {
    header {
      flex-wrap: wrap;
      height: auto;
      min-height: 30px;
    }
    .legend,
    .legend.many {
      order: 3;
      flex: 1 1 100%;
      margin: 0 0 0 -4px;
    }
    .legend b {
      min-width: 0;
    }
    ::slotted([slot='menu']) {
      order: 2;
      margin-left: auto;
    }
    .ramp + slot::slotted([slot='menu']) {
      margin-left: 0;
    }
    .ramp svg {
      width: 56px;
    }
  }
`;
