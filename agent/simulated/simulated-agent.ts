/**
 * One simulated agent: the link and the ticker of a real one over made-up values and a spool in memory.
 *
 *   down --its host boots--> up: ticks, connects ⇄ reconnects --its host goes down--> down
 *
 * Everything that the hub sees is what a real agent does: enrolment, hello, layout, frames, acks, replays, backoff. What
 * differs is behind it: a machine that is down has no process, so nothing is said in an outage; and a process that is
 * killed loses what was not yet acknowledged, since there is no disk.
 */
import { createHash, randomBytes } from 'node:crypto';
import { fillAbsence } from '#core/absence.ts';
import { type Id128, protocolVersion, type Welcome } from '#core/message.ts';
import { createLayout, type Layout } from '#core/series.ts';
import { simulatedSeries } from '#core/simulated/curves.ts';
import { simulatedMachineId } from '#core/simulated/host-nature.ts';
import { SimulatedHost } from '#core/simulated/simulated-host.ts';
import type { LinkState } from '#core/stream/agent-link.ts';
import { MemorySpool } from '#core/stream/memory-spool.ts';
import { readMonotonicMs } from '../identity.ts';
import { HubLink, type LinkIdentity, type LinkLog } from '../link.ts';
import { createReplayPacker } from '../replay.ts';
import { Ticker } from '../ticker.ts';

export interface SimulatedAgentOptions {
  readonly fleetSeed: number;
  /** Number of its host in the fleet. */
  readonly index: number;
  readonly agentId: Id128;
  /** ws: or wss: with its path. */
  readonly hubUrl: string;
  readonly enrolmentKey: string;
  readonly intervalMs: number;
  readonly agentVersion: string;
  readonly log: LinkLog;
  readonly nowWallMs: () => number;
  readonly random: () => number;
}

/** Ticks held while the hub is away; older ones become a gap. Ten minutes at one second: 100 hosts take some 20 MB. */
const spoolTicksMax = 600;
/** Of the machine it plays. */
const simulatedFacts = { os: 'Simulated Linux', arch: 'x86_64', cores: '8', memory_bytes: String(32 * 2 ** 30) };

interface Running {
  readonly ticker: Ticker;
  readonly link: HubLink;
  readonly stop: () => Promise<void>;
}

export class SimulatedAgent {
  readonly #options: SimulatedAgentOptions;
  readonly #host: SimulatedHost;
  readonly #machineId: string;
  #identity: LinkIdentity;
  #running: Running | null = null;
  #tickCount = 0;

  constructor(options: SimulatedAgentOptions) {
    this.#options = options;
    this.#identity = { agentId: options.agentId, hubId: null, token: null, old: null };
    this.#host = new SimulatedHost(options.fleetSeed, options.index);
    this.#machineId = simulatedMachineId(options.fleetSeed, options.index);
  }

  get name(): string {
    return this.#host.nature.name;
  }

  /** null while its host is down. */
  get linkState(): LinkState | null {
    return this.#running?.link.state ?? null;
  }

  /** Ticks made since the start. */
  get tickCount(): number {
    return this.#tickCount;
  }

  /** Starts it where its host has booted, ends it where its host has gone down. To be called each second. */
  check(): void {
    const isUp = this.#host.isUpAt(this.#options.nowWallMs());
    if (isUp === (this.#running !== null)) return;
    if (isUp) {
      this.#running = this.#start();
      return;
    }
    const { link, ticker } = this.#running!;
    this.#running = null;
    ticker.stop();
    void link.stop();
  }

  /** Ends it as a real agent ends: says goodbye, and waits a moment for what was sent to be stored. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await running?.stop();
  }

  #start(): Running {
    const { agentId, agentVersion, intervalMs, hubUrl, enrolmentKey, log, nowWallMs, random } = this.#options;
    const { nature } = this.#host;
    const bootId = newId();
    const spool = new MemorySpool({ spoolTicksMax });
    const greet = () => ({
      version: protocolVersion,
      agentId: this.#identity.agentId,
      hostName: nature.name,
      agentVersion,
      machineId: this.#machineId,
      bootId,
      wallMs: nowWallMs(),
      monotonicMs: readMonotonicMs(),
      tags: nature.tags,
      facts: {
        ...simulatedFacts,
        agent_version: agentVersion,
        interval_ms: String(ticker.intervalMs),
        speaks: 'identity',
      },
      hubId: this.#identity.hubId,
    });
    const link = new HubLink({
      hubUrl,
      ports: {
        spool,
        packReplay: createReplayPacker((id) => spool.layout(id)),
        greet,
        welcomed: (welcome) => this.#welcomed(welcome),
        openEpoch: () => ticker.openEpoch(),
        configured: (wishedMs) => ticker.changeInterval(wishedMs ?? intervalMs),
        scripted: () => undefined,
      },
      identity: () => this.#identity,
      keepIdentity: (identity) => {
        this.#identity = identity;
        return true;
      },
      enrolmentKey,
      trust: null,
      proxyAgent: null,
      log,
      nowMonotonicMs: readMonotonicMs,
      nowWallMs,
      random,
    });
    const ticker: Ticker = new Ticker({
      agentId,
      bootId,
      intervalMs,
      readClocks: () => ({ wallMs: nowWallMs(), monotonicMs: readMonotonicMs() }),
      newEpoch: newId,
      sampler: this.#createSampler(),
      spool,
      onTick: (tick) => {
        this.#tickCount += 1;
        link.ticked(tick);
      },
      onStep: () => link.epochOpened(),
    });
    ticker.start();
    link.start();
    const stop = async () => {
      ticker.stop();
      await link.stop();
    };
    return { ticker, link, stop };
  }

  #welcomed({ hubId, token }: Welcome): void {
    this.#identity = { ...this.#identity, hubId, token: token ?? this.#identity.token };
  }

  #createSampler() {
    let layout = layoutOf(this.#options.intervalMs);
    return {
      // A column of its own each time, as the spool keeps it.
      tick: ({ tickMs }: { readonly tickMs: number }) => ({ layout, column: this.#columnAt(tickMs) }),
      changeInterval: (intervalMs: number) => {
        layout = layoutOf(intervalMs);
      },
    };
  }

  #columnAt(timeMs: number): Float64Array {
    const column = this.#host.columnAt(timeMs);
    if (column !== null) return column;
    // The machine goes down within this second.
    const none = new Float64Array(simulatedSeries.length);
    fillAbsence(none, 'failed');
    return none;
  }
}

function layoutOf(intervalMs: number): Layout {
  return createLayout({ intervalMs, series: simulatedSeries }, (bytes) => createHash('sha256').update(bytes).digest());
}

function newId(): Id128 {
  return randomBytes(16).toString('hex');
}
