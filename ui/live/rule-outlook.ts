/**
 * What a rule means for the hosts that are there: series that it looks at, the unit of its limits, what it would have
 * said of the last days, and quieter rules to be tried. Follows whatever rule it is told of, as fast as the hub answers.
 */
import type { RuleSpec } from '#core/rule-spec.ts';
import { type ListedDowntime, readDowntimes } from '../api/downtimes.ts';
import { backtestRule } from '../api/rules.ts';
import type { Dashboard } from '../dashboard.ts';
import { type BacktestQuestion, BacktestRun, type SideQuestion } from '../model/rules/backtest-run.ts';
import { optionQuestion, savedQuestion, unheldQuestion } from '../model/rules/backtest-view.ts';
import { type PastDowntime, pastDowntimes, type WindowsOf } from '../model/rules/past-downtimes.ts';
import { type QuieterOption, quieterOptions } from '../model/rules/quieter-options.ts';
import { rankSeries, unitOfFound } from '../model/rules/rank-series.ts';
import { comparedUnit } from '../model/rules/rule-text.ts';
import { type FoundSeries, MatchingSeries } from './matching-series.ts';
import { MetricChoices } from './metric-choices.ts';
import { Signal } from './signal.ts';

/** While something is dragged: with more samples minutes are judged, which is there at once. */
const hastySamplesMax = 2_000_000;
const dayMs = 86_400_000;
/** Of one downtime: each hour of thirty days. */
const windowsMax = 720;

export class RuleOutlook {
  readonly changed = new Signal();
  readonly matching: MatchingSeries;
  readonly choices: MetricChoices;
  readonly run: BacktestRun;
  readonly #dashboard: Dashboard;
  readonly #unsubscribes: readonly (() => void)[];
  #spec: RuleSpec | null = null;
  /** The rule as it is kept, if it is another. */
  #saved: RuleSpec | null = null;
  #days = 7;
  #isDragging = false;
  #askedFor = '';
  #options: readonly QuieterOption[] = [];
  #downtimes: readonly ListedDowntime[] = [];
  #windowsOf: WindowsOf = () => [];
  #pastFor = '';
  #past: readonly PastDowntime[] = [];

  constructor(dashboard: Dashboard) {
    const { client, fleet, background } = dashboard;
    const hubMs = () => dashboard.hubMs;
    this.#dashboard = dashboard;
    this.matching = new MatchingSeries({ client, fleet, hubMs, after, background });
    this.choices = new MetricChoices({ client, background });
    this.run = new BacktestRun({
      ask: ({ spec, days, isHasty }, signal) => {
        const span = { startMs: hubMs() - days * dayMs, endMs: hubMs() };
        const bound = isHasty ? { rawSamples: hastySamplesMax } : {};
        return backtestRule(client, { name: '', spec, isEnabled: true }, { ...span, ...bound, signal });
      },
      after,
      nowMs: () => performance.now(),
      background,
    });
    this.#unsubscribes = [
      this.matching.changed.subscribe(() => this.#update()),
      this.choices.changed.subscribe(() => this.changed.announce()),
    ];
    background(this.#readDowntimes());
  }

  get days(): number {
    return this.#days;
  }

  get options(): readonly QuieterOption[] {
    return this.#options;
  }

  /** Unit of the series, undefined while it is not known. */
  get seriesUnit(): string | undefined {
    return unitOfFound(this.matching.found);
  }

  /** Unit of what is compared with the limits. */
  get unit(): string {
    return this.#spec === null ? '' : comparedUnit(this.#spec.subject, this.seriesUnit);
  }

  /** Series for the chart, the one nearest to firing first. */
  get shown(): readonly FoundSeries[] {
    const subject = this.#spec?.subject;
    return rankSeries(this.matching.found, subject?.kind === 'series' ? subject.condition : null);
  }

  /** Why there is no back-test; '' when there is. */
  get whyNone(): string {
    const kind = this.#spec?.subject.kind;
    if (kind === 'hostDown' || kind === 'clockSkew')
      return 'There is no back-test of this: only values are stored, not whether a host was away or its clock off.';
    return kind === undefined ? 'The back-test waits for a rule that makes sense.' : '';
  }

  /** Of the days that are looked at. Looked up again for other days or hosts, not while something is dragged. */
  get downtimes(): readonly PastDowntime[] {
    const names = this.matching.hostNames;
    const wanted = JSON.stringify([this.#downtimes.length, this.#days, names]);
    if (wanted === this.#pastFor) return this.#past;
    this.#pastFor = wanted;
    const meant = new Set(names);
    const endMs = this.#dashboard.hubMs;
    this.#past = pastDowntimes(this.#downtimes, {
      hosts: this.#dashboard.fleet.hosts.filter(({ name }) => meant.has(name)),
      span: { startMs: endMs - this.#days * dayMs, endMs },
      windowsOf: this.#windowsOf,
    });
    return this.#past;
  }

  /** The rule as it is typed; null while none makes sense. `saved`: as it is kept, where that is another. */
  follow(spec: RuleSpec | null, saved: RuleSpec | null): void {
    this.#spec = spec;
    this.#saved = saved;
    const subject = spec?.subject;
    const series = subject?.kind === 'series' || subject?.kind === 'silence' ? subject.series : null;
    this.matching.want(series === null || spec === null ? null : { hosts: spec.hosts, series });
    this.#update();
  }

  drag(isDragging: boolean): void {
    this.#isDragging = isDragging;
    // What was approximate while it was dragged is looked at closely.
    if (!isDragging) this.#ask();
  }

  look(days: number): void {
    this.#days = days;
    this.#ask();
    this.changed.announce();
  }

  retry(): void {
    this.#askedFor = '';
    this.#ask();
  }

  release(): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.matching.release();
    this.choices.release();
    this.run.release();
  }

  #update(): void {
    this.choices.want(this.matching.hostNames);
    this.#ask();
    this.changed.announce();
  }

  /** Asks what the rule would have said, if it is another rule than that which was asked for last. */
  #ask(): void {
    if (this.#spec === null || this.whyNone !== '') {
      this.#askedFor = '';
      this.run.want(null);
      return;
    }
    const spec = judgedPartOf(this.#spec);
    const question: BacktestQuestion = { spec, days: this.#days, isHasty: this.#isDragging };
    const wanted = JSON.stringify([question, this.#saved, this.seriesUnit]);
    if (wanted === this.#askedFor) return;
    this.#askedFor = wanted;
    this.#options = quieterOptions(spec, this.seriesUnit);
    this.run.want(question, this.#isDragging ? [] : this.#sideQuestions(question));
  }

  #sideQuestions(question: BacktestQuestion): readonly SideQuestion[] {
    const { spec } = question;
    const of = (id: string, other: RuleSpec): SideQuestion => ({ id, question: { ...question, spec: other } });
    return [
      ...(spec.forMs > 0 ? [of(unheldQuestion, { ...spec, forMs: 0, keepFiringMs: 0 })] : []),
      ...(this.#saved === null ? [] : [of(savedQuestion, judgedPartOf(this.#saved))]),
      ...this.#options.map((option, index) => of(optionQuestion(index), option.spec)),
    ];
  }

  /** What knows their windows is large, and loaded where there are some. */
  async #readDowntimes(): Promise<void> {
    const asked = await readDowntimes(this.#dashboard.client);
    if (asked.kind === 'failed' || asked.value.length === 0) return;
    const { isReadable, windowsBetween } = await import('#core/schedule.ts');
    this.#windowsOf = (schedule, { startMs, endMs }) =>
      isReadable(schedule) ? windowsBetween(schedule, { fromMs: startMs, toMs: endMs, countMax: windowsMax }) : [];
    this.#downtimes = asked.value;
    this.changed.announce();
  }
}

/** What a back-test looks at: other texts and channels make no other answer, and no new question. */
function judgedPartOf(spec: RuleSpec): RuleSpec {
  return {
    ...spec,
    severity: 'warning',
    summary: '',
    message: '',
    channels: null,
    groupBy: [],
    repeatMs: null,
    escalations: [],
    overrides: spec.overrides.map(({ severity: _, ...rest }) => rest),
  };
}

function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}
