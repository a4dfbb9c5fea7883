/** Looks of the table of hosts. */
import { css } from 'lit';
import { sharedStyles } from '../../theme/shared.ts';
import { groupHeadStyles } from './group-head.ts';

export const tableStyles = [
  sharedStyles,
  groupHeadStyles,
  css`
    .table {
      background: var(--pw-surface-1);
      border: 1px solid var(--pw-border-1);
      border-radius: var(--pw-r-3);
      font-size: var(--pw-fs-2);
    }
    .table:focus-visible {
      outline: none;
    }
    .heads,
    .row {
      display: grid;
      grid-template-columns: var(--grid);
      align-items: center;
    }
    .heads {
      position: sticky;
      top: var(--pw-h-topbar);
      z-index: var(--pw-z-sticky);
      height: 30px;
      background: var(--pw-surface-2);
      border-bottom: 1px solid var(--pw-border-1);
      border-radius: var(--pw-r-3) var(--pw-r-3) 0 0;
      color: var(--pw-text-2);
      font-size: var(--pw-fs-1);
      font-weight: var(--pw-w-medium);
    }
    .head {
      padding-right: 12px;
      white-space: nowrap;
    }
    .head.load,
    .head.uptime,
    .head.age {
      text-align: right;
    }
    .head button {
      display: inline-flex;
      align-items: center;
      gap: 3px;
      height: 24px;
      margin-left: -6px;
      padding: 0 6px;
      border: 0;
      border-radius: 4px;
      background: none;
      cursor: pointer;
    }
    .head.status button {
      width: 28px;
      margin-left: 4px;
    }
    .head button:hover {
      background: var(--pw-surface-3);
    }
    .head[aria-sort] {
      color: var(--pw-text-1);
    }
    .body {
      position: relative;
      overflow: hidden;
      border-radius: 0 0 var(--pw-r-3) var(--pw-r-3);
    }
    .row,
    .group-row {
      position: absolute;
      left: 0;
      right: 0;
      top: 0;
      contain: strict;
    }
    .row {
      height: var(--row);
      border-bottom: 1px solid var(--pw-border-1);
      cursor: pointer;
    }
    .row:hover {
      background: var(--pw-surface-2);
    }
    .table:focus .row[data-current] {
      background: var(--pw-surface-3);
    }
    .table:focus-visible .row[data-current] {
      outline: 2px solid var(--pw-focus);
      outline-offset: -2px;
    }
    .group-row {
      height: 32px;
      background: var(--pw-surface-2);
      border-bottom: 1px solid var(--pw-border-1);
    }
    .group-row .group {
      padding: 0 8px;
      height: 31px;
    }
    .group::after {
      display: none;
    }
    .body > canvas {
      position: absolute;
      left: 0;
      top: 0;
      z-index: 1;
      pointer-events: none;
    }
    .cell {
      min-width: 0;
      padding-right: 12px;
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
    }
    .cell.status {
      display: grid;
      place-items: center;
      padding: 0;
    }
    .cell.alerts {
      display: flex;
      align-items: center;
      height: 100%;
    }
    .cell.host a {
      display: block;
      color: inherit;
      font-weight: var(--pw-w-medium);
    }
    .cell.alias,
    .cell.tags,
    .cell.age b {
      color: var(--pw-text-3);
    }
    .cell.number {
      text-align: right;
    }
    .cell b {
      font-weight: var(--pw-w-regular);
    }
    .cell small {
      font-size: inherit;
      color: var(--pw-text-3);
    }
    .row.quiet .cell.number b {
      color: var(--pw-text-3);
    }
    .row.down .cell.age b {
      color: var(--pw-down);
      font-weight: var(--pw-w-medium);
    }
    .row.stale .cell.age b {
      color: var(--pw-warn);
      font-weight: var(--pw-w-medium);
    }
    .row.downtime .cell.age b {
      color: var(--pw-maint);
      font-weight: var(--pw-w-medium);
    }
    .cell[data-heat='warning'] b {
      color: var(--pw-warn);
      font-weight: var(--pw-w-strong);
    }
    .cell[data-heat='critical'] b {
      color: var(--pw-crit);
      font-weight: var(--pw-w-strong);
    }
  `,
];
