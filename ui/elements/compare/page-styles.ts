/** How the page of comparisons is laid out: chart beside ranking, one below the other where it is narrow. */
import { css } from 'lit';

export const compareStyles = css`
  :host {
    padding: 12px 16px 48px;
  }
  pw-compare-hosts {
    padding: 10px 0;
  }
  .body {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 468px;
    gap: 12px;
    align-items: start;
  }
  .old {
    opacity: 0.6;
  }
  @media (max-width: 1100px) {
    .body {
      grid-template-columns: minmax(0, 1fr);
    }
    /* The ranking belongs to the large chart, and stands before other metrics. */
    .body > div {
      display: contents;
    }
    pw-compare-others {
      order: 1;
    }
  }
  @media (max-width: 720px) {
    :host {
      padding: 8px 12px 48px;
    }
  }
`;
