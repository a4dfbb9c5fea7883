/**
 * What the page of a host lives on while there is no WebSocket: its newest values with units, and its leading processes.
 */
import type { Processes } from '#core/message.ts';
import type { Layout } from '#core/series.ts';
import type { HubClient } from '../api/client.ts';
import { readHostProcesses } from '../api/processes.ts';
import { type HostSeriesList, readHostSeries } from '../api/series.ts';
import { unitOfKey } from '../model/names.ts';

/** A tick that was asked for instead of sent. */
export interface PolledHostTick {
  readonly timeMs: number;
  readonly layout: Layout;
  readonly values: Float64Array;
}

export interface PolledHostPage {
  /** null when it is not known. */
  readonly tick: PolledHostTick | null;
  readonly processes: Pick<Processes, 'atMs' | 'processes'> | null;
}

export interface PolledBefore {
  /** Of the round before; null at first. */
  readonly layout: Layout | null;
  /** Between two rounds: what lies between them is no gap. */
  readonly roundMs: number;
}

/** Asks for both. What fails is null: the next round will tell. */
export async function pollHost(client: HubClient, name: string, before: PolledBefore): Promise<PolledHostPage> {
  const [series, processes] = await Promise.all([readHostSeries(client, name), readHostProcesses(client, name)]);
  return {
    tick: series.kind === 'ok' ? polledTickOf(series.value, before) : null,
    processes: processes.kind === 'ok' ? processes.value : null,
  };
}

/** null before the first tick. The layout is the one before itself as long as the series are the same. */
export function polledTickOf(
  { timeMs, intervalMs, series }: HostSeriesList,
  { layout, roundMs }: PolledBefore,
): PolledHostTick | null {
  if (timeMs === null) return null;
  const stepMs = Math.max(intervalMs, roundMs);
  const own = series.map(({ key, unit, kind, intervalMs: seriesMs }) => ({
    ...{ key, kind, unit: unit === '' ? unitOfKey(key) : unit },
    every: Math.max(1, Math.round(seriesMs / stepMs)),
  }));
  const id = `polled ${JSON.stringify([stepMs, own])}`;
  return {
    timeMs,
    layout: layout?.id === id ? layout : { id, intervalMs: stepMs, series: own },
    values: Float64Array.from(series, ({ value }) => value ?? Number.NaN),
  };
}
