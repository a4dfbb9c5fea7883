/**
 * The hub's own metrics in Prometheus text. Counters of the engine are plain numbers, read when asked for; this
 * file gives them names and base units.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AccessRoom } from './access/access-room.ts';
import { type AuditLog, queuedEntriesMax } from './access/audit-log.ts';
import { registerAccessMetrics } from './access-metrics.ts';
import { channelsMax, downtimesMax, rulesMax, silencesMax } from './alert-forms.ts';
import { queuedEventsMax } from './alerting/event-queue.ts';
import type { UpkeepReport } from './archive/upkeep.ts';
import type { Engine } from './engine.ts';
import type { HttpAnswer } from './http.ts';
import { type CounterReading, type GaugeReading, registerReadings } from './metric-readings.ts';
import { registerNoticeMetrics } from './notice-metrics.ts';
import type { NoticesReport } from './notices/notice-methods.ts';
import { backtestsWaitingMax, heldBytesMax, queriesMax, queriesWaitingMax } from './query-slots.ts';
import { registerStorageMetrics } from './storage-metrics.ts';
import type { RemovalCounters } from './store/removal.ts';

const noUpkeep: UpkeepReport = {
  isRunning: false,
  lastMs: null,
  lastDurationMs: null,
  runs: 0,
  compaction: { hosts: 0, batches: 0, ticks: 0, samples: 0, chunks: 0, bytes: 0, rivals: 0 },
  rollups: { days: 0, months: 0, chunks: 0, bytes: 0, rivals: 0 },
};

export class HubMetrics {
  readonly #registry = new Registry();
  readonly #refused: Counter;
  readonly loopDelay: Histogram;
  #engine: Engine | null = null;

  constructor(audit: AuditLog) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, prefix: 'pulsewire_hub_' });
    this.#refused = new Counter({
      name: 'pulsewire_hub_refused_total',
      help: 'Messages and requests refused, by code',
      labelNames: ['code'],
      registers,
    });
    this.loopDelay = new Histogram({
      name: 'pulsewire_hub_event_loop_delay_seconds',
      help: 'How much later than asked for a timer of 100 ms fires',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1],
      registers,
    });
    for (const [name, help, read] of [...counters, ...upkeepCounters]) {
      new Counter({ name: `pulsewire_hub_${name}`, help, registers, collect: this.#collector(read) });
    }
    for (const [name, help, read] of gauges) {
      new Gauge({ name: `pulsewire_hub_${name}`, help, registers, collect: this.#collector(read) });
    }
    registerReadings(this.#registry, { gauges: auditGauges, counters: auditCounters }, () => audit);
    registerStorageMetrics(this.#registry, () => this.#engine?.keeper.newest ?? null);
    registerNoticeMetrics(this.#registry, () => this.#notices);
  }

  /** For parts that are not of the engine. */
  get registry(): Registry {
    return this.#registry;
  }

  attach(engine: Engine): void {
    this.#engine = engine;
  }

  attachAccess(access: AccessRoom): void {
    registerAccessMetrics(this.#registry, access);
  }

  refused(code: string): void {
    this.#refused.inc({ code });
  }

  /** All of them as they are now, the newest figures of the other threads included. */
  async readings(): Promise<MetricReading[]> {
    await this.#readThreads();
    const metrics = await this.#registry.getMetricsAsJSON();
    return metrics.map(({ name, help, values }) => ({
      name: name.replace(/^pulsewire_hub_/, ''),
      help,
      values: (values as MetricReading['values']).map(({ labels, value }) => ({ labels, value })),
    }));
  }

  async answer(): Promise<HttpAnswer> {
    await this.#readThreads();
    return { status: 200, type: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  /** Sets the metric to what the engine says now. */
  #collector(read: Reading[2]) {
    const self = this;
    return function collect(this: Counter | Gauge): void {
      const value = self.#engine === null ? 0 : read(self.#engine, self.#storage, self.#upkeep);
      if (this instanceof Gauge) this.set(value);
      else {
        this.reset();
        this.inc(value);
      }
    };
  }

  #storage: StorageNumbers = {
    statementCount: 0,
    statementSeconds: 0,
    storedRows: 0,
    repeatCount: 0,
    cutBatches: 0,
    expiredTicks: 0,
    hostsLeft: 0,
    removedRows: 0,
  };

  #upkeep: UpkeepReport = noUpkeep;
  #notices: NoticesReport | null = null;

  /** What the other threads count. */
  async #readThreads(): Promise<void> {
    if (this.#engine === null) return;
    const { storage, archive } = this.#engine;
    const [stored, upkeep, removal, notices] = await Promise.all([
      storage.call('counters', null),
      archive.call('upkeepReport', null),
      archive.call('removalCounters', null),
      archive.call('noticesReport', null),
      // While the database is away the last account stands.
      this.#engine.readAccount().catch(() => null),
    ]);
    this.#storage = { ...stored, ...removal };
    this.#upkeep = upkeep;
    this.#notices = notices;
  }
}

const auditGauges: readonly GaugeReading<AuditLog>[] = [
  ['audit_queued_entries', 'Entries of the audit log that wait for the database', ({ count }) => count],
  ['audit_queued_entries_max', 'Bound of audit_queued_entries', () => queuedEntriesMax],
];

const auditCounters: readonly CounterReading<AuditLog>[] = [
  ['audit_entries_total', 'Entries of the audit log that were written', ({ writtenCount }) => writtenCount],
  [
    'audit_merged_total',
    'Refused requests that were written as the count of another',
    ({ mergedCount }) => mergedCount,
  ],
  [
    'audit_lost_total',
    'Entries that are only in the log, as too many waited or one was unfit',
    ({ lostCount }) => lostCount,
  ],
];

/** One metric: its name without our prefix, and its values by their labels. */
export interface MetricReading {
  readonly name: string;
  readonly help: string;
  readonly values: readonly { readonly labels: Readonly<Record<string, string | number>>; readonly value: number }[];
}

interface StorageNumbers extends RemovalCounters {
  readonly statementCount: number;
  readonly statementSeconds: number;
  readonly storedRows: number;
  readonly repeatCount: number;
  readonly cutBatches: number;
  readonly expiredTicks: number;
}

type Reading = readonly [
  name: string,
  help: string,
  read: (engine: Engine, storage: StorageNumbers, upkeep: UpkeepReport) => number,
];

const counters: readonly Reading[] = [
  ['queries_total', 'Reads of history that were run', ({ history }) => history.slots.answeredCount],
  ['queries_refused_total', 'Reads of history refused as too many waited', ({ history }) => history.slots.refusedCount],
  ['backtests_total', 'Back-tests that were run', ({ history }) => history.backtestSlots.answeredCount],
  [
    'backtests_refused_total',
    'Back-tests refused as too many waited',
    ({ history }) => history.backtestSlots.refusedCount,
  ],
  ['messages_received_total', 'Messages from agents', ({ agents }) => agents.framesReceived],
  ['received_bytes_total', 'Bytes of messages from agents', ({ agents }) => agents.bytesReceived],
  ['ticks_accepted_total', 'Ticks accepted for storing', ({ intake }) => intake.counters.acceptedTicks],
  ['samples_accepted_total', 'Samples accepted for storing', ({ intake }) => intake.counters.acceptedSamples],
  ['ticks_replayed_total', 'Accepted ticks that came as replay', ({ intake }) => intake.counters.replayedTicks],
  ['items_duplicate_total', 'Items dropped because they were known', ({ intake }) => intake.counters.duplicateItems],
  ['nacks_total', 'Nacks sent to agents', ({ intake }) => intake.counters.nacks],
  ['ticks_refused_total', 'Ticks refused for their content', ({ intake }) => intake.counters.refusedTicks],
  ['batches_sealed_total', 'Batches sealed', ({ intake }) => intake.counters.sealedBatches],
  [
    'batches_forgotten_total',
    'Batches given up in memory; their agents send them again',
    ({ intake }) => intake.counters.forgottenBatches,
  ],
  ['flights_total', 'Flights handed to the storage thread', ({ intake }) => intake.counters.flights],
  ['flush_statements_total', 'Ingest statements run', (_, storage) => storage.statementCount],
  ['flush_duration_seconds_total', 'Time spent in ingest statements', (_, storage) => storage.statementSeconds],
  ['flush_rows_total', 'Rows given to ingest statements', (_, storage) => storage.storedRows],
  ['flush_repeats_total', 'Statements repeated because their outcome was unknown', (_, storage) => storage.repeatCount],
  ['flush_cut_total', 'Batches cut because a rival had stored their beginning', (_, storage) => storage.cutBatches],
  ['ticks_expired_total', 'Ticks older than raw reaches back, stored as gaps', (_, storage) => storage.expiredTicks],
  ['ticks_published_total', 'Ticks published to viewers', ({ fanout }) => fanout.publishedCount],
  ['removed_rows_total', 'Rows of removed hosts that this hub has removed', (_, { removedRows }) => removedRows],
  ['ticks_judged_total', 'Ticks judged by alert rules', ({ alerts }) => alerts.judge.counters.judgedTicks],
  [
    'ticks_judged_late_total',
    'Ticks not judged by alert rules as they came late',
    ({ alerts }) => alerts.judge.counters.lateTicks,
  ],
  ['alerts_fired_total', 'Alerts that fired', ({ alerts }) => alerts.alerting.counters.fired],
  ['alerts_resolved_total', 'Alerts that resolved', ({ alerts }) => alerts.alerting.counters.resolved],
  [
    'alert_events_told_total',
    'Events of alerts that people are told of',
    ({ alerts }) => alerts.alerting.counters.told,
  ],
  [
    'alert_events_quiet_total',
    'Events of alerts that nobody is told of: downtimes, silences, outages, no channel',
    ({ alerts }) => alerts.alerting.counters.quiet,
  ],
  [
    'alert_events_refused_total',
    'Events of alerts that another hub had made happen already',
    ({ alerts }) => alerts.alerting.counters.refused,
  ],
  [
    'alert_events_failed_total',
    'Events of alerts that could not be recorded',
    ({ alerts }) => alerts.alerting.counters.failed,
  ],
  [
    'script_audits_dropped_total',
    'Refusals and first runs of scripts that one agent reported too many of for the audit log',
    ({ scriptReports }) => scriptReports.droppedAudits,
  ],
  ['viewers_closed_slow_total', 'Viewers closed because they read too slowly', ({ fanout }) => fanout.closedSlowCount],
];

const upkeepCounters: readonly Reading[] = [
  ['compacted_batches_total', 'Batches made into chunks', (_, __, { compaction }) => compaction.batches],
  ['compacted_samples_total', 'Samples written into chunks', (_, __, { compaction }) => compaction.samples],
  ['compacted_bytes_total', 'Bytes of chunks written', (_, __, { compaction }) => compaction.bytes],
  ['rolled_days_total', 'Days of hosts rolled up to minutes', (_, __, { rollups }) => rollups.days],
  ['rolled_months_total', 'Months of hosts rolled up to hours', (_, __, { rollups }) => rollups.months],
  ['rolled_bytes_total', 'Bytes of rollups written', (_, __, { rollups }) => rollups.bytes],
  [
    'upkeep_rivals_total',
    'Statements of upkeep undone because another hub or new data was faster',
    (_, __, { compaction, rollups }) => compaction.rivals + rollups.rivals,
  ],
  ['upkeep_runs_total', 'Runs of compaction and rollups', (_, __, { runs }) => runs],
];

const gauges: readonly Reading[] = [
  ['queries_running', 'Reads of history under way', ({ history }) => history.slots.runningCount],
  ['queries_running_max', 'Bound of queries_running', () => queriesMax],
  ['queries_waiting', 'Reads of history that wait for their turn', ({ history }) => history.slots.waitingCount],
  ['queries_waiting_max', 'Bound of queries_waiting', () => queriesWaitingMax],
  ['alert_rules', 'Rules of alerts', ({ alertBook }) => alertBook.counts.rule],
  ['alert_rules_max', 'Bound of alert_rules', () => rulesMax],
  ['alert_channels', 'Channels that notices go to', ({ alertBook }) => alertBook.counts.channel],
  ['alert_channels_max', 'Bound of alert_channels', () => channelsMax],
  ['alert_downtimes', 'Downtimes', ({ alertBook }) => alertBook.counts.downtime],
  ['alert_downtimes_max', 'Bound of alert_downtimes', () => downtimesMax],
  ['alert_silences', 'Silences, some of which may have expired', ({ alertBook }) => alertBook.counts.silence],
  ['alert_silences_max', 'Bound of alert_silences', () => silencesMax],
  [
    'script_reports_waiting_agents',
    'Agents whose reports of scripts wait for the database',
    ({ scriptReports }) => scriptReports.waitingCount,
  ],
  ['backtests_waiting', 'Back-tests that wait for their turn', ({ history }) => history.backtestSlots.waitingCount],
  ['backtests_waiting_max', 'Bound of backtests_waiting', () => backtestsWaitingMax],
  ['answer_held_bytes', 'Bytes of answers that clients have not read yet', ({ history }) => history.slots.heldBytes],
  ['answer_held_bytes_max', 'Bound of answer_held_bytes', () => heldBytesMax],
  ['agents', 'Connected agents', ({ agents }) => agents.connectionCount],
  ['hosts', 'Known hosts', ({ registry }) => registry.count],
  ['removed_hosts', 'Removed hosts of which rows are left', (_, { hostsLeft }) => hostsLeft],
  ['viewers', 'Open dashboards', ({ fanout }) => fanout.viewerCount],
  ['viewers_behind', 'Viewers that get nothing until they have caught up', ({ fanout }) => fanout.behindCount],
  ['viewer_buffered_bytes', 'Bytes queued at the slowest viewer', ({ fanout }) => fanout.bufferedBytesMax()],
  ['queued_bytes', 'Bytes that wait for the database', ({ intake }) => intake.queuedBytes],
  ['queued_bytes_max', 'Bound of queued_bytes', ({ intake }) => intake.queuedBytesMax],
  ['credit_bytes', 'Credit of a newly connected agent', ({ intake }) => intake.creditBytes],
  ['push_waiting_bytes', 'Bytes of pushed bodies that wait for the database', ({ pusher }) => pusher.waitingBytes],
  [
    'unstored_seconds',
    'Age of the oldest tick that is not stored',
    ({ intake }) => intake.unstoredMs(Date.now()) / 1_000,
  ],
  ['alert_rule_series', 'Rules on series of hosts that tick', ({ alerts }) => alerts.judge.ruleSeriesCount],
  [
    'alert_rule_series_omitted',
    'Rules on series that are not judged, as their host has more than 100,000',
    ({ alerts }) => alerts.judge.omittedRuleSeriesCount,
  ],
  ['alert_series_missing', 'Series whose values fail or are missing', ({ alerts }) => alerts.judge.troubleCount],
  ['alerts_pending', 'Targets of rules that are pending', ({ alerts }) => alerts.judge.pendingCount],
  ['alerts_firing', 'Targets of rules that fire', ({ alerts }) => alerts.judge.firingCount],
  ['alert_hosts_away', 'Hosts that are away without having said so', ({ alerts }) => alerts.judge.awayCount],
  ['alert_events_queued', 'Events of alerts that wait for the database', ({ alerts }) => alerts.alerting.queuedCount],
  ['alert_events_queued_max', 'Bound of alert_events_queued', () => queuedEventsMax],
  ['ring_bytes', 'Memory of all rings', ({ registry }) => registry.ringBytes],
  ['ring_bytes_max', 'Bound of ring_bytes', ({ registry }) => registry.ringBytesMax],
  ['upkeep_running', '1 while compaction or rollups run', (_, __, { isRunning }) => (isRunning ? 1 : 0)],
  [
    'upkeep_last_duration_seconds',
    'How long the last run of compaction and rollups took',
    (_, __, { lastDurationMs }) => (lastDurationMs ?? 0) / 1_000,
  ],
  ['ring_window_seconds', 'Time that rings reach back', ({ registry }) => registry.ringWindowMs / 1_000],
];
