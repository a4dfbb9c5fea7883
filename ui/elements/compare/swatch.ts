/** How a line is drawn, in small: colour and dash. Classes, since the page may have no inline style. */
import { css, html } from 'lit';
import type { LineLook } from '../../model/compare/colors.ts';
import { strokeStyles } from '../../theme/series-colors.ts';

const dashPatterns = ['none', '5 3', '2 2', '7 2 2 2'];

export const swatchStyles = [
  strokeStyles,
  css`
    .stroke-chart-gap {
      stroke: var(--pw-border-control);
    }
  `,
];

export function swatch({ color, dash }: LineLook) {
  return html`<svg width="18" height="6" viewBox="0 0 18 6" fill="none" aria-hidden="true">
    <path class="stroke-${color}" d="M0 3h18" stroke-width="2.4" stroke-dasharray=${dashPatterns[dash] ?? 'none'} />
  </svg>`;
}
