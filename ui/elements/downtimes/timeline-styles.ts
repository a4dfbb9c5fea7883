/** The sheet of the timeline: names at the left, tracks of equal columns at the right, bars and the line of now on them. */
import { css } from 'lit';

export const timelineStyles = css`
  :host {
    --name: 236px;
    border: 1px solid var(--pw-border-1);
    border-radius: var(--pw-r-3);
    background: var(--pw-surface-1);
    overflow: hidden;
  }
  .scroll {
    position: relative;
    overflow-x: auto;
  }
  .sheet {
    position: relative;
    min-width: calc(var(--name) + 392px);
  }
  .sheet.month {
    min-width: 900px;
  }
  .head,
  .row {
    display: grid;
    grid-template-columns: var(--name) minmax(0, 1fr);
  }
  .head {
    height: 40px;
    border-bottom: 1px solid var(--pw-border-1);
    font-size: var(--pw-fs-2);
  }
  .name {
    position: sticky;
    left: 0;
    z-index: 2;
    display: flex;
    align-items: center;
    gap: 6px;
    min-width: 0;
    padding: 0 12px;
    background: var(--pw-surface-1);
    color: var(--pw-text-3);
  }
  .head .name {
    line-height: 16px;
  }
  .columns {
    display: grid;
    grid-template-columns: repeat(var(--columns), minmax(0, 1fr));
  }
  .columns > div {
    border-left: 1px solid var(--pw-border-1);
    white-space: nowrap;
  }
  .head .columns > div {
    padding: 4px 0 0 8px;
    line-height: 16px;
    color: var(--pw-text-3);
  }
  .month .head .columns > div {
    padding-left: 0;
    text-align: center;
  }
  .day .head .columns > div {
    padding: 12px 0 0 4px;
    overflow: visible;
  }
  .head b {
    display: block;
    color: var(--pw-text-1);
    font-weight: var(--pw-w-medium);
  }
  .columns > .weekend {
    background: color-mix(in srgb, var(--pw-surface-2) 60%, transparent);
  }
  .columns > .today {
    background: var(--pw-surface-2);
  }
  .day .columns > .today {
    background: none;
  }
  .row {
    min-height: 48px;
    border-bottom: 1px solid var(--pw-border-1);
  }
  section:last-of-type .row:last-child {
    border-bottom: 0;
  }
  .row:hover .name,
  .row:hover .track {
    background: color-mix(in srgb, var(--pw-surface-2) 50%, var(--pw-surface-1));
  }
  .row.drafted .name {
    background: var(--pw-surface-1);
  }
  .open {
    display: block;
    flex: 1;
    min-width: 0;
    padding: 6px 0;
    border: 0;
    background: none;
    font-size: var(--pw-fs-2);
    line-height: 16px;
    text-align: left;
  }
  button.open {
    cursor: pointer;
  }
  .line {
    display: flex;
    align-items: center;
    gap: 6px;
    color: var(--pw-text-3);
  }
  .line b {
    font-size: var(--pw-fs-3);
    line-height: 20px;
    font-weight: var(--pw-w-medium);
    color: var(--pw-text-1);
  }
  .below {
    display: block;
    color: var(--pw-text-3);
  }
  .file {
    padding: 0 4px;
    border-radius: var(--pw-r-1);
    background: var(--pw-surface-3);
    color: var(--pw-text-2);
    font-size: var(--pw-fs-1);
  }
  .track {
    position: relative;
    cursor: pointer;
  }
  .track .columns {
    position: absolute;
    inset: 0;
  }
  .group {
    height: 28px;
    border-bottom: 1px solid var(--pw-border-1);
    background: var(--pw-surface-2);
    font-size: var(--pw-fs-2);
    color: var(--pw-text-3);
  }
  .stuck {
    position: sticky;
    left: 12px;
    z-index: 2;
    display: inline-flex;
    align-items: center;
    gap: 8px;
    height: 27px;
    white-space: nowrap;
  }
  .stuck h3 {
    color: var(--pw-text-1);
  }
  .nothing {
    padding: 20px 12px;
    color: var(--pw-text-3);
  }
  .bar {
    position: absolute;
    top: 10px;
    height: 28px;
    min-width: 8px;
    border: 1px solid var(--pw-maint);
    border-radius: 4px;
    background: var(--pw-maint-bg);
    color: var(--pw-maint);
    font-size: var(--pw-fs-1);
    line-height: 26px;
  }
  .bar > span {
    position: absolute;
    top: 0;
    left: calc(100% + 5px);
    white-space: nowrap;
    color: var(--pw-text-2);
  }
  .bar.left > span {
    right: calc(100% + 5px);
    left: auto;
  }
  .bar.inside > span {
    left: 6px;
    color: inherit;
  }
  .bar.past {
    border-color: color-mix(in srgb, var(--pw-maint) 55%, transparent);
  }
  .bar.past.right > span,
  .bar.past.left > span {
    color: var(--pw-text-3);
  }
  .bar.active {
    background: var(--pw-maint);
    color: var(--pw-on-status);
  }
  .bar.active.inside > span {
    font-weight: var(--pw-w-strong);
  }
  .bar.draft {
    border-style: dashed;
    background: repeating-linear-gradient(45deg, transparent 0 4px, var(--pw-maint-bg) 4px 8px);
  }
  .now {
    position: absolute;
    top: 24px;
    bottom: 0;
    left: calc(var(--name) + (100% - var(--name)) * var(--share));
    z-index: 1;
    border-left: 1.5px solid var(--pw-accent);
    pointer-events: none;
  }
  .now span {
    position: absolute;
    top: -2px;
    left: 4px;
    padding: 0 4px;
    border-radius: var(--pw-r-1);
    background: var(--pw-accent-solid);
    color: var(--pw-on-accent);
    font-size: var(--pw-fs-1);
    line-height: 16px;
    font-weight: var(--pw-w-strong);
  }
  .day .now,
  .month .now {
    top: 40px;
  }
  @media (max-width: 1100px) {
    /* It would hide the day. */
    .week .now span {
      display: none;
    }
  }
  .day .now span,
  .month .now span {
    top: 6px;
  }
  .now.late span {
    right: 4px;
    left: auto;
  }
  @media (max-width: 1100px) {
    :host {
      --name: 190px;
    }
  }
  @media (max-width: 720px) {
    :host {
      --name: 150px;
    }
    .name {
      border-right: 1px solid var(--pw-border-1);
    }
    .name .btn {
      display: none;
    }
  }
  @media (forced-colors: active) {
    .bar.active {
      background: CanvasText;
    }
  }
`;
