/**
 * Every message that goes over a wire, as types: agent ⇄ hub on `/agent`, viewer ⇄ hub on `/live`.
 *
 * On the wire a message is a msgpack array whose first element is the small number in `messageKinds` and
 * whose other elements stand in the order of the fields below (`codec.ts` holds the shapes, `docs/wire.md`
 * the bytes). Byte fields of a decoded message are views into the received buffer: valid until the receiver
 * returns, copy what must live longer.
 */
import type { SettingsState } from './agent-settings.ts';
import type { AlertCause, AlertDecision, Severity } from './rule-spec.ts';
import type { LayoutId } from './series.ts';

export const protocolVersion = 1;
export const agentSubprotocol = 'pulsewire.v1';
export const viewerSubprotocol = 'pulsewire-live.v1';

/** The first element of each message. Numbers are never given a second meaning. */
export const messageKinds = {
  hello: 1,
  stream: 2,
  welcome: 3,
  layout: 4,
  frame: 5,
  replay: 6,
  live: 7,
  top: 8,
  ack: 9,
  nack: 10,
  gap: 11,
  credit: 12,
  config: 13,
  bye: 14,
  verify: 15,
  checksums: 16,
  settings: 17,
  settingsReport: 18,
  scripts: 19,
  scriptReports: 20,
  identity: 21,
  identityKept: 22,
  subscribe: 32,
  unsubscribe: 33,
  watch: 34,
  snapshot: 35,
  tick: 36,
  overview: 37,
  status: 38,
  hosts: 39,
  processes: 40,
  alert: 41,
  notes: 42,
  agents: 43,
} as const;

export type MessageKind = keyof typeof messageKinds;

/** 16 random bytes as 32 lower-case hex digits: an agent run, an agent, a hub, a boot. */
export type Id128 = string;

/** A stream as its agent offers it. */
export interface StreamOffer {
  readonly epoch: Id128;
  readonly bootId: Id128;
  /** Start of the stream on the agent's wall clock, epoch ms, and on its monotonic clock of that boot, ms. */
  readonly startWallMs: number;
  readonly startMonotonicMs: number;
  /** Lowest seq that the agent still holds; equal to `next` when it holds none. */
  readonly oldest: number;
  readonly next: number;
  /** Highest seq that a hub has acknowledged; 0 for none. */
  readonly acked: number;
}

/** What the hub knows of an offered stream. */
export interface StreamAnswer {
  readonly epoch: Id128;
  /** Names the stream in every further message on this host; rises with each stream of the host. */
  readonly ordinal: number;
  readonly storedSeq: number;
  /** CRC-32C of the item at `storedSeq` (see `item.ts`); null when the hub has stored none of this stream. */
  readonly storedCrc: number | null;
  /** Ticks of this stream that are covered by stored gaps, in all. */
  readonly gapTicks: number;
}

export const gapReasons = ['spool_full', 'hub_rewound', 'damaged', 'expired', 'rejected'] as const;
/** Why ticks were given up: the spool was full, the hub lost them, the spool was damaged, older than retention, refused by the hub. */
export type GapReason = (typeof gapReasons)[number];

export const nackCodes = ['unexpected_seq', 'unknown_layout', 'rejected', 'busy', 'gone'] as const;
/**
 * What the hub could not take. `unexpected_seq`: send again from `seq`; `unknown_layout`: send the layout, then
 * again from `seq`; `rejected`: put a gap in place of the tick `seq`; `busy`: send again from `seq` once there is
 * credit; `gone`: the host was removed.
 */
export type NackCode = (typeof nackCodes)[number];

export interface Hello {
  readonly kind: 'hello';
  readonly version: number;
  readonly agentId: Id128;
  /** The name that the host wants; the hub may give it another (`welcome.hostName`). */
  readonly hostName: string;
  readonly agentVersion: string;
  readonly machineId: string;
  readonly bootId: Id128;
  readonly wallMs: number;
  readonly monotonicMs: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, string>>;
  /** The hub whose acks this agent has believed so far; null before the first. */
  readonly hubId: Id128 | null;
  readonly streams: readonly StreamOffer[];
}

/** Further streams on an open link: a new epoch, or those beyond the first 256. Answered by a `welcome`. */
export interface StreamMessage {
  readonly kind: 'stream';
  readonly streams: readonly StreamOffer[];
}

export interface Welcome {
  readonly kind: 'welcome';
  readonly hubId: Id128;
  readonly hubVersion: string;
  readonly hostName: string;
  /** The agent's own token, given when it came to enrol: keep it, use it from now on. */
  readonly token: string | null;
  readonly creditBytes: number;
  readonly seriesMax: number;
  readonly nowMs: number;
  /** null: the hub's database is away and it does not know; a second welcome follows. */
  readonly streams: readonly StreamAnswer[] | null;
}

/** One page of the canonical bytes of a layout. Pages come in order; the last completes it. */
export interface LayoutMessage {
  readonly kind: 'layout';
  readonly layoutId: LayoutId;
  readonly page: number;
  readonly pageCount: number;
  readonly bytes: Uint8Array;
}

/** One tick. `layoutId` or `timeMs` null: as (one interval after) the frame of `seq − 1`, which came directly before on this link. */
export interface Frame {
  readonly kind: 'frame';
  readonly ordinal: number;
  readonly seq: number;
  readonly layoutId: LayoutId | null;
  readonly timeMs: number | null;
  /** Little-endian float64, one a series, in layout order. */
  readonly column: Uint8Array;
}

/** Consecutive spooled ticks of one layout as a joined block (`block.ts`), deflate-raw. */
export interface Replay {
  readonly kind: 'replay';
  readonly ordinal: number;
  readonly firstSeq: number;
  readonly tickCount: number;
  readonly layoutId: LayoutId;
  /** Inflated size of `block`, checked against what comes out. */
  readonly inflatedBytes: number;
  readonly block: Uint8Array;
}

/** The newest tick, for viewers and rules only: never stored, so it may come while its stream is behind. */
export interface Live {
  readonly kind: 'live';
  readonly ordinal: number;
  /** 0 when the tick could not be committed to the spool and has none. */
  readonly seq: number;
  readonly layoutId: LayoutId;
  readonly timeMs: number;
  readonly column: Uint8Array;
}

export interface TopRow {
  readonly pid: number;
  readonly name: string;
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly user: string;
}

/** The newest list of leading processes. Not stored. */
export interface Top {
  readonly kind: 'top';
  readonly atMs: number;
  readonly processes: readonly TopRow[];
}

/** Everything up to `storedSeq` is committed. Absolute and never lower; `gapTicks` is the stream's total as well. */
export interface Ack {
  readonly kind: 'ack';
  readonly ordinal: number;
  readonly storedSeq: number;
  readonly gapTicks: number;
}

export interface Nack {
  readonly kind: 'nack';
  readonly ordinal: number;
  readonly code: NackCode;
  readonly seq: number;
  readonly why: string;
}

/** Seqs first..last were given up. Travels in its place in the order and is stored like a tick. */
export interface Gap {
  readonly kind: 'gap';
  readonly ordinal: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly reason: GapReason;
  /** Times of the first and last tick given up, epoch ms, as well as they are known. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Bytes that the agent may have unacknowledged, absolute. 0: newest tick as `live` only. */
export interface Credit {
  readonly kind: 'credit';
  readonly bytes: number;
}

/** The interval that the hub asks of a running agent, where nothing else sets it. null leaves the agent's own. */
export interface AgentConfigMessage {
  readonly kind: 'config';
  readonly intervalMs: number | null;
}

/** What the hub wants set at this agent, sent after a welcome and at each change to agents that speak it. */
export interface SettingsMessage {
  readonly kind: 'settings';
  /** Rises with each change on one hub; 0 when nobody has set anything. */
  readonly version: number;
  /** JSON, see `agent-settings.ts`. Text, so that an agent can refuse it with a reason and go on. */
  readonly text: string;
}

/** What became of the settings that came last. */
export interface SettingsReport {
  readonly kind: 'settingsReport';
  readonly version: number;
  readonly state: SettingsState;
  /** Full sentence; empty when they are applied. */
  readonly why: string;
  /** Places that the agent's local file decides, as `tags.role`. */
  readonly pinned: readonly string[];
  /** What is in force, as JSON with nothing left out. */
  readonly effective: string;
}

/** A clean stop: what follows is not an outage. */
export interface Bye {
  readonly kind: 'bye';
}

/** Asks for the CRC-32C of stored items: how an agent that was reverted finds which of its rows are stored. */
export interface Verify {
  readonly kind: 'verify';
  readonly ordinal: number;
  readonly firstSeq: number;
  readonly count: number;
}

/** Answer to `verify`: little-endian uint32, one a seq from `firstSeq`; 0 where the seq lies in a gap or is not stored. */
export interface Checksums {
  readonly kind: 'checksums';
  readonly ordinal: number;
  readonly firstSeq: number;
  readonly checksums: Uint8Array;
}

/**
 * A new token, under this id: the agent's own, or another one for a machine that was copied from the agent's. The agent
 * writes it down, answers `identityKept`, and comes with it from its next connection on.
 */
export interface IdentityMessage {
  readonly kind: 'identity';
  /** As in a welcome: an agent takes it from no other hub than the one that it knows. */
  readonly hubId: Id128;
  readonly agentId: Id128;
  readonly token: string;
}

/** The token is on the agent's disk. */
export interface IdentityKept {
  readonly kind: 'identityKept';
  /** First 8 bytes of the token's SHA-256, as hex. */
  readonly tokenId: string;
}

/**
 * One of the signed scripts that the hub has for this agent, in turn: `index` 0 begins the list and `count - 1` ends it, and
 * what was there before and is not in it has gone. An empty list is one message with `count` 0 and no text. Only to agents
 * whose facts say `speaks` with the word `scripts`.
 */
export interface ScriptsMessage {
  readonly kind: 'scripts';
  readonly index: number;
  readonly count: number;
  readonly text: string;
}

export const scriptDoors = ['closed', 'blocked', 'open'] as const;
/** Whether an agent runs scripts of its hub: its file does not open them; it cannot run them safely; it does. */
export type ScriptDoor = (typeof scriptDoors)[number];

export const scriptStates = ['waiting', 'running', 'well', 'failing', 'refused', 'revoked'] as const;
/**
 * How a script is doing: taken and not yet run, in its first run, its last run ended well or not, not run because a check
 * failed, ended by its publisher.
 */
export type ScriptRunState = (typeof scriptStates)[number];

export interface ScriptReport {
  /** As the text says; empty for a text that cannot be taken apart. */
  readonly name: string;
  readonly version: number;
  readonly state: ScriptRunState;
  /** Why it is refused, or failing; empty when it is well. */
  readonly problem: string;
  /** Of the last run; null before the first, and when a signal ended it. */
  readonly exitCode: number | null;
  readonly durationMs: number | null;
  /** Epoch ms; null before the first run, and when none is to come. */
  readonly lastRunMs: number | null;
  readonly nextRunMs: number | null;
  readonly runCount: number;
  readonly failureCount: number;
  readonly seriesCount: number;
  /** Of the last run: the beginning of standard output, the end of standard error. */
  readonly output: string;
  readonly errors: string;
}

/** What has become of the hub's scripts at an agent. */
export interface ScriptReports {
  readonly kind: 'scriptReports';
  readonly door: ScriptDoor;
  /** Why the door is not open; empty when it is. */
  readonly problem: string;
  /** Public keys of the publishers that it trusts. */
  readonly keys: readonly string[];
  /** The first of all of them: what was reported before is void. */
  readonly isWhole: boolean;
  readonly reports: readonly ScriptReport[];
}

// --- viewers

/** Whole hosts: a snapshot of the last `windowMs`, then every tick. */
export interface Subscribe {
  readonly kind: 'subscribe';
  readonly hostIds: readonly number[];
  readonly windowMs: number;
}

export interface Unsubscribe {
  readonly kind: 'unsubscribe';
  readonly hostIds: readonly number[];
}

/** The fleet: newest values of these series of these hosts (null: of all), at most every 100 ms. Replaces the previous one; no keys end it. */
export interface Watch {
  readonly kind: 'watch';
  readonly keys: readonly string[];
  readonly hostIds: readonly number[] | null;
  /** Every host, `hostIds` or not, once in so many ms at the slower pace of what is not in sight; 0: not at all. */
  readonly othersMs: number;
}

/** One page of a host's ring: consecutive entries of one ordinal and layout. The block's first column is the seq (0 for none), the others are the layout's. */
export interface Snapshot {
  readonly kind: 'snapshot';
  readonly hostId: number;
  readonly page: number;
  /** A snapshot of an empty ring is one page with `tickCount` 0. */
  readonly pageCount: number;
  readonly ordinal: number;
  readonly layoutId: LayoutId;
  readonly tickCount: number;
  /** Joined block, deflate-raw. */
  readonly block: Uint8Array;
}

export interface Tick {
  readonly kind: 'tick';
  readonly hostId: number;
  readonly ordinal: number;
  /** 0 for a tick that is not in the spool; ordered by time behind the newest of its ordinal. */
  readonly seq: number;
  readonly layoutId: LayoutId;
  readonly timeMs: number;
  readonly column: Uint8Array;
}

/** Hosts with a new tick since the last one, columnar. */
export interface Overview {
  readonly kind: 'overview';
  readonly nowMs: number;
  /** Little-endian uint32, one a host. */
  readonly hostIds: Uint8Array;
  /** Little-endian float64, epoch ms, one a host. */
  readonly timesMs: Uint8Array;
  /** Little-endian float32, host by host in the order of `watch.keys`; NaN for no value. */
  readonly values: Uint8Array;
}

export const storageStates = ['stored', 'delayed', 'away'] as const;
/** `stored`: within the promise; `delayed`: behind, trying; `away`: the database cannot be reached. */
export type StorageState = (typeof storageStates)[number];

/** How fresh the data of the hosts is that are waited for: those that are up or stale. */
export interface FleetPulse {
  /** Share whose newest tick is no older than one and a half intervals and half a second. */
  readonly onTimeRatio: number;
  /** Ages of the newest ticks of those that are up, as they came; null when none is. */
  readonly ageMsMedian: number | null;
  /** Age that 99 of 100 do not exceed. */
  readonly ageMsSlow: number | null;
}

/** Sent at the start, each second and at each change: the hub's clock and how storing stands. */
export interface Status {
  readonly kind: 'status';
  readonly nowMs: number;
  readonly storage: StorageState;
  /** Age of the oldest tick that is accepted and not stored, ms; 0 for none. */
  readonly unstoredMs: number;
  readonly hostCount: number;
  readonly connectedCount: number;
  readonly viewerCount: number;
  /** Samples accepted in the last second. */
  readonly samplesPerSec: number;
  /** Time of the newest tick of all hosts, epoch ms; 0 for none. */
  readonly newestMs: number;
  /** null when no host is waited for. */
  readonly pulse: FleetPulse | null;
}

export const hostStates = ['up', 'stale', 'down', 'never'] as const;
export type HostState = (typeof hostStates)[number];

export interface HostRow {
  readonly hostId: number;
  readonly name: string;
  /** Shown instead of the name; empty for none. */
  readonly alias: string;
  readonly state: HostState;
  readonly intervalMs: number;
  /** Time of the newest tick, epoch ms; 0 when never seen. */
  readonly lastMs: number;
  /** End of the downtime that the host is in now, of several the latest, epoch ms; 0 when it is in none. */
  readonly downtimeUntilMs: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, string>>;
}

/** Hosts that are new or changed (state, downtime, name, alias, tags, facts); all of them at the start, in pages. `removed` are ids. */
export interface Hosts {
  readonly kind: 'hosts';
  readonly hosts: readonly HostRow[];
  readonly removed: readonly number[];
}

/** `top` of one subscribed host. */
export interface Processes {
  readonly kind: 'processes';
  readonly hostId: number;
  readonly atMs: number;
  readonly processes: readonly TopRow[];
}

export const alertPhases = ['inactive', 'pending', 'firing'] as const;

/** One rule on one series of one host, as it stands now. What the hub does not name any more is inactive. */
export interface AlertRow {
  readonly ruleId: number;
  /** 0 for the fleet. */
  readonly hostId: number;
  /** Canonical key; empty for the host itself. */
  readonly series: string;
  readonly phase: (typeof alertPhases)[number];
  /** null while it does not fire, and until it is stored. */
  readonly alertId: number | null;
  readonly ruleName: string;
  readonly severity: Severity;
  readonly cause: AlertCause;
  /** Since when it is in this phase, epoch ms on the clock of its ticks. */
  readonly sinceMs: number;
  /** At the last change; null where there is none. */
  readonly value: number | null;
  /** One line for people. */
  readonly message: string;
  /** Whether people were told, or why not. */
  readonly decision: AlertDecision;
  readonly isAcknowledged: boolean;
}

/** Alerts that are new or changed. All that are pending or firing at the start, and again to a viewer that was behind. */
export interface Alert {
  readonly kind: 'alert';
  /** The first page of all: whatever was known before is void. */
  readonly isWhole: boolean;
  readonly alerts: readonly AlertRow[];
}

/** Notes on charts have changed, or may have: they are read by REST. At most once a second, and to a viewer that was behind. */
export interface Notes {
  readonly kind: 'notes';
}

/** What admins see of agents has changed, or may have: it is read by REST. At most once a second, and to a viewer that was behind. */
export interface AgentsMessage {
  readonly kind: 'agents';
}

export type FromAgent =
  | Hello
  | StreamMessage
  | LayoutMessage
  | Frame
  | Replay
  | Live
  | Top
  | Gap
  | Bye
  | Verify
  | SettingsReport
  | IdentityKept
  | ScriptReports;
export type ToAgent =
  | Welcome
  | Ack
  | Nack
  | Credit
  | AgentConfigMessage
  | Checksums
  | SettingsMessage
  | IdentityMessage
  | ScriptsMessage;
export type FromViewer = Subscribe | Unsubscribe | Watch;
export type ToViewer =
  | LayoutMessage
  | Snapshot
  | Tick
  | Overview
  | Status
  | Hosts
  | Processes
  | Alert
  | Notes
  | AgentsMessage;
export type Message = FromAgent | ToAgent | FromViewer | ToViewer;
