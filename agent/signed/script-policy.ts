/**
 * What the agent's own settings file allows of scripts that come from the hub. Nothing else opens them: no message, no
 * setting that the hub gives, no variable.
 */
import type { ScriptLimits } from '#core/signed-script.ts';

export interface ScriptPolicy {
  readonly isEnabled: boolean;
  /** Keys whose signatures count, base64url. */
  readonly publisherKeys: readonly string[];
  /** Names that may run; null: any that is signed. */
  readonly allow: readonly string[] | null;
  /** User that scripts run as where the agent is root; null where that has not been said. */
  readonly runAs: string | null;
  /** Whether scripts that ask for the network get it. */
  readonly network: boolean;
  /** What a script gets at most, whatever its publisher allows it. */
  readonly limits: ScriptLimits;
}

const MiB = 1024 * 1024;

export const policyLimits: ScriptLimits = {
  wallMs: 30_000,
  cpuSeconds: 10,
  memoryBytes: 256 * MiB,
  processes: 32,
  outputBytes: 64 * 1024,
};

export const closedPolicy: ScriptPolicy = {
  isEnabled: false,
  publisherKeys: [],
  allow: null,
  runAs: null,
  network: true,
  limits: policyLimits,
};

/** The lower of what the publisher allows and what the agent gives. */
export function lowerLimits(one: ScriptLimits, other: ScriptLimits): ScriptLimits {
  return {
    wallMs: Math.min(one.wallMs, other.wallMs),
    cpuSeconds: Math.min(one.cpuSeconds, other.cpuSeconds),
    memoryBytes: Math.min(one.memoryBytes, other.memoryBytes),
    processes: Math.min(one.processes, other.processes),
    outputBytes: Math.min(one.outputBytes, other.outputBytes),
  };
}
