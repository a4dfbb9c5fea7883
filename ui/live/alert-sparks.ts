/**
 * Samples of the sparklines of alerts, for those rows that are in sight: whole spans now and then, the newest samples
 * every few seconds in between. Rows that want the same are asked for together.
 */
import { readHistory } from '../api/history.ts';
import type { Dashboard } from '../dashboard.ts';
import type { AlertItem } from '../model/alerts/alert-item.ts';
import {
  extended,
  groupBy,
  judgedValue,
  queriesOf,
  type SparkQuery,
  type SparkTrack,
  type SparkWant,
  trackOf,
} from '../model/alerts/spark-plan.ts';
import { passedMs } from './passed.ts';
import { Signal } from './signal.ts';

/** A sparkline has 150 pixels. */
const points = 150;
const newestMs = 2_000;
/** How far back the newest are asked for: longer without them, and the whole is asked for again. */
const newestSpanMs = 15_000;
const wholeMsMin = 60_000;

interface Spark {
  want: SparkWant;
  track: SparkTrack | null;
  /** By the hub's clock. */
  askedMs: number;
  isInSight: boolean;
}

export class AlertSparks {
  /** Samples came; whoever draws looks whether they are his. */
  readonly changed = new Signal();
  readonly #dashboard: Dashboard;
  readonly #sparks = new Map<string, Spark>();
  #newestAskedMs = Number.NEGATIVE_INFINITY;
  #isAskingWhole = false;
  #isAskingNewest = false;
  #unsubscribe: (() => void) | null = null;

  constructor(dashboard: Dashboard) {
    this.#dashboard = dashboard;
  }

  open(): void {
    this.#unsubscribe = this.#dashboard.ticked.subscribe(() => this.#second());
  }

  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#sparks.clear();
  }

  /** A row is in sight, or wants something else. */
  show(want: SparkWant): void {
    const spark = this.#sparks.get(want.key);
    if (spark === undefined) {
      this.#sparks.set(want.key, { want, track: null, askedMs: Number.NEGATIVE_INFINITY, isInSight: true });
      return;
    }
    const { host, series, spanMs, isRate } = spark.want;
    const isOther = host !== want.host || series !== want.series || isRate !== want.isRate;
    if (isOther) spark.track = null;
    if (isOther || spanMs !== want.spanMs) spark.askedMs = Number.NEGATIVE_INFINITY;
    spark.want = want;
    spark.isInSight = true;
  }

  /** It is kept for when it comes back into sight. */
  hide(key: string): void {
    const spark = this.#sparks.get(key);
    if (spark !== undefined) spark.isInSight = false;
  }

  /** null before it has been answered. */
  trackOf(key: string): SparkTrack | null {
    return this.#sparks.get(key)?.track ?? null;
  }

  /** What the rule of a row judges now; undefined before there is anything. */
  newestOf(key: string): number | undefined {
    const spark = this.#sparks.get(key);
    return spark?.track == null ? undefined : judgedValue(spark.track, spark.want.averageMs);
  }

  /** Of an open alert on a series what is judged now, once that is known; else the value at its last change. */
  valueOf({ key, phase, series, value }: Pick<AlertItem, 'key' | 'phase' | 'series' | 'value'>): number | null {
    return phase !== 'resolved' && series !== '' ? (this.newestOf(key) ?? value) : value;
  }

  #second(): void {
    if (document.hidden) return;
    const { hubMs } = this.#dashboard;
    const seen = [...this.#sparks.values()].filter(({ isInSight }) => isInSight);
    const due = seen.filter((spark) => isDue(spark, hubMs));
    if (due.length > 0 && !this.#isAskingWhole) this.#dashboard.background(this.#askWhole(due));
    const live = seen.filter(({ want, track }) => want.toMs === null && track !== null && !want.isRate);
    if (live.length === 0 || this.#isAskingNewest || passedMs(this.#newestAskedMs, hubMs) < newestMs) return;
    this.#newestAskedMs = hubMs;
    this.#dashboard.background(this.#askNewest(live));
  }

  async #askWhole(due: readonly Spark[]): Promise<void> {
    this.#isAskingWhole = true;
    const { hubMs } = this.#dashboard;
    for (const spark of due) spark.askedMs = hubMs;
    const spans = groupBy(
      due.map(({ want }) => want),
      ({ fromMs, toMs, spanMs }) => (toMs === null ? `${spanMs}` : `${fromMs} ${toMs}`),
    );
    for (const wants of spans.values()) {
      const { toMs, fromMs, spanMs } = wants[0]!;
      const endMs = toMs ?? hubMs;
      for (const query of queriesOf(wants))
        await this.#ask(query, { startMs: toMs === null ? endMs - spanMs : fromMs, endMs, points }, (spark, track) => {
          spark.track = track;
        });
    }
    this.#isAskingWhole = false;
  }

  async #askNewest(live: readonly Spark[]): Promise<void> {
    this.#isAskingNewest = true;
    const endMs = this.#dashboard.hubMs + 1_000;
    for (const query of queriesOf(live.map(({ want }) => want)))
      await this.#ask(query, { startMs: endMs - newestSpanMs, endMs, points: null }, (spark, track) => {
        spark.track = extended(spark.track ?? track, track, endMs - spark.want.spanMs);
      });
    this.#isAskingNewest = false;
  }

  /** What failed is asked again when it is due: a sparkline is worth no message of its own. */
  async #ask(
    { hosts, series, wants }: SparkQuery,
    span: { readonly startMs: number; readonly endMs: number; readonly points: number | null },
    take: (spark: Spark, track: SparkTrack) => void,
  ): Promise<void> {
    const asked = await readHistory(this.#dashboard.client, { hosts, series, ...span });
    if (asked.kind === 'failed') return;
    for (const want of wants) {
      const spark = this.#sparks.get(want.key);
      const found = asked.value.series.find((one) => one.host === want.host && one.series === want.series);
      if (spark === undefined) continue;
      if (found !== undefined) take(spark, trackOf(found, want.isRate));
      else spark.track ??= { times: [], values: [], gapMs: 0 };
    }
    this.changed.announce();
  }
}

/** What stands still is asked for once; what goes on, when a pixel has passed. */
function isDue({ want, track, askedMs }: Spark, nowMs: number): boolean {
  if (want.toMs !== null) return track === null && passedMs(askedMs, nowMs) > wholeMsMin;
  return passedMs(askedMs, nowMs) >= Math.max(wholeMsMin, want.spanMs / points);
}
