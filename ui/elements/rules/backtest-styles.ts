/** Looks of the back-test strip. */
import { css } from 'lit';

export const backtestStyles = css`
  .panel {
    padding: 12px 16px;
  }
  .panel + .panel {
    margin-top: 12px;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 4px 8px;
    color: var(--pw-text-2);
  }
  header h3 {
    font-size: var(--pw-fs-3);
    color: var(--pw-text-1);
  }
  header b {
    font-size: var(--pw-fs-5);
    line-height: var(--pw-lh-5);
    font-weight: var(--pw-w-strong);
    color: var(--pw-text-1);
    word-spacing: 0.15em;
    white-space: nowrap;
  }
  .seg {
    align-self: center;
    margin-left: auto;
  }
  .was {
    flex-basis: 100%;
    color: var(--pw-text-3);
    font-size: var(--pw-fs-2);
  }
  .strip {
    display: flex;
    align-items: flex-start;
    gap: 8px;
    margin-top: 8px;
  }
  .strip > ul {
    flex: none;
    max-width: 40%;
  }
  li {
    display: flex;
    justify-content: space-between;
    gap: 8px;
    height: 21px;
    line-height: 21px;
    font-size: var(--pw-fs-1);
    color: var(--pw-text-3);
  }
  .name {
    max-width: 150px;
    color: var(--pw-text-3);
  }
  .name.fired {
    color: var(--pw-text-1);
  }
  .name:hover {
    text-decoration: underline;
  }
  .count {
    min-width: 18px;
    text-align: right;
  }
  canvas {
    flex: 1 1 0;
    min-width: 0;
    width: 0;
    cursor: pointer;
  }
  .strip.stale canvas {
    opacity: 0.7;
  }
  footer {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 16px;
    padding-top: 8px;
    font-size: var(--pw-fs-2);
    line-height: 16px;
    color: var(--pw-text-3);
  }
  footer .end,
  .quieter .end {
    margin-left: auto;
  }
  .key {
    display: inline-flex;
    align-items: center;
    gap: 5px;
  }
  .key i {
    forced-color-adjust: none;
    width: 14px;
    height: 10px;
    border-radius: 2px;
  }
  .key .fires {
    background: var(--pw-warn);
  }
  .key .held {
    border: 1px dashed var(--pw-warn);
  }
  .key .downtime {
    background: var(--pw-maint-bg);
    border-top: 2px solid var(--pw-maint);
  }
  .key .hole {
    border: 1px solid var(--pw-chart-gap);
    background: linear-gradient(135deg, transparent 45%, var(--pw-chart-gap) 45% 60%, transparent 60%);
  }
  .message {
    padding: 14px 0 6px;
    color: var(--pw-text-2);
  }
  .message .btn {
    margin-top: 8px;
  }
  .quieter {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    padding: 10px 16px;
    color: var(--pw-text-3);
    font-size: var(--pw-fs-2);
  }
  @media (max-width: 720px) {
    .name {
      max-width: 92px;
    }
    .seg {
      margin-left: 0;
      order: 3;
    }
  }
`;
