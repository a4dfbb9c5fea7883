/**
 * Back-test: what a rule would have said of the past. Blocks are read a few hosts, or a few days of one, at a time, the
 * next while the last are judged, so that memory holds two of these pieces whatever the span; what a rule knows of a
 * series goes on from piece to piece.
 *
 * The ticks themselves are judged while the span holds no more samples than asked for and raw has all of it, else the
 * minute tier by minimum and maximum. Each piece is a snapshot of its own. A tick that is stored while this runs is met in
 * memory or in the snapshot of its piece, and once: see `query.ts`.
 */
import { dayMs, dayStartMs } from '#core/calendar.ts';
import { limitsOf } from '#core/rule.ts';
import type { RuleOverride, RuleSpec } from '#core/rule-spec.ts';
import { hostMatcherOf, type SelectableHost, seriesMatcherOf } from '#core/selector.ts';
import type { BacktestAnswer, BacktestRequest } from './backtest-request.ts';
import { BacktestResult } from './backtest-result.ts';
import { HostTrial } from './host-trial.ts';
import { QueryLimitError, type QueryPorts, readKnown } from './known-blocks.ts';
import { planQuery, type QueryPlan } from './query-plan.ts';
import type { Span } from './query-request.ts';
import { SeriesNumbering } from './series-numbering.ts';
import type { TrialRule } from './series-trial.ts';
import type { StoredBlock, StoredBlocks } from './stored-blocks.ts';
import { Turn } from './turn.ts';

/** Values read at once: 16 MB as doubles, and what they take in the database's answer. */
const pieceValuesWanted = 2_000_000;
const pieceValuesMax = 4 * pieceValuesWanted;
/** Values of one back-test in the minute tier, four a bucket: 30 s. */
const minuteValuesMax = 200_000_000;
/** Series of all hosts together: some KB each. */
const seriesMax = 20_000;
const minuteMs = 60_000;

/** Rejects with QueryLimitError, with the signal's reason once it is aborted, or as the store does. */
export async function runBacktest(
  ports: QueryPorts,
  request: BacktestRequest,
  signal: AbortSignal,
): Promise<BacktestAnswer> {
  return await new Backtest(ports, request, signal).run();
}

type Tier = BacktestAnswer['tier'];

/** Some hosts and some of the span. */
interface Piece extends Span {
  readonly hosts: readonly HostTrial[];
}

interface Size {
  readonly tier: Tier;
  readonly coarserBy: BacktestAnswer['coarserBy'];
  /** Of all hosts and the whole span. */
  readonly valueCount: number;
}

/** What of a tier a span has. */
interface Counted {
  readonly valueCount: number;
  /** Days that have chunks of some host, whatever the tier. */
  readonly days: readonly number[];
  readonly floor: number;
}

class Backtest {
  readonly #ports: QueryPorts;
  readonly #request: BacktestRequest;
  readonly #signal: AbortSignal;
  readonly #numbering: SeriesNumbering;
  readonly #hosts: readonly HostTrial[];
  readonly #turn = new Turn();
  readonly #startedMs = performance.now();
  #samplesRead = 0;
  #seriesCount = 0;

  constructor(ports: QueryPorts, request: BacktestRequest, signal: AbortSignal) {
    const { spec } = request;
    const ruleOf = compileRule(spec);
    const selector = 'series' in spec.subject ? spec.subject.series : { patterns: [], labels: {} };
    this.#ports = ports;
    this.#request = request;
    this.#signal = signal;
    this.#numbering = new SeriesNumbering(seriesMatcherOf(selector));
    this.#hosts = request.hosts.flatMap((host) => {
      const rule = ruleOf(host);
      return rule === null ? [] : [new HostTrial({ host, rule, numbering: this.#numbering, span: request })];
    });
  }

  async run(): Promise<BacktestAnswer> {
    const size = await this.#size();
    if (this.#request.spec.subject.kind === 'silence' && size.tier !== 'raw')
      throw new QueryLimitError(
        'Cannot back-test rule: silence is only seen in raw ticks: ask for fewer hosts, or a span that raw still has whole',
      );
    const pieces = this.#cut(size);
    let next = this.#read(pieces[0], size);
    for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
      const found = await next;
      if (found === null) pieces.unshift(...this.#halve(piece));
      next = this.#read(pieces[0], size);
      // Whoever waits for it may be gone by then.
      next.catch(() => {});
      if (found !== null) await this.#judge(piece, { tier: size.tier, ...found });
    }
    return this.#answer(size);
  }

  /** How much there is, and so which tier it will be. */
  async #size(): Promise<Size> {
    const raw = await this.#count('raw', this.#request);
    if (await this.#hasLostRaw(raw)) return await this.#minuteSize('retention');
    if (raw.valueCount > this.#request.rawSamplesMax) return await this.#minuteSize('limit');
    return { tier: 'raw', coarserBy: null, valueCount: raw.valueCount };
  }

  async #minuteSize(coarserBy: Size['coarserBy']): Promise<Size> {
    const { valueCount } = await this.#count('minute', this.#request);
    if (valueCount <= minuteValuesMax) return { tier: 'minute', coarserBy, valueCount };
    throw new QueryLimitError(
      `Cannot back-test rule: at most ${minuteValuesMax} values of the minute tier are read for it: got ${valueCount}: ask for fewer hosts or a shorter span`,
    );
  }

  /** Days may have been let go, or written without their ticks, as those of simulated hosts are. */
  async #hasLostRaw({ days, floor }: Counted): Promise<boolean> {
    if (days.length === 0) return false;
    const day = Math.min(...days);
    if (day < floor) return true;
    const { startMs, endMs } = this.#request;
    const span = { startMs: Math.max(startMs, dayStartMs(day)), endMs: Math.min(endMs, dayStartMs(day + 1)) };
    if (span.startMs >= span.endMs) return false;
    return (await this.#count('raw', span)).valueCount === 0 && (await this.#count('minute', span)).valueCount > 0;
  }

  async #count(tier: Tier, span: Span): Promise<Counted> {
    const plan = planOf(span, tier);
    const hostIds = this.#hosts.map(({ host }) => host.hostId);
    const ask = () => ({ plan, streamIds: [], wantsGaps: false, samplesMax: -1 });
    const stored = await readKnown(this.#ports, { numbering: this.#numbering, hostIds, ask }, this.#signal);
    const days = [...new Set([...stored.days.values()].flatMap((known) => known.map(({ day }) => day)))];
    return { valueCount: stored.sampleCount, days, floor: stored.floors[tier] };
  }

  /** Some hosts over the whole span, or single hosts over some days of it. */
  #cut({ valueCount }: Size): Piece[] {
    const { startMs, endMs } = this.#request;
    const hostCount = Math.max(1, this.#hosts.length);
    const hostsAtOnce = Math.max(1, Math.floor((pieceValuesWanted * hostCount) / Math.max(1, valueCount)));
    const timesPerHost = Math.ceil(valueCount / hostCount / pieceValuesWanted);
    const widthMs = Math.max(dayMs, Math.ceil((endMs - startMs) / Math.max(1, timesPerHost) / dayMs) * dayMs);
    const pieces: Piece[] = [];
    for (let first = 0; first < this.#hosts.length; first += hostsAtOnce) {
      const hosts = this.#hosts.slice(first, first + hostsAtOnce);
      // At midnight, so that no chunk is read twice.
      let fromMs = startMs;
      while (fromMs < endMs) {
        const toMs = Math.min(endMs, Math.floor(fromMs / dayMs) * dayMs + widthMs);
        pieces.push({ hosts, startMs: fromMs, endMs: toMs });
        fromMs = toMs;
      }
    }
    return pieces;
  }

  /** Two of a piece that was too large: of its hosts, or of its days in order. */
  #halve({ hosts, startMs, endMs }: Piece): Piece[] {
    const half = Math.ceil(hosts.length / 2);
    if (hosts.length > 1)
      return [hosts.slice(0, half), hosts.slice(half)].map((some) => ({ hosts: some, startMs, endMs }));
    const middleMs = Math.floor((startMs + (endMs - startMs) / 2) / minuteMs) * minuteMs;
    if (middleMs <= startMs)
      throw new QueryLimitError(
        `Cannot back-test rule: at most ${pieceValuesMax} values of one host and minute are read: got more`,
      );
    return [
      { hosts, startMs, endMs: middleMs },
      { hosts, startMs: middleMs, endMs },
    ];
  }

  /** null when it is too much at once. */
  async #read(
    piece: Piece | undefined,
    { tier }: Size,
  ): Promise<{ readonly plan: QueryPlan; readonly stored: StoredBlocks } | null> {
    if (piece === undefined) return null;
    const plan = planOf(piece, tier);
    const hostIds = piece.hosts.map(({ host }) => host.hostId);
    const own = new Set(hostIds);
    const streamIds = [
      ...new Set(this.#request.parts.flatMap((part) => (own.has(part.hostId) ? [part.streamId] : []))),
    ];
    const ask = () => ({ plan, streamIds, wantsGaps: false, samplesMax: pieceValuesMax });
    const stored = await readKnown(this.#ports, { numbering: this.#numbering, hostIds, ask }, this.#signal);
    return stored.sampleCount > pieceValuesMax ? null : { plan, stored };
  }

  async #judge(
    piece: Piece,
    { tier, plan, stored }: { readonly tier: Tier; readonly plan: QueryPlan; readonly stored: StoredBlocks },
  ): Promise<void> {
    const byHost = new Map<number, StoredBlock[]>(piece.hosts.map(({ host }) => [host.hostId, []]));
    for (const block of stored.blocks) byHost.get(block.hostId)?.push(block);
    this.#samplesRead += tier === 'raw' ? stored.sampleCount : stored.sampleCount / 2;
    for (const trial of piece.hosts) {
      const { hostId } = trial.host;
      const parts = this.#request.parts.filter((part) => part.hostId === hostId);
      const seriesBefore = trial.seriesCount;
      await trial.judge({ tier, plan, stored, parts, blocks: byHost.get(hostId) ?? [] }, () => this.#giveWay());
      this.#seriesCount += trial.seriesCount - seriesBefore;
      if (this.#seriesCount > seriesMax)
        throw new QueryLimitError(`Cannot back-test rule: at most ${seriesMax} series are judged: got more`);
    }
  }

  async #giveWay(): Promise<void> {
    await this.#turn.yield();
    this.#signal.throwIfAborted();
  }

  #answer({ tier, coarserBy }: Size): BacktestAnswer {
    const { startMs, endMs } = this.#request;
    const result = new BacktestResult();
    for (const trial of this.#hosts) trial.end(result);
    return {
      startMs,
      endMs,
      hostCount: this.#hosts.length,
      seriesCount: this.#seriesCount,
      ...result.lists(),
      tier,
      coarserBy,
      isApproximate: tier !== 'raw',
      samplesRead: this.#samplesRead,
      durationMs: performance.now() - this.#startedMs,
    };
  }
}

function planOf(span: Span, tier: Tier): QueryPlan {
  const resolution = tier === 'raw' ? ({ kind: 'raw' } as const) : ({ kind: 'step', stepMs: minuteMs } as const);
  return planQuery({ ...span, resolution, tierMin: tier, rawSamples: Number.POSITIVE_INFINITY });
}

/** What the rule says for a host, overrides applied; null when it does not mean it. */
function compileRule(spec: RuleSpec): (host: SelectableHost) => TrialRule | null {
  const isMeant = hostMatcherOf(spec.hosts);
  const overrides = spec.overrides.map((override) => ({
    isMeant: hostMatcherOf(override.hosts),
    rule: override.isEnabled === false ? null : trialRuleOf(spec, override),
  }));
  const rule = trialRuleOf(spec, {});
  return (host) => {
    if (!isMeant(host)) return null;
    const override = overrides.find((one) => one.isMeant(host));
    return override === undefined ? rule : override.rule;
  };
}

function trialRuleOf(spec: RuleSpec, override: Pick<RuleOverride, 'condition' | 'forMs'>): TrialRule {
  const { subject, keepFiringMs } = spec;
  const durations = { forMs: override.forMs ?? spec.forMs, keepFiringMs };
  switch (subject.kind) {
    case 'series': {
      const limits = limitsOf(override.condition ?? subject.condition, durations);
      return { kind: 'series', limits, input: subject.input, silentIntervals: subject.noDataIntervals };
    }
    case 'silence': {
      const limits = limitsOf({ kind: 'above', threshold: 0.5, recovery: null }, durations);
      return { kind: 'silence', limits, input: { kind: 'value' }, silentIntervals: subject.intervals };
    }
    case 'hostDown':
    case 'clockSkew':
      throw new QueryLimitError(
        'Cannot back-test rule: only what is stored can be looked at again, not whether a host was down or its clock off',
      );
  }
}
