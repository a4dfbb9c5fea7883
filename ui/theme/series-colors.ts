/** Classes `fill-c1`, `stroke-c1` … for the series and heat tokens: an SVG without inline style needs them. */
import { unsafeCSS } from 'lit';

const series = Array.from({ length: 9 }, (_, index) => `c${index + 1}`);
const heats = Array.from({ length: 9 }, (_, index) => `heat-${index}`);

export const fillStyles = unsafeCSS(
  [...series, ...heats].map((name) => `.fill-${name}{fill:var(--pw-${name})}`).join(''),
);
/** What lines are drawn in besides: quiet ones, a mean, one that stands out. */
const others = ['chart-gap', 'border-control', 'accent'];
export const strokeStyles = unsafeCSS(
  [...series, ...others].map((name) => `.stroke-${name}{stroke:var(--pw-${name})}`).join(''),
);
