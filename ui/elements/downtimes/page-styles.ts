/** The page of downtimes: the form beside the view, or above it where the page is narrow. */
import { css } from 'lit';

export const downtimesStyles = css`
  :host {
    padding: 12px 16px 48px;
  }
  .lay.split {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 392px;
    gap: 12px;
    align-items: start;
  }
  .split pw-downtime-form {
    grid-area: 1 / 2;
    position: sticky;
    top: 60px;
    max-height: calc(100vh - 116px);
  }
  .split .main {
    grid-area: 1 / 1;
  }
  .main {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 12px;
    min-width: 0;
  }
  .block {
    height: 320px;
    border-radius: var(--pw-r-3);
    background: var(--pw-surface-2);
  }
  .problem-bar,
  .gone {
    display: flex;
    align-items: center;
    gap: 12px;
    margin-bottom: 12px;
    padding: 6px 12px;
    border-radius: var(--pw-r-2);
    background: var(--pw-down-bg);
    color: var(--pw-text-1);
  }
  .gone {
    background: var(--pw-info-bg);
  }
  .problem-bar .btn,
  .gone .btn {
    margin-left: auto;
  }
  .empty {
    max-width: 480px;
    margin: 10vh auto 0;
    text-align: center;
    color: var(--pw-text-2);
  }
  .empty h2 {
    margin-bottom: 6px;
    color: var(--pw-text-1);
  }
  .empty .btn {
    margin-top: 16px;
  }
  @media (prefers-reduced-motion: no-preference) {
    .block {
      animation: breathe 1.4s ease-in-out infinite;
    }
    @keyframes breathe {
      50% {
        opacity: 0.5;
      }
    }
  }
  @media (max-width: 1250px) {
    /* The bar takes two lines. */
    .split pw-downtime-form {
      max-height: calc(100vh - 156px);
    }
  }
  @media (max-width: 1000px) {
    .lay.split {
      grid-template-columns: minmax(0, 1fr);
    }
    .split pw-downtime-form {
      grid-area: auto;
      position: static;
      max-height: none;
    }
    .split .main {
      grid-area: auto;
    }
  }
  @media (max-width: 720px) {
    :host {
      padding: 8px 12px 32px;
    }
  }
`;
