/** How much of something is used, as a bar in a cell of a table; the figure stands in the cell beside it. */
import { css, html, nothing, svg } from 'lit';

export const shareBarStyles = css`
  .share {
    min-width: 80px;
  }
  .share svg {
    width: 100%;
    border-radius: var(--pw-r-1);
  }
  .back {
    fill: var(--pw-surface-3);
  }
  .used {
    fill: var(--pw-c1);
  }
`;

/** `label`: for who does not see it, where no figure says the same. */
export function shareBar(percent: number, label = '') {
  return html`<svg
    height="8"
    viewBox="0 0 100 8"
    preserveAspectRatio="none"
    role=${label === '' ? nothing : 'img'}
    aria-label=${label === '' ? nothing : label}
    aria-hidden=${label === '' ? 'true' : nothing}
  >
    <rect class="back" width="100" height="8" />
    ${svg`<rect class="used" width=${percent} height="8" />`}
  </svg>`;
}
