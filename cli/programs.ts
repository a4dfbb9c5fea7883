/**
 * The built programs as the command line starts them. They are files of their own in `dist/`, loaded only when
 * they are wanted: `pulsewire --help` must not open a socket library, nor the agent's machine hold the hub's.
 */
import { createRequire } from 'node:module';

/** What `hub/main.ts` exports. */
export interface HubProgram {
  /**
   * Runs the hub until `signal` is aborted, and resolves when everything is stored and stopped. Rejects with a
   * ConfigError when it cannot start with its settings.
   */
  runHub(options: {
    /** null: every setting has its default. */
    readonly configFile: string | null;
    readonly signal: AbortSignal;
    /** The hub listens; what a local agent needs to enrol. */
    readonly onListening: (hub: { readonly url: string; readonly enrolmentKeyFile: string | null }) => void;
  }): Promise<void>;
}

/** What `agent/main.ts` exports. */
export interface AgentProgram {
  /** Runs the agent until `signal` is aborted. Rejects with a ConfigError when it cannot start with its settings. */
  runAgent(options: { readonly configFile: string | null; readonly signal: AbortSignal }): Promise<void>;
}

/** What `bench/main.ts` exports. */
export interface BenchProgram {
  /** Runs the scenarios named; the exit code. */
  runBench(args: readonly string[]): Promise<number>;
}

export async function loadHub(): Promise<HubProgram> {
  return (await import(new URL('./hub.js', import.meta.url).href)) as HubProgram;
}

export async function loadBench(): Promise<BenchProgram> {
  return (await import(new URL('./bench/main.js', import.meta.url).href)) as BenchProgram;
}

export function loadAgent(): AgentProgram {
  return createRequire(import.meta.url)('./agent.cjs') as AgentProgram;
}
