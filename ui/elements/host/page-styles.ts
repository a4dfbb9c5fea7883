/** How the page of a host lays out its parts. */
import { css } from 'lit';

export const pageStyles = css`
  pw-toolbar {
    position: sticky;
    top: var(--pw-h-topbar);
    z-index: var(--pw-z-sticky);
  }
  .body {
    display: grid;
    grid-template-columns: minmax(0, 1fr) var(--pw-w-index);
    gap: 16px;
    padding: 8px 16px 64px;
  }
  pw-section-index {
    position: sticky;
    top: 104px;
    align-self: start;
  }
  section {
    scroll-margin-top: 92px;
  }
  section > header {
    display: flex;
    align-items: baseline;
    gap: 10px;
    padding: 12px 2px 8px;
    font-size: var(--pw-fs-2);
    color: var(--pw-text-3);
    min-width: 0;
  }
  section:first-child > header {
    padding-top: 4px;
  }
  h2 {
    color: var(--pw-text-1);
    white-space: nowrap;
  }
  .charts {
    display: grid;
    grid-template-columns: repeat(2, minmax(0, 1fr));
    gap: 8px;
    align-items: start;
  }
  .charts.columns-1 {
    grid-template-columns: minmax(0, 1fr);
  }
  .charts.columns-3 {
    grid-template-columns: repeat(3, minmax(0, 1fr));
  }
  .state {
    padding: 14vh 16px 0;
    text-align: center;
    color: var(--pw-text-3);
  }
  .state.above {
    padding-top: 24px;
  }
  .state h1 {
    color: var(--pw-text-1);
    margin-bottom: 4px;
    overflow-wrap: anywhere;
  }
  .state .btn {
    margin-top: 12px;
  }
  pw-skeleton {
    padding: 16px;
  }
  @media (max-width: 1100px) {
    .body {
      grid-template-columns: minmax(0, 1fr);
    }
    pw-section-index {
      position: static;
    }
  }
  @media (max-width: 720px) {
    .body {
      padding: 4px 12px 48px;
    }
    .charts,
    .charts.columns-3 {
      grid-template-columns: minmax(0, 1fr);
    }
  }
`;
