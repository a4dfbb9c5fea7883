/**
 * The built programs that `pulsewire simulate` puts together, as files of their own in `dist/` (see `programs.ts`).
 */
import { createRequire } from 'node:module';

/** What `hub/simulate.ts` exports. */
export interface SimulatorProgram {
  /** Where a hub with these settings answers. Throws ConfigError when they cannot be used. */
  hubUrlOf(configFile: string | null): string;
  /** Writes the history, and resolves when all of it is written or it was stopped. Rejects with ConfigError when it is refused. */
  simulate(options: {
    readonly configFile: string | null;
    readonly plan: {
      readonly hostCount: number;
      readonly dayCount: number;
      readonly perHour: number;
      readonly seed: number;
    };
    readonly isReplace: boolean;
    readonly signal: AbortSignal;
    readonly confirm: (outlook: SimulationOutlook) => Promise<boolean>;
    readonly onProgress: (progress: SimulateProgress) => void;
    readonly onSummary: (summary: SimulationSummary) => void;
    readonly andThen: ((fleet: SimulatedFleetAccess) => Promise<void>) | null;
  }): Promise<void>;
}

export interface SimulationOutlook {
  readonly sampleCount: number;
  readonly rawDays: number;
  readonly rolledOnlyDays: number;
  readonly droppedDays: number;
  readonly bytes: number;
  readonly completeCount: number;
  readonly begunCount: number;
  readonly replacedCount: number;
  readonly newCount: number;
  readonly database: 'running' | 'external' | 'own';
}

export interface SimulateProgress {
  readonly hostCount: number;
  readonly completeCount: number;
  readonly tickCount: number;
  /** 0..1 */
  readonly part: number;
}

export interface SimulationSummary {
  readonly hostCount: number;
  readonly completeCount: number;
  readonly toMs: number;
  readonly tickCount: number;
  readonly durationMs: number;
  readonly tiers: readonly {
    readonly tier: 'raw' | 'minute' | 'hour';
    readonly rowCount: number;
    readonly sampleCount: number;
    readonly byteCount: number;
  }[];
}

export interface SimulatedFleetAccess {
  readonly hosts: readonly { readonly index: number; readonly agentId: string }[];
  readonly enrolmentKey: string;
}

export interface FleetState {
  readonly agentCount: number;
  readonly upCount: number;
  readonly openCount: number;
  readonly tickCount: number;
}

/** What `agent/simulated-agents.ts` exports. */
export interface SimulatedAgentsProgram {
  /** Connects the agents and keeps them pushing until `signal` is aborted. */
  runSimulatedAgents(
    options: SimulatedFleetAccess & {
      readonly fleetSeed: number;
      readonly hubUrl: string;
      readonly intervalMs: number;
      readonly version: string;
      readonly signal: AbortSignal;
      readonly onState: (state: FleetState) => void;
      readonly onTrouble: (host: string, reason: string) => void;
    },
  ): Promise<void>;
}

export async function loadSimulator(): Promise<SimulatorProgram> {
  return (await import(new URL('./simulate.js', import.meta.url).href)) as SimulatorProgram;
}

export function loadSimulatedAgents(): SimulatedAgentsProgram {
  return createRequire(import.meta.url)('./simulated-agents.cjs') as SimulatedAgentsProgram;
}
