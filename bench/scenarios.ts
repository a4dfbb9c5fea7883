/**
 * The scenarios as rows of data: each in full, and small enough for CI (`smoke`), where it checks what is stored
 * and no speed. The targets that the full rows are held against are in `README.md`.
 */

export interface IngestScenario {
  readonly kind: 'ingest';
  readonly agentCount: number;
  readonly metricCount: number;
  /** Ticks of the data set before it goes round: 200 × 50 × 500 doubles are 40 MB. */
  readonly datasetTicks: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** With `--peers`, which are given as many samples and take minutes for what is stored here in seconds. */
  readonly peersMeasureMs: number;
  readonly seed: number;
}

export interface SteadyScenario {
  readonly kind: 'steady';
  readonly agentCount: number;
  readonly metricCount: number;
  readonly intervalMs: number;
  readonly viewerCount: number;
  readonly hostsPerViewer: number;
  /** Series of each host in the overview. */
  readonly overviewKeys: number;
  readonly connectsPerSec: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  readonly seed: number;
}

export interface IdleScenario {
  readonly kind: 'idle';
  readonly agentCount: number;
  /** Agents that have come before memory is read for the first time: heaps and pools have grown by then. */
  readonly warmupCount: number;
  readonly metricCount: number;
  readonly connectsPerSec: number;
  /** Before memory is read, before and after the agents come. */
  readonly settleMs: number;
  readonly seed: number;
}

export interface ReconnectScenario {
  readonly kind: 'reconnect';
  readonly agentCount: number;
  /**
   * Agents come back spread over the 15 s of their backoff, which with 60 series bounds the replay rate at 0.5 million
   * samples/s whatever the hub does; 150 leave room to see it.
   */
  readonly metricCount: number;
  /** More than the ticks of one replay: a data set that goes round inside a block would deflate to nothing. */
  readonly datasetTicks: number;
  readonly intervalMs: number;
  readonly viewerCount: number;
  readonly hostsPerViewer: number;
  readonly connectsPerSec: number;
  readonly warmupMs: number;
  readonly downMs: number;
  /** After the last replay. */
  readonly settleMs: number;
  readonly seed: number;
}

export interface KillScenario {
  readonly kind: 'kill';
  readonly agentCount: number;
  readonly intervalMs: number;
  readonly runCount: number;
  /** Random wait between two faults. */
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
  readonly seed: number;
}

export interface KillPastScenario {
  readonly kind: 'killpast';
  readonly agentCount: number;
  readonly metricCount: number;
  readonly datasetTicks: number;
  readonly intervalMs: number;
  /** Days of backlog, up to last midnight; a part of it comes before each fault. */
  readonly dayCount: number;
  readonly runCount: number;
  /** A fault comes at a random moment up to this long after upkeep was asked for. */
  readonly strikeMsMax: number;
  readonly seed: number;
}

export interface KillSimulateScenario {
  readonly kind: 'killsimulate';
  readonly hostCount: number;
  readonly days: number;
  readonly perHour: number;
  readonly runCount: number;
  /** A fault comes at a random moment after the simulator was started. */
  readonly strikeMsMin: number;
  readonly strikeMsMax: number;
  readonly seed: number;
}

export interface StartScenario {
  readonly kind: 'start';
  /** Ticks of this machine that must be seen. */
  readonly tickCount: number;
}

export interface CompactScenario {
  readonly kind: 'compact';
  readonly agentCount: number;
  readonly metricCount: number;
  readonly intervalMs: number;
  /** Ticks of every host that are compacted, stored as batches of `batchTicks`. */
  readonly tickCount: number;
  /** 10 at one second: what the default of `batchAgeMs` makes. */
  readonly batchTicks: number;
  /** Hosts whose values differ; compaction looks at one host at a time. */
  readonly datasetHosts: number;
  readonly flood: { readonly agentCount: number; readonly metricCount: number; readonly measureMs: number };
  readonly live: {
    readonly agentCount: number;
    readonly viewerCount: number;
    readonly warmupMs: number;
    readonly measureMs: number;
  };
  readonly connectsPerSec: number;
  readonly seed: number;
}

export interface StorageScenario {
  readonly kind: 'storage';
  /** What is stored, each in a database of its own; all spans end at the last midnight. */
  readonly runs: readonly { readonly hours: number; readonly intervalMs: number; readonly hostCount: number }[];
  /** Over what the bytes written to the disk are counted. */
  readonly written: { readonly hours: number; readonly hostCount: number };
  /** Rows of the plain table: its bytes per row do not depend on it. */
  readonly plainRows: number;
  /** Days that each tier keeps by default. */
  readonly retentionDays: { readonly raw: number; readonly minute: number; readonly hour: number };
  readonly seed: number;
}

export interface QueryScenario {
  readonly kind: 'query';
  readonly hostCount: number;
  readonly metricCount: number;
  /** Ticks of the data set before it goes round. */
  readonly datasetTicks: number;
  /** Days before the day before the last: a tick a minute; only their rollups are read. */
  readonly pastDays: number;
  /** Ticks a second from then on; so many of the newest seconds are in batches of `batchTicks`, the rest in chunks. */
  readonly batchSeconds: number;
  readonly batchTicks: number;
  readonly pointsMax: number;
  readonly seriesTogether: number;
  readonly warmupCount: number;
  readonly measureCount: number;
  /** Starts of hub and PostgreSQL, each followed by one query. */
  readonly coldCount: number;
  readonly seed: number;
}

export interface SimulateScenario {
  readonly kind: 'simulate';
  readonly hostCount: number;
  readonly days: number;
  readonly perHour: number;
  readonly seed: number;
}

export interface BacktestScenario {
  readonly kind: 'backtest';
  /** What the simulator makes up. */
  readonly hostCount: number;
  readonly days: number;
  readonly perHour: number;
  /** Days up to now whose ticks are judged: fewer than raw is kept, and fewer samples than are judged raw. */
  readonly rawDays: number;
  readonly warmupCount: number;
  readonly measureCount: number;
  readonly seed: number;
}

/** The second half of `alerts`. */
export interface OutagePlan {
  /** How long one agent is away without anybody being told. */
  readonly blinkMs: number;
  /** How long all agents are away, and how long is waited after that. */
  readonly cutMs: number;
  readonly flapMs: number;
}

export interface AlertsScenario {
  readonly kind: 'alerts';
  readonly agentCount: number;
  readonly metricCount: number;
  readonly intervalMs: number;
  readonly connectsPerSec: number;
  /** Each judges one series of every host. */
  readonly fleetRuleCount: number;
  /** Each judges one series of one host. */
  readonly hostRuleCount: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** From the writing of the rules to the last one in force, at most: the waves begin at a time that is fixed before. */
  readonly rulesMsMax: number;
  /** Rules of one host that fire and resolve; all of them begin within half a wave. */
  readonly waveCount: number;
  readonly waveHalfTicks: number;
  readonly noticeIntervalMs: number;
  /** null: left out. A hub says nothing of hosts in its first minute. */
  readonly outages: OutagePlan | null;
  readonly seed: number;
}

export interface KillAlertsScenario {
  readonly kind: 'killalerts';
  readonly agentCount: number;
  readonly wavesPerAgent: number;
  readonly metricCount: number;
  readonly intervalMs: number;
  readonly halfTicksMin: number;
  readonly halfTicksMax: number;
  readonly runCount: number;
  /** Random wait between two faults. */
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
  readonly seed: number;
}

/** One fleet whose overview is opened with an empty cache, `openCount` times, and scrolled and searched for so long (0: not). */
export interface FleetPart {
  readonly hostCount: number;
  readonly connectsPerSec: number;
  readonly openCount: number;
  readonly scrollMs: number;
}

export interface LivePart {
  readonly hostCount: number;
  readonly connectsPerSec: number;
  readonly warmupMs: number;
  /** How long latencies are taken, of each page. */
  readonly measureMs: number;
  /** How long the main thread is watched, with the sparklines of half of the hosts and with all charts of one. */
  readonly busyMs: number;
  /** How long the process of a page is stopped; 0: not. */
  readonly asleepMs: number;
}

/** A page that is open for `openSec` and then hidden for `hiddenSec`, at `speed` times the speed of the clock. */
export interface AgingPart {
  readonly hostCount: number;
  readonly speed: number;
  /** Before the heap is read for the first time: rings and pools have filled by then. */
  readonly settleSec: number;
  readonly openSec: number;
  readonly heapEverySec: number;
  readonly hiddenSec: number;
}

/** One host of the simulator; `runCount` times, each in an empty browser, its day is shown and a limit is dragged. */
export interface PastPart {
  readonly days: number;
  readonly perHour: number;
  readonly runCount: number;
}

export interface UiScenario {
  readonly kind: 'ui';
  readonly past: PastPart;
  readonly aging: AgingPart;
  readonly live: LivePart;
  readonly fleet: FleetPart;
  readonly crowd: FleetPart;
}

export type Scenario =
  | IngestScenario
  | SteadyScenario
  | IdleScenario
  | ReconnectScenario
  | KillScenario
  | KillPastScenario
  | KillSimulateScenario
  | StartScenario
  | CompactScenario
  | StorageScenario
  | QueryScenario
  | SimulateScenario
  | AlertsScenario
  | KillAlertsScenario
  | BacktestScenario
  | UiScenario;

export type ScenarioName = Scenario['kind'];

type Rows = { readonly [Name in ScenarioName]: { readonly full: RowOf<Name>; readonly smoke: RowOf<Name> } };
export type RowOf<Name extends ScenarioName> = Extract<Scenario, { readonly kind: Name }>;

export const scenarios: Rows = {
  ingest: {
    full: {
      kind: 'ingest',
      agentCount: 200,
      metricCount: 50,
      datasetTicks: 500,
      warmupMs: 5_000,
      measureMs: 60_000,
      peersMeasureMs: 5_000,
      seed: 1,
    },
    smoke: {
      kind: 'ingest',
      agentCount: 20,
      metricCount: 50,
      datasetTicks: 100,
      warmupMs: 200,
      measureMs: 1_000,
      peersMeasureMs: 1_000,
      seed: 1,
    },
  },
  steady: {
    full: {
      kind: 'steady',
      agentCount: 1_000,
      metricCount: 60,
      intervalMs: 1_000,
      viewerCount: 50,
      hostsPerViewer: 2,
      overviewKeys: 4,
      connectsPerSec: 250,
      warmupMs: 15_000,
      measureMs: 60_000,
      seed: 1,
    },
    smoke: {
      kind: 'steady',
      agentCount: 30,
      metricCount: 60,
      intervalMs: 1_000,
      viewerCount: 3,
      hostsPerViewer: 2,
      overviewKeys: 4,
      connectsPerSec: 250,
      warmupMs: 500,
      measureMs: 2_500,
      seed: 1,
    },
  },
  idle: {
    full: {
      kind: 'idle',
      agentCount: 5_000,
      warmupCount: 1_000,
      metricCount: 60,
      connectsPerSec: 500,
      settleMs: 20_000,
      seed: 1,
    },
    smoke: {
      kind: 'idle',
      agentCount: 100,
      warmupCount: 20,
      metricCount: 60,
      connectsPerSec: 500,
      settleMs: 500,
      seed: 1,
    },
  },
  reconnect: {
    full: {
      kind: 'reconnect',
      agentCount: 1_000,
      metricCount: 150,
      datasetTicks: 200,
      intervalMs: 1_000,
      viewerCount: 10,
      hostsPerViewer: 4,
      connectsPerSec: 250,
      warmupMs: 15_000,
      downMs: 120_000,
      settleMs: 15_000,
      seed: 1,
    },
    smoke: {
      kind: 'reconnect',
      agentCount: 20,
      metricCount: 60,
      datasetTicks: 200,
      intervalMs: 200,
      viewerCount: 1,
      hostsPerViewer: 2,
      connectsPerSec: 250,
      warmupMs: 1_000,
      downMs: 1_000,
      settleMs: 300,
      seed: 1,
    },
  },
  kill: {
    full: {
      kind: 'kill',
      agentCount: 3,
      intervalMs: 100,
      runCount: 200,
      pauseMsMin: 50,
      pauseMsMax: 2_500,
      seed: 1,
    },
    smoke: { kind: 'kill', agentCount: 1, intervalMs: 100, runCount: 3, pauseMsMin: 200, pauseMsMax: 600, seed: 1 },
  },
  killpast: {
    full: {
      kind: 'killpast',
      agentCount: 6,
      metricCount: 12,
      datasetTicks: 700,
      intervalMs: 10_000,
      dayCount: 6,
      runCount: 50,
      strikeMsMax: 1_500,
      seed: 1,
    },
    smoke: {
      kind: 'killpast',
      agentCount: 2,
      metricCount: 6,
      datasetTicks: 700,
      intervalMs: 60_000,
      dayCount: 4,
      runCount: 3,
      strikeMsMax: 300,
      seed: 1,
    },
  },
  killsimulate: {
    full: {
      kind: 'killsimulate',
      hostCount: 12,
      days: 100,
      perHour: 60,
      runCount: 20,
      strikeMsMin: 400,
      strikeMsMax: 3_000,
      seed: 1,
    },
    smoke: {
      kind: 'killsimulate',
      hostCount: 2,
      days: 40,
      perHour: 6,
      runCount: 2,
      strikeMsMin: 300,
      strikeMsMax: 900,
      seed: 1,
    },
  },
  alerts: {
    full: {
      kind: 'alerts',
      agentCount: 1_000,
      metricCount: 60,
      intervalMs: 1_000,
      connectsPerSec: 250,
      fleetRuleCount: 100,
      hostRuleCount: 9_900,
      warmupMs: 15_000,
      measureMs: 60_000,
      rulesMsMax: 60_000,
      // 20 transitions a second; none of a group comes sooner after the one before than `noticeIntervalMs`.
      waveCount: 1_300,
      waveHalfTicks: 65,
      noticeIntervalMs: 60_000,
      outages: { blinkMs: 7_500, cutMs: 90_000, flapMs: 300_000 },
      seed: 1,
    },
    smoke: {
      kind: 'alerts',
      agentCount: 20,
      metricCount: 60,
      intervalMs: 1_000,
      connectsPerSec: 250,
      fleetRuleCount: 10,
      hostRuleCount: 100,
      warmupMs: 1_000,
      measureMs: 2_000,
      rulesMsMax: 5_000,
      waveCount: 24,
      waveHalfTicks: 4,
      noticeIntervalMs: 1_000,
      outages: null,
      seed: 1,
    },
  },
  killalerts: {
    full: {
      kind: 'killalerts',
      agentCount: 6,
      wavesPerAgent: 4,
      metricCount: 10,
      intervalMs: 500,
      halfTicksMin: 3,
      halfTicksMax: 12,
      runCount: 100,
      pauseMsMin: 50,
      pauseMsMax: 3_000,
      seed: 1,
    },
    smoke: {
      kind: 'killalerts',
      agentCount: 2,
      wavesPerAgent: 2,
      metricCount: 5,
      intervalMs: 500,
      halfTicksMin: 2,
      halfTicksMax: 3,
      runCount: 3,
      pauseMsMin: 500,
      pauseMsMax: 3_000,
      seed: 1,
    },
  },
  start: {
    full: { kind: 'start', tickCount: 2 },
    smoke: { kind: 'start', tickCount: 2 },
  },
  query: {
    full: {
      kind: 'query',
      hostCount: 2,
      metricCount: 60,
      datasetTicks: 3_600,
      pastDays: 366,
      batchSeconds: 7_200,
      batchTicks: 10,
      pointsMax: 1_000,
      seriesTogether: 12,
      warmupCount: 50,
      measureCount: 200,
      coldCount: 7,
      seed: 1,
    },
    smoke: {
      kind: 'query',
      hostCount: 1,
      metricCount: 5,
      datasetTicks: 600,
      pastDays: 31,
      batchSeconds: 600,
      batchTicks: 10,
      pointsMax: 1_000,
      seriesTogether: 5,
      warmupCount: 2,
      measureCount: 5,
      coldCount: 1,
      seed: 1,
    },
  },
  simulate: {
    full: { kind: 'simulate', hostCount: 100, days: 30, perHour: 60, seed: 1 },
    smoke: { kind: 'simulate', hostCount: 2, days: 16, perHour: 60, seed: 1 },
  },
  backtest: {
    full: {
      kind: 'backtest',
      hostCount: 100,
      days: 30,
      perHour: 240,
      rawDays: 13,
      warmupCount: 2,
      measureCount: 10,
      seed: 1,
    },
    smoke: {
      kind: 'backtest',
      hostCount: 2,
      days: 16,
      perHour: 60,
      rawDays: 2,
      warmupCount: 0,
      measureCount: 1,
      seed: 1,
    },
  },
  storage: {
    full: {
      kind: 'storage',
      runs: [
        { hours: 1, intervalMs: 1_000, hostCount: 4 },
        { hours: 6, intervalMs: 1_000, hostCount: 4 },
        { hours: 24, intervalMs: 1_000, hostCount: 2 },
        { hours: 1, intervalMs: 10_000, hostCount: 4 },
        { hours: 6, intervalMs: 10_000, hostCount: 4 },
        { hours: 24, intervalMs: 10_000, hostCount: 4 },
      ],
      written: { hours: 2, hostCount: 4 },
      plainRows: 1_000_000,
      retentionDays: { raw: 14, minute: 90, hour: 1_096 },
      seed: 1,
    },
    smoke: {
      kind: 'storage',
      runs: [{ hours: 1, intervalMs: 10_000, hostCount: 1 }],
      written: { hours: 1 / 12, hostCount: 1 },
      plainRows: 10_000,
      retentionDays: { raw: 14, minute: 90, hour: 1_096 },
      seed: 1,
    },
  },
  compact: {
    full: {
      kind: 'compact',
      agentCount: 1_000,
      metricCount: 60,
      intervalMs: 1_000,
      tickCount: 3_600,
      batchTicks: 10,
      datasetHosts: 50,
      flood: { agentCount: 200, metricCount: 50, measureMs: 20_000 },
      live: { agentCount: 1_000, viewerCount: 20, warmupMs: 15_000, measureMs: 30_000 },
      connectsPerSec: 250,
      seed: 1,
    },
    smoke: {
      kind: 'compact',
      agentCount: 10,
      metricCount: 60,
      intervalMs: 1_000,
      tickCount: 600,
      batchTicks: 10,
      datasetHosts: 5,
      flood: { agentCount: 10, metricCount: 50, measureMs: 500 },
      live: { agentCount: 10, viewerCount: 1, warmupMs: 500, measureMs: 1_000 },
      connectsPerSec: 250,
      seed: 1,
    },
  },
  ui: {
    full: {
      kind: 'ui',
      past: { days: 7, perHour: 3_600, runCount: 9 },
      aging: {
        hostCount: 100,
        speed: 100,
        settleSec: 1_200,
        openSec: 30_000,
        heapEverySec: 3_600,
        hiddenSec: 3_600,
      },
      live: {
        hostCount: 100,
        connectsPerSec: 250,
        warmupMs: 8_000,
        measureMs: 60_000,
        busyMs: 20_000,
        asleepMs: 60_000,
      },
      fleet: { hostCount: 1_000, connectsPerSec: 250, openCount: 7, scrollMs: 0 },
      crowd: { hostCount: 5_000, connectsPerSec: 500, openCount: 3, scrollMs: 10_000 },
    },
    smoke: {
      kind: 'ui',
      past: { days: 2, perHour: 60, runCount: 1 },
      aging: { hostCount: 10, speed: 50, settleSec: 20, openSec: 60, heapEverySec: 20, hiddenSec: 20 },
      live: {
        hostCount: 10,
        connectsPerSec: 250,
        warmupMs: 500,
        measureMs: 2_500,
        busyMs: 1_500,
        asleepMs: 0,
      },
      fleet: { hostCount: 30, connectsPerSec: 250, openCount: 1, scrollMs: 0 },
      crowd: { hostCount: 60, connectsPerSec: 250, openCount: 1, scrollMs: 500 },
    },
  },
};
