/** Paints one tile: its heat, and over it the shape of what is wrong. Hot path: thousands at the first paint. */
import { type TileMark, tileSize } from '../../model/overview/tiles.ts';
import { token, tokenWithAlpha } from '../../theme/canvas-tokens.ts';

const radius = 3;

/** `heat` is a step of the ramp, −1 for no value. */
export function paintTile(
  context: CanvasRenderingContext2D,
  { x, y }: { readonly x: number; readonly y: number },
  { heat, mark }: { readonly heat: number; readonly mark: TileMark },
): void {
  context.clearRect(x - 1, y - 1, tileSize + 2, tileSize + 2);
  switch (mark) {
    case 'none':
      fill(context, x, y, heat < 0 ? token('surface-3') : token(`heat-${heat}`));
      return;
    case 'down':
      fill(context, x, y, token('down'));
      context.strokeStyle = token('on-status');
      context.lineWidth = 1.6;
      context.beginPath();
      context.moveTo(x + 3.5, y + 3.5);
      context.lineTo(x + 8.5, y + 8.5);
      context.moveTo(x + 8.5, y + 3.5);
      context.lineTo(x + 3.5, y + 8.5);
      context.stroke();
      return;
    case 'critical':
      frame(context, x, y, token('crit'));
      context.beginPath();
      context.moveTo(x + 6, y + 2.6);
      context.lineTo(x + 9.4, y + 6);
      context.lineTo(x + 6, y + 9.4);
      context.lineTo(x + 2.6, y + 6);
      fillShape(context, token('crit'));
      return;
    case 'warning':
      frame(context, x, y, token('warn'));
      context.beginPath();
      context.moveTo(x + 6, y + 3);
      context.lineTo(x + 9.2, y + 8.8);
      context.lineTo(x + 2.8, y + 8.8);
      fillShape(context, token('warn'));
      return;
    case 'stale':
      paintStale(context, x, y);
      return;
    case 'downtime':
    case 'never':
      fill(context, x, y, mark === 'downtime' ? token('maint-bg') : token('surface-1'));
      context.strokeStyle = mark === 'downtime' ? token('maint') : token('text-3');
      context.lineWidth = 1;
      context.setLineDash([2, 1.6]);
      context.beginPath();
      context.roundRect(x + 0.5, y + 0.5, tileSize - 1, tileSize - 1, radius);
      context.stroke();
      context.setLineDash([]);
  }
}

/** A frame around the tile that the keyboard or the pointer is on. */
export function paintCursor(context: CanvasRenderingContext2D, { x, y }: { readonly x: number; readonly y: number }) {
  context.strokeStyle = token('focus');
  context.lineWidth = 2;
  context.beginPath();
  context.roundRect(x, y, tileSize, tileSize, radius);
  context.stroke();
}

function fill(context: CanvasRenderingContext2D, x: number, y: number, color: string): void {
  context.fillStyle = color;
  context.beginPath();
  context.roundRect(x, y, tileSize, tileSize, radius);
  context.fill();
}

function fillShape(context: CanvasRenderingContext2D, color: string): void {
  context.closePath();
  context.fillStyle = color;
  context.fill();
}

function frame(context: CanvasRenderingContext2D, x: number, y: number, color: string): void {
  fill(context, x, y, token('surface-1'));
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.beginPath();
  context.roundRect(x + 0.75, y + 0.75, tileSize - 1.5, tileSize - 1.5, radius);
  context.stroke();
}

function paintStale(context: CanvasRenderingContext2D, x: number, y: number): void {
  fill(context, x, y, tokenWithAlpha('stale', 0.25));
  context.save();
  context.beginPath();
  context.roundRect(x, y, tileSize, tileSize, radius);
  context.clip();
  context.strokeStyle = token('stale');
  context.lineWidth = 1.8;
  context.beginPath();
  for (let offset = 2; offset < tileSize * 2; offset += 5) {
    context.moveTo(x + offset, y);
    context.lineTo(x + offset - tileSize, y + tileSize);
  }
  context.stroke();
  context.restore();
}
