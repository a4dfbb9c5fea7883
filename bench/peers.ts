/**
 * The same work for other stores: runs the scripts `peers.mjs` and `real.mjs` of the folder named by
 * PULSEWIRE_PEERS_FOLDER and reads what they print. The script, its packages and the stores are not part of this package (`README.md` says what
 * they are); without the folder or the store there is nothing to compare with.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '#core/errors.ts';
import type { Figures, ScenarioContext } from './scenario.ts';

export const peersFolderVariable = 'PULSEWIRE_PEERS_FOLDER';

export interface PeersWork {
  readonly hostCount: number;
  readonly metricCount: number;
  readonly tickCount: number;
}

/** VictoriaMetrics by remote write, one request a tick, and ten ticks a request. */
const peers = 'vm-rw,vm-rw10';

/** Runs the peers, one after the other. Throws ConfigError when they cannot be run. */
export async function runPeers(work: PeersWork, context: ScenarioContext): Promise<Figures> {
  const { folder, script } = peerScript('peers.mjs');
  const args = [
    // All requests are made in advance: 24,000 of 50,000 samples and more.
    '--max-old-space-size=12288',
    script,
    ...['--hosts', String(work.hostCount), '--metrics', String(work.metricCount)],
    ...['--ticks', String(work.tickCount), '--only', peers],
  ];
  const output = await readOutput(args, folder);
  context.say(output.trim());
  const figures = parsePeersTable(output);
  if (figures['vmRwSamplesPerCoreSec'] === undefined)
    throw new Error(
      `Cannot compare with peers: the script must print a line of vm-rw: got ${JSON.stringify(output.slice(-400))}`,
    );
  return figures;
}

/**
 * VictoriaMetrics with the recording in `recordingFolder`, so many hosts of it: the script `real.mjs`, which
 * merges by force before it looks at the disk. Throws ConfigError when it cannot be run.
 */
export async function runStoragePeer(
  recordingFolder: string,
  { hostCount }: { readonly hostCount: number },
  context: ScenarioContext,
): Promise<Figures> {
  const { folder, script } = peerScript('real.mjs');
  const output = await readOutput(['--max-old-space-size=8192', script, recordingFolder, String(hostCount)], folder);
  context.say(output.trim());
  const figures = parseStorageLine(output);
  if (figures !== null) return figures;
  throw new Error(
    `Cannot compare with peers: the script must print its bytes: got ${JSON.stringify(output.slice(-400))}`,
  );
}

/** Figures of `victoria-metrics: N real samples (…), data N B/sample, index N B/sample, cpu N M/core-s`; null when there are none. */
export function parseStorageLine(text: string): Figures | null {
  const match =
    /^victoria-metrics: (\d+) real samples .*data ([\d.]+) B\/sample, index ([\d.]+) B\/sample, cpu ([\d.]+) M/m.exec(
      text,
    );
  if (match === null) return null;
  const [, samples, data, index, cpu] = match.map(Number);
  return {
    vmSamples: samples!,
    vmDataBytesPerSample: data!,
    vmIndexBytesPerSample: index!,
    vmBytesPerSample: data! + index!,
    vmCpuSecPerMillionSamples: 1 / cpu!,
  };
}

/** Figures in the table of the script: one line a peer, `name wall N M samples/s | N M samples/core-s | …`. */
export function parsePeersTable(text: string): Figures {
  const figures: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const match = /^(\S+)\s+wall ([\d.]+) M samples\/s \| ([\d.]+) M samples\/core-s \| wire ([\d.]+) B\/sample/.exec(
      line,
    );
    if (match === null) continue;
    const name = match[1]!.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    figures[`${name}SamplesPerSec`] = Number(match[2]) * 1e6;
    figures[`${name}SamplesPerCoreSec`] = Number(match[3]) * 1e6;
    figures[`${name}WireBytesPerSample`] = Number(match[4]);
  }
  return figures;
}

function peerScript(name: string): { readonly folder: string; readonly script: string } {
  const folder = process.env[peersFolderVariable] ?? '';
  const script = join(folder, name);
  if (folder !== '' && existsSync(script)) return { folder, script };
  throw new ConfigError([`${peersFolderVariable} must name the folder of ${name}: got ${JSON.stringify(folder)}`]);
}

function readOutput(args: readonly string[], folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
}
