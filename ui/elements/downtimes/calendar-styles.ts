/** A week is a grid of seven columns: the row of the days' numbers, lanes of bars, and a row for what has no lane. */
import { css } from 'lit';

export const calendarStyles = css`
  :host {
    border: 1px solid var(--pw-border-1);
    border-radius: var(--pw-r-3);
    background: var(--pw-surface-1);
    overflow: hidden;
  }
  .heads,
  .week {
    display: grid;
    grid-template-columns: repeat(7, minmax(0, 1fr));
  }
  .heads {
    font-size: var(--pw-fs-2);
    color: var(--pw-text-3);
  }
  .heads div {
    padding: 6px 8px;
  }
  .week {
    grid-template-rows: 28px repeat(var(--lanes), 22px) var(--foot);
    border-top: 1px solid var(--pw-border-1);
  }
  .day {
    grid-row: 1 / -1;
    border-left: 1px solid var(--pw-border-1);
  }
  .day:first-child {
    border-left: 0;
  }
  .day.weekend {
    background: color-mix(in srgb, var(--pw-surface-2) 60%, transparent);
  }
  .day.today {
    background: var(--pw-surface-2);
  }
  .day a {
    position: relative;
    display: flex;
    width: 100%;
    height: 28px;
    align-items: center;
    padding: 0 4px;
    color: var(--pw-text-1);
    font-size: var(--pw-fs-2);
  }
  .day.other a {
    color: var(--pw-text-3);
  }
  .day :focus-visible {
    outline-offset: -2px;
  }
  .number {
    display: grid;
    place-items: center;
    min-width: 22px;
    height: 20px;
    border-radius: var(--pw-r-full);
  }
  .day a:hover .number {
    background: var(--pw-surface-3);
  }
  .today .number {
    background: var(--pw-accent-solid);
    color: var(--pw-on-accent);
    font-weight: var(--pw-w-strong);
  }
  .count {
    display: none;
  }
  .bar {
    display: flex;
    align-items: center;
    gap: 4px;
    min-width: 0;
    height: 20px;
    margin: 0 4px 2px;
    padding: 0 6px;
    border: 1px solid var(--pw-maint);
    border-radius: 4px;
    background: var(--pw-maint-bg);
    color: var(--pw-maint);
    font-size: var(--pw-fs-1);
    text-align: left;
    cursor: pointer;
  }
  .bar:hover {
    background: color-mix(in srgb, var(--pw-maint) 16%, var(--pw-maint-bg));
  }
  .time {
    font-weight: var(--pw-w-strong);
  }
  .bar svg {
    margin-left: auto;
  }
  .bar.from {
    margin-left: 0;
    border-left: 0;
    border-top-left-radius: 0;
    border-bottom-left-radius: 0;
  }
  .bar.on {
    margin-right: 0;
    border-right: 0;
    border-top-right-radius: 0;
    border-bottom-right-radius: 0;
  }
  .bar.past {
    border-color: color-mix(in srgb, var(--pw-maint) 45%, transparent);
    background: none;
    color: var(--pw-text-3);
  }
  .bar.active,
  .bar.active:hover {
    background: var(--pw-maint);
    color: var(--pw-on-status);
  }
  .bar.draft {
    border-style: dashed;
    background: repeating-linear-gradient(45deg, var(--pw-surface-1) 0 4px, var(--pw-maint-bg) 4px 8px);
    cursor: default;
  }
  .more {
    grid-row: -2;
    padding: 0 10px;
    font-size: var(--pw-fs-1);
    line-height: 18px;
  }
  @media (max-width: 720px) {
    .bar,
    .more {
      display: none;
    }
    .heads div {
      padding: 6px 0;
      text-align: center;
    }
    .week {
      grid-template-rows: 56px;
    }
    .day a {
      flex-direction: column;
      gap: 4px;
      height: 56px;
      padding: 6px 0 0;
    }
    .count {
      display: grid;
      place-items: center;
      min-width: 22px;
      height: 18px;
      padding: 0 5px;
      border: 1px solid var(--pw-maint);
      border-radius: var(--pw-r-full);
      background: var(--pw-maint-bg);
      color: var(--pw-maint);
      font-size: var(--pw-fs-1);
      font-weight: var(--pw-w-strong);
    }
  }
`;
