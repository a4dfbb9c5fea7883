/**
 * What a run leaves behind: a table for the person, JSON for whoever compares runs.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Figures, ScenarioOutcome } from './scenario.ts';
import type { Scenario } from './scenarios.ts';

export interface Machine {
  readonly cpuModel: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly nodeVersion: string;
}

export interface Result {
  readonly scenario: Scenario;
  readonly atMs: number;
  /** Short hash; with "+" behind it when the folder differs from the commit. */
  readonly commit: string;
  readonly machine: Machine;
  /** Load average of a minute before and after the run: above the number of processors others had their part in it. */
  readonly load: readonly [number, number];
  readonly postgresVersion: string | null;
  readonly figures: Figures;
  readonly problems: readonly string[];
}

/** Load average of the last minute. */
export function readLoad(): number {
  return loadavg()[0]!;
}

export function readMachine(): Machine {
  return {
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cpuCount: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    nodeVersion: process.version,
  };
}

/** The commit of a folder; "unknown" outside of a repository. Results of other runs do not make it differ. */
export function readCommit(folder: string): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim();
    const isChanged = git('status', '--porcelain', '--', '.', ':!bench/results') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? '+' : ''}`;
  } catch {
    return 'unknown';
  }
}

export function toResult(
  scenario: Scenario,
  outcome: ScenarioOutcome,
  circumstances: Pick<Result, 'atMs' | 'commit' | 'machine' | 'load'>,
): Result {
  const { figures, problems, postgresVersion } = outcome;
  return { scenario, ...circumstances, postgresVersion, figures, problems };
}

/** Writes a result into `folder` and returns the file's path. */
export async function writeResult(folder: string, result: Result): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${fileStem(result)}.json`);
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  return file;
}

/** `<scenario>-<UTC date and time>-<commit>`. */
export function fileStem(result: Pick<Result, 'scenario' | 'atMs' | 'commit'>): string {
  const time = new Date(result.atMs).toISOString().slice(0, 19).replaceAll(':', '');
  return `${result.scenario.kind}-${time}-${result.commit.replace('+', '-changed')}`;
}

/** Figures as lines of name and value, the values under each other. */
export function formatFigures(title: string, figures: Figures): string {
  const rows = Object.entries(figures).map(([name, value]) => [name, formatNumber(value)] as const);
  const nameWidth = Math.max(0, ...rows.map(([name]) => name.length));
  const valueWidth = Math.max(0, ...rows.map(([, value]) => value.length));
  return [title, ...rows.map(([name, value]) => `  ${name.padEnd(nameWidth)}  ${value.padStart(valueWidth)}`)].join(
    '\n',
  );
}

/** Four digits that count, thousands set apart. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) || Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(4)));
}
