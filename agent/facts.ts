/**
 * What a hub shows about a host beside its series: texts that hold for the whole run.
 */
import { readFileSync } from 'node:fs';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { cleanLabelValue } from '#core/series.ts';
import type { HostFolders } from './collectors/proc-file.ts';

/**
 * Portable, laptop, notebook, hand-held, sub-notebook, tablet, convertible, detachable: SMBIOS reference specification
 * (DSP0134), 7.4.1.
 */
const portableChassisTypes: readonly number[] = [8, 9, 10, 11, 14, 30, 31, 32];

export interface FactsOptions {
  readonly folders: Pick<HostFolders, 'etc' | 'sys'>;
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
    ...(isPortable(folders) ? { chassis: 'portable' } : {}),
  };
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, cleanLabelValue(value)]));
}

/** PRETTY_NAME of os-release(5), as "Debian GNU/Linux 12 (bookworm)". */
export function parseOsRelease(text: string): string | null {
  const match = /^PRETTY_NAME=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']*))\s*$/m.exec(text);
  const name = match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2] ?? match?.[3] ?? '';
  return name === '' ? null : name;
}

/** Laptops and the like sleep when they are closed: their silence is no outage. */
function isPortable({ sys }: Pick<HostFolders, 'sys'>): boolean {
  const type = readText(`${sys}/class/dmi/id/chassis_type`);
  return type !== null && portableChassisTypes.includes(Number(type));
}

function prettyName({ etc }: Pick<HostFolders, 'etc'>): string | null {
  const text = readText(`${etc}/os-release`);
  return text === null ? null : parseOsRelease(text);
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}
