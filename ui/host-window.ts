/**
 * What all charts of a host's page share: the ring, and the span of time they show. Live, its right edge is the newest
 * tick; a host that fell silent lets the edge run ahead, so that its silence is seen. Paused, it stands still while
 * ticks go on filling the ring.
 */
import type { Dashboard, OpenHost } from './dashboard.ts';
import { windowMs } from './dashboard.ts';
import type { Window } from './model/chart-data.ts';
import type { HostRing } from './ring.ts';
import { Signal } from './signal.ts';

/** A zoom into less shows a handful of ticks as thick steps. */
const windowMsMin = 5_000;

export class HostWindow {
  /** New ticks, or another span. */
  readonly changed = new Signal();
  readonly #dashboard: Dashboard;
  readonly #open: OpenHost;
  readonly #unsubscribes: readonly (() => void)[];
  #fixed: Window | null = null;
  #spanMs = windowMs;

  constructor(dashboard: Dashboard, open: OpenHost) {
    this.#dashboard = dashboard;
    this.#open = open;
    this.#unsubscribes = [
      open.stream.changed.subscribe(() => {
        if (this.#fixed === null) this.changed.announce();
      }),
      dashboard.ticked.subscribe(() => {
        if (this.#fixed === null && this.#isSilent) this.changed.announce();
      }),
    ];
  }

  get ring(): HostRing {
    return this.#open.stream.ring;
  }

  get isPaused(): boolean {
    return this.#fixed !== null;
  }

  get window(): Window {
    if (this.#fixed !== null) return this.#fixed;
    const newestMs = this.ring.newestMs ?? this.#dashboard.hubMs;
    const toMs = this.#isSilent ? this.#dashboard.hubMs : newestMs;
    return { fromMs: toMs - this.#spanMs, toMs };
  }

  pause(): void {
    this.#fixed = this.window;
    this.changed.announce();
  }

  goLive(): void {
    this.#fixed = null;
    this.#spanMs = windowMs;
    this.changed.announce();
  }

  zoom(window: Window): void {
    const spanMs = Math.max(windowMsMin, window.toMs - window.fromMs);
    this.#fixed = { fromMs: window.fromMs, toMs: window.fromMs + spanMs };
    this.changed.announce();
  }

  release(): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
  }

  /** The link is fine, and yet nothing has come for three intervals. */
  get #isSilent(): boolean {
    const { newestMs, layout } = this.ring;
    if (newestMs === null || !this.#dashboard.isLive) return false;
    return this.#dashboard.hubMs - newestMs > Math.max(3_000, 3 * (layout?.intervalMs ?? 1_000));
  }
}
