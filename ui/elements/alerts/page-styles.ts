/** How the page of alerts is laid out: list and detail side by side, one at a time on a phone. */
import { css } from 'lit';

export const alertsStyles = css`
  :host {
    padding: 12px 16px 48px;
  }
  .layout {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 12px;
    align-items: start;
  }
  .layout.split {
    grid-template-columns: minmax(0, 1fr) 432px;
  }
  pw-alert-detail {
    position: sticky;
    top: 60px;
    max-height: calc(100dvh - 72px);
    overflow-y: auto;
  }
  .layout.alone pw-alert-detail {
    position: static;
    max-height: none;
  }
  .note {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 12px;
    min-height: 36px;
    margin-bottom: 12px;
    padding: 6px 12px;
    border-radius: var(--pw-r-2);
    background: var(--pw-warn-bg);
    color: var(--pw-text-1);
  }
  .more {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: center;
    gap: 6px 12px;
    padding: 12px;
    color: var(--pw-text-3);
  }
  @media (max-width: 720px) {
    :host {
      padding: 8px 12px 32px;
    }
  }
`;
