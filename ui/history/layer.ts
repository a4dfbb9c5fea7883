/**
 * What is known from storage at one step: a track for each series that was looked at, and what the answers said of
 * themselves. A window has one layer a step, so that zooming out again asks for nothing.
 */
import type { QueriedAnswer } from '#core/query-columns.ts';
import type { Tier } from '#core/tier.ts';
import type { Gap } from '../model/charts/chart-data.ts';
import type { Batch } from './batches.ts';
import { emptyTrack, joinTracks, type Track, trimTrack } from './track.ts';

export interface LostTicks extends Gap {
  readonly reason: string;
  readonly tickCount: number;
}

export interface AnswerFacts {
  readonly tier: Tier;
  readonly coarserBy: QueriedAnswer['coarserBy'];
  /** Since when each tier has everything that it ever had, epoch ms; null where nothing has gone. */
  readonly sinceMs: Readonly<Record<Tier, number | null>>;
  /** Width of a bucket, ms; 0 for samples. */
  readonly stepMs: number;
}

interface Accepted {
  readonly batch: Batch;
  readonly answer: QueriedAnswer;
  readonly keepFromMs: number;
}

export class HistoryLayer {
  /** 0 for samples. */
  readonly stepMs: number;
  /** Of the newest answer; null before the first. */
  facts: AnswerFacts | null = null;
  readonly #tracks = new Map<string, Map<string, Track>>();
  readonly #lost = new Map<string, LostTicks[]>();

  constructor(stepMs: number) {
    this.stepMs = stepMs;
  }

  track(host: string, key: string): Track | null {
    return this.#tracks.get(host)?.get(key) ?? null;
  }

  /** Ticks that this host gave up, in order of time. */
  lostOf(host: string): readonly LostTicks[] {
    return this.#lost.get(host) ?? [];
  }

  /** Takes what was asked for by `batch`; what lies before `keepFromMs` is let go. */
  accept(batch: Batch, answer: QueriedAnswer, keepFromMs: number): void {
    const found = new Map(answer.series.map((series) => [`${series.host}\n${series.series}`, series]));
    let stepMs = Number.POSITIVE_INFINITY;
    for (const host of batch.hosts) {
      for (const key of batch.keys) {
        const series = found.get(`${host}\n${key}`);
        // Slow series have wider buckets of their own; what all were given is the narrowest.
        if (series?.content.kind === 'buckets') stepMs = Math.min(stepMs, series.content.stepMs);
        const fresh: Track =
          series === undefined
            ? emptyTrack(batch, this.stepMs)
            : { fromMs: batch.fromMs, toMs: batch.toMs, intervalMs: series.intervalMs, content: series.content };
        this.#put(host, key, trimTrack(joinTracks(this.track(host, key), fresh), keepFromMs));
      }
      this.#acceptLost(host, { batch, answer, keepFromMs });
    }
    const { tier, coarserBy, sinceMs } = answer;
    this.facts = { tier, coarserBy, sinceMs, stepMs: Number.isFinite(stepMs) ? stepMs : this.stepMs };
  }

  #put(host: string, key: string, track: Track): void {
    const tracks = this.#tracks.get(host);
    if (tracks === undefined) this.#tracks.set(host, new Map([[key, track]]));
    else tracks.set(key, track);
  }

  #acceptLost(host: string, { batch, answer, keepFromMs }: Accepted): void {
    const { fromMs, toMs } = batch;
    const isKept = (gap: Gap) => gap.toMs > keepFromMs && (gap.toMs <= fromMs || gap.fromMs >= toMs);
    const kept = this.lostOf(host).filter(isKept);
    const fresh = answer.gaps.filter((gap) => gap.host === host);
    const all = [...kept, ...fresh.map(({ fromMs, toMs, reason, tickCount }) => ({ fromMs, toMs, reason, tickCount }))];
    this.#lost.set(
      host,
      all.sort((a, b) => a.fromMs - b.fromMs),
    );
  }
}
