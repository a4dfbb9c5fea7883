/**
 * Simulated agents by the dozen or the thousand in one process: started a few at a time, so that a fleet does not
 * knock all at once, and checked each second, since their hosts boot and go down.
 */
import type { LinkState } from '#core/stream/agent-link.ts';

/** What the fleet does with an agent; `SimulatedAgent` is one. */
export interface FleetAgent {
  readonly linkState: LinkState | null;
  readonly tickCount: number;
  check(): void;
  stop(): Promise<void>;
}

export interface FleetState {
  readonly agentCount: number;
  /** Agents whose host runs, and of them those that the hub has welcomed. */
  readonly upCount: number;
  readonly openCount: number;
  /** Ticks made since the start. */
  readonly tickCount: number;
}

const checkMs = 1_000;
/** 100 a second: a hub enrols some hundreds. */
const startsPerTurn = 5;
const startMs = 50;

export class SimulatedFleet {
  readonly #agents: readonly FleetAgent[];
  #startedCount = 0;
  #startTimer: NodeJS.Timeout | null = null;
  #checkTimer: NodeJS.Timeout | null = null;

  constructor(agents: readonly FleetAgent[]) {
    this.#agents = agents;
  }

  get state(): FleetState {
    const up = this.#agents.filter(({ linkState }) => linkState !== null);
    return {
      agentCount: this.#agents.length,
      upCount: up.length,
      openCount: up.filter(({ linkState }) => linkState !== 'closed' && linkState !== 'greeting').length,
      tickCount: this.#agents.reduce((sum, { tickCount }) => sum + tickCount, 0),
    };
  }

  start(): void {
    this.#startTimer = setInterval(() => this.#startSome(), startMs);
    this.#checkTimer = setInterval(() => {
      for (const agent of this.#agents.slice(0, this.#startedCount)) agent.check();
    }, checkMs);
    this.#startSome();
  }

  /** All say goodbye at once. */
  async stop(): Promise<void> {
    if (this.#startTimer !== null) clearInterval(this.#startTimer);
    if (this.#checkTimer !== null) clearInterval(this.#checkTimer);
    await Promise.all(this.#agents.map((agent) => agent.stop()));
  }

  #startSome(): void {
    const from = this.#startedCount;
    this.#startedCount = Math.min(this.#agents.length, from + startsPerTurn);
    for (const agent of this.#agents.slice(from, this.#startedCount)) agent.check();
    if (this.#startedCount === this.#agents.length && this.#startTimer !== null) clearInterval(this.#startTimer);
  }
}
