/** Tokens for canvases, read from the style sheet once per theme and kept: `getComputedStyle` is too dear for each draw. */

let cache = new Map<string, string>();

/** Forgets what was read; to be called when the theme changes. */
export function forgetTokens(): void {
  cache = new Map();
  hatches.clear();
}

export function token(name: string): string {
  let value = cache.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--pw-${name}`).trim();
    cache.set(name, value);
  }
  return value;
}

/** A `#rrggbb` token with an alpha in 0..1. */
export function tokenWithAlpha(name: string, alpha: number): string {
  const hex = Math.round(alpha * 255);
  return `${token(name)}${hex.toString(16).padStart(2, '0')}`;
}

const hatches = new Map<string, CanvasPattern | null>();

/** Diagonal hatching for spans without data; made once per theme and device pixel ratio. */
export function hatch(context: CanvasRenderingContext2D, pixelRatio: number): CanvasPattern | string {
  const color = token('chart-gap');
  const id = `${color} ${pixelRatio}`;
  let pattern = hatches.get(id);
  if (pattern === undefined) {
    const size = 6 * pixelRatio;
    const tile = document.createElement('canvas');
    tile.width = tile.height = size;
    const draw = tile.getContext('2d');
    if (draw !== null) {
      draw.strokeStyle = color;
      draw.lineWidth = pixelRatio;
      draw.beginPath();
      // Three strokes, so that the corners of neighbouring tiles meet.
      for (const offset of [-size, 0, size]) {
        draw.moveTo(offset, size);
        draw.lineTo(offset + size, 0);
      }
      draw.stroke();
    }
    pattern = context.createPattern(tile, 'repeat');
    hatches.set(id, pattern);
  }
  return pattern ?? color;
}
