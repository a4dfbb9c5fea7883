/**
 * Metrics that are read at each scrape from what another thread has told last. Before it has told anything there are none: a
 * scraper must not take that for zero.
 */
import { Counter, Gauge, type Registry } from 'prom-client';

/** null: there is none now. */
export type GaugeReading<T> = readonly [name: string, help: string, read: (told: T) => number | null];
export type CounterReading<T> = readonly [name: string, help: string, read: (told: T) => number];

/** Registers them, each under its name with our prefix. `latest` is asked at each scrape. */
export function registerReadings<T>(
  registry: Registry,
  readings: { readonly gauges: readonly GaugeReading<T>[]; readonly counters: readonly CounterReading<T>[] },
  latest: () => T | null,
): void {
  const registers = [registry];
  for (const [name, help, read] of readings.gauges) {
    new Gauge({
      name: `pulsewire_hub_${name}`,
      help,
      registers,
      collect() {
        const told = latest();
        const value = told === null ? null : read(told);
        if (value === null) this.remove();
        else this.set(value);
      },
    });
  }
  for (const [name, help, read] of readings.counters) {
    new Counter({
      name: `pulsewire_hub_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        const told = latest();
        if (told !== null) this.inc(read(told));
      },
    });
  }
}
