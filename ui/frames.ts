/**
 * The page's one drawing loop. An element says that it is dirty; in the next animation frame those that are dirty
 * and in sight (with a margin) are drawn, then the loop stops. Nothing runs while nothing changes, nothing is drawn
 * in a hidden tab: it is drawn once when the tab is shown again.
 */

export interface Drawn {
  /** Asks for a draw; as often as one likes, it is done once a frame. */
  mark(): void;
  /** To be called when the element leaves the page. */
  release(): void;
}

interface Item {
  readonly element: Element;
  readonly draw: () => void;
  isDirty: boolean;
  isInSight: boolean;
}

/** Elements are drawn a little before they scroll into sight. */
const margin = '120px';

const items = new Map<Element, Item>();
const dirty = new Set<Item>();
let isScheduled = false;

const sight = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      const item = items.get(entry.target);
      if (item === undefined) continue;
      item.isInSight = entry.isIntersecting;
      if (item.isInSight && item.isDirty) schedule(item);
    }
  },
  { rootMargin: margin },
);

const sizes = new ResizeObserver((entries) => {
  for (const entry of entries) {
    const item = items.get(entry.target);
    if (item !== undefined) mark(item);
  }
});

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) for (const item of items.values()) if (item.isDirty) schedule(item);
});

/** Draws `element` by `draw` when it is marked, in sight, or its size changes. */
export function drawnBy(element: Element, draw: () => void): Drawn {
  const item: Item = { element, draw, isDirty: true, isInSight: false };
  items.set(element, item);
  sight.observe(element);
  sizes.observe(element);
  return {
    mark: () => mark(item),
    release() {
      items.delete(element);
      dirty.delete(item);
      sight.unobserve(element);
      sizes.unobserve(element);
    },
  };
}

/** Every element: the colours have changed. */
export function markAll(): void {
  for (const item of items.values()) mark(item);
}

function mark(item: Item): void {
  item.isDirty = true;
  if (item.isInSight) schedule(item);
}

function schedule(item: Item): void {
  if (document.hidden) return;
  dirty.add(item);
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(drawAll);
}

function drawAll(): void {
  isScheduled = false;
  const batch = [...dirty];
  dirty.clear();
  for (const item of batch) {
    item.isDirty = false;
    item.draw();
  }
}

/** Device pixels per CSS pixel, at most 2: more cannot be told apart and costs four times as much. */
export function pixelRatio(): number {
  return Math.min(2, window.devicePixelRatio || 1);
}

/** A canvas of this size in CSS pixels, cleared, whose context draws in CSS pixels. */
export function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = pixelRatio();
  const deviceWidth = Math.round(width * ratio);
  const deviceHeight = Math.round(height * ratio);
  if (canvas.width !== deviceWidth) canvas.width = deviceWidth;
  if (canvas.height !== deviceHeight) canvas.height = deviceHeight;
  const context = canvas.getContext('2d');
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}
