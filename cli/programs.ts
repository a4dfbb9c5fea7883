/**
 * The built programs as the command line starts them. They are files of their own in `dist/`, loaded only when
 * they are wanted: `pulsewire --help` must not open a socket library, nor the agent's machine hold the hub's.
 */
import { createRequire } from 'node:module';

/** What an agent beside a hub must know of it before it listens. */
export interface HubSettings {
  readonly dataFolder: string;
  /** Where the key is, or will be once it is made; null where it comes from the environment. */
  readonly enrolmentKeyFile: string | null;
  readonly isTls: boolean;
}

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
    /** Its settings can be used, and nothing has been begun: what this throws ends it. */
    readonly onConfigured?: (hub: HubSettings) => void;
    /** The hub listens; the link that makes the first admin, if there is none; what a local agent needs to enrol. */
    readonly onListening: (hub: {
      readonly url: string;
      readonly setupLink: string | null;
      readonly enrolmentKeyFile: string | null;
      readonly trustFile: string | null;
    }) => void;
  }): Promise<void>;
}

/** What `agent/main.ts` exports. */
export interface AgentProgram {
  /** Runs the agent until `signal` is aborted. Rejects with a ConfigError when it cannot start with its settings. */
  runAgent(options: { readonly configFile: string | null; readonly signal: AbortSignal }): Promise<void>;
  /** Throws a ConfigError with everything that is wrong with its settings. */
  checkAgent(options: { readonly configFile: string | null; readonly env: NodeJS.ProcessEnv }): void;
}

/** What `bench/main.ts` exports. */
export interface BenchProgram {
  /** Runs the scenarios named; the exit code. */
  runBench(args: readonly string[]): Promise<number>;
}

export interface ToolOptions {
  readonly configFile: string | null;
  /** Aborted to stop: what was begun is undone. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly confirm: (question: string) => Promise<boolean>;
}

/** As in `hub/tools/people.ts`. `password` null: the hub makes one. */
export type PersonCommand =
  | { readonly kind: 'list' }
  | { readonly kind: 'add'; readonly name: string; readonly role: string; readonly password: string | null }
  | { readonly kind: 'password'; readonly name: string; readonly password: string | null };

/** What `hub/tools.ts` exports. Each rejects with a ConfigError, and has changed nothing, when something must be changed first. */
export interface ToolsProgram {
  runBackup(options: ToolOptions & { readonly file: string }): Promise<void>;
  runRestore(options: ToolOptions & { readonly file: string }): Promise<void>;
  runWipe(options: ToolOptions): Promise<void>;
  runPerson(options: ToolOptions & { readonly command: PersonCommand }): Promise<void>;
  runUpgrade(
    options: ToolOptions & { readonly oldBinaries: string | null; readonly removesOld: boolean },
  ): Promise<void>;
}

export async function loadHub(): Promise<HubProgram> {
  return (await import(new URL('./hub.js', import.meta.url).href)) as HubProgram;
}

export async function loadTools(): Promise<ToolsProgram> {
  return (await import(new URL('./tools.js', import.meta.url).href)) as ToolsProgram;
}

export async function loadBench(): Promise<BenchProgram> {
  return (await import(new URL('./bench/main.js', import.meta.url).href)) as BenchProgram;
}

export function loadAgent(): AgentProgram {
  return createRequire(import.meta.url)('./agent.cjs') as AgentProgram;
}
