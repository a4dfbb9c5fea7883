/**
 * What a hub shows about a host beside its series: texts that hold for the whole run.
 */
import { readFileSync } from 'node:fs';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { cleanLabelValue } from '#core/series.ts';
import type { HostFolders } from './collectors/proc-file.ts';

export interface FactsOptions {
  readonly folders: Pick<HostFolders, 'etc'>;
  readonly agentVersion: string;
}

/** Facts but `interval_ms`, which may change during the run. */
export function readFacts({ folders, agentVersion }: FactsOptions): Readonly<Record<string, string>> {
  const cores = cpus();
  const facts = {
    os: prettyName(folders) ?? type(),
    kernel: release(),
    arch: arch(),
    cpu_model: cores[0]?.model.trim() ?? '',
    cores: String(cores.length),
    memory_bytes: String(totalmem()),
    agent_version: agentVersion,
    node_version: process.versions.node,
  };
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, cleanLabelValue(value)]));
}

/** PRETTY_NAME of os-release(5), as "Debian GNU/Linux 12 (bookworm)". */
export function parseOsRelease(text: string): string | null {
  const match = /^PRETTY_NAME=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']*))\s*$/m.exec(text);
  const name = match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2] ?? match?.[3] ?? '';
  return name === '' ? null : name;
}

function prettyName({ etc }: Pick<HostFolders, 'etc'>): string | null {
  try {
    return parseOsRelease(readFileSync(`${etc}/os-release`, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}
