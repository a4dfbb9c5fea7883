/**
 * Values that cross a threshold at known ticks: square waves laid over a data set, so that a scenario knows which
 * transitions there must be, of which series, and when each was due. Pure.
 *
 *   high        ┌──┐  ┌──┐
 *   data set ───┘  └──┘  └───────   fromTick, then every halfTicks, until toTick
 */

export interface Wave {
  /** Host of the data set. */
  readonly host: number;
  readonly metric: number;
  /** The first tick that is high, from 0. */
  readonly fromTick: number;
  /** Ticks for which it stays high, and then low. */
  readonly halfTicks: number;
  /** From here on the data set's own value stands; whatever the wave was. */
  readonly toTick: number;
  readonly high: number;
}

export type WavesByHost = ReadonlyMap<number, readonly Wave[]>;

/** A change of a wave: `isHigh` from this tick on. */
export interface Crossing {
  readonly tick: number;
  readonly isHigh: boolean;
}

export function wavesByHost(waves: readonly Wave[]): Map<number, readonly Wave[]> {
  const byHost = new Map<number, Wave[]>();
  for (const wave of waves) {
    const known = byHost.get(wave.host);
    if (known === undefined) byHost.set(wave.host, [wave]);
    else known.push(wave);
  }
  return byHost;
}

export function isHigh({ fromTick, toTick, halfTicks }: Wave, tick: number): boolean {
  return tick >= fromTick && tick < toTick && Math.floor((tick - fromTick) / halfTicks) % 2 === 0;
}

/** Every change of the wave before `endTick`, in order. */
export function crossingsOf(wave: Wave, endTick: number): Crossing[] {
  const crossings: Crossing[] = [];
  for (let tick = wave.fromTick; tick < Math.min(wave.toTick, endTick); tick += wave.halfTicks)
    crossings.push({ tick, isHigh: isHigh(wave, tick) });
  if (wave.toTick < endTick && isHigh(wave, wave.toTick - 1)) crossings.push({ tick: wave.toTick, isHigh: false });
  return crossings;
}

/** Longer than any run. */
const endless = 1_000_000_000;

/** The wave up to `tick`, and from there on what it is at that tick, for good. */
export function freezeWave(wave: Wave, tick: number): Wave[] {
  if (tick >= wave.toTick || tick < wave.fromTick) return [{ ...wave, toTick: Math.min(wave.toTick, tick) }];
  const before = { ...wave, toTick: tick };
  return isHigh(wave, tick) ? [before, { ...wave, fromTick: tick, halfTicks: endless, toTick: endless }] : [before];
}

/** Writes what is high at this tick into a column of float64. Returns whether something was. */
export function writeWaves(column: DataView, waves: readonly Wave[], tick: number): boolean {
  let isWritten = false;
  for (const wave of waves) {
    if (!isHigh(wave, tick)) continue;
    column.setFloat64(wave.metric * 8, wave.high, true);
    isWritten = true;
  }
  return isWritten;
}
