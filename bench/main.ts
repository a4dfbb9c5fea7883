/**
 * The runner of the benchmarks: reads the arguments, runs one scenario after the other, prints the figures, and
 * keeps them as JSON unless the run was a smoke test. `README.md` says what each figure means.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError } from '#core/errors.ts';
import { packageFolder } from './hub-process.ts';
import { runPeers } from './peers.ts';
import { formatFigures, readCommit, readLoad, readMachine, toResult, writeResult } from './report.ts';
import type { ScenarioContext, ScenarioOutcome } from './scenario.ts';
import { runAlerts } from './scenario-alerts.ts';
import { runBacktest } from './scenario-backtest.ts';
import { runCompact } from './scenario-compact.ts';
import { runIdle } from './scenario-idle.ts';
import { runIngest } from './scenario-ingest.ts';
import { runKill } from './scenario-kill.ts';
import { runKillAlerts } from './scenario-killalerts.ts';
import { runKillPast } from './scenario-killpast.ts';
import { runKillSimulate } from './scenario-killsimulate.ts';
import { runQuery } from './scenario-query.ts';
import { runReconnect } from './scenario-reconnect.ts';
import { runSimulate } from './scenario-simulate.ts';
import { runStart } from './scenario-start.ts';
import { runSteady } from './scenario-steady.ts';
import { runStorage } from './scenario-storage.ts';
import { runUi } from './scenario-ui.ts';
import { type Scenario, type ScenarioName, scenarios } from './scenarios.ts';

const names = Object.keys(scenarios) as ScenarioName[];

const usage = `Usage: npm run bench -- <scenario>... [options]

Scenarios: ${names.join(', ')}, or all

Options:
  --smoke          a few seconds each: checks what is stored, no speed; keeps no result
  --runs N         kill, killpast, killsimulate, killalerts: number of faults
  --seed N         another seed
  --peers          ingest, storage: the same work for VictoriaMetrics (see bench/README.md)
  --profile DIR    leaves CPU profiles of the hub there; keeps no result
`;

interface Arguments {
  readonly names: readonly ScenarioName[];
  readonly isSmoke: boolean;
  readonly runCount: number | null;
  readonly seed: number | null;
  readonly withPeers: boolean;
  readonly profileFolder: string | null;
}

/** Runs the scenarios named in `args`. Returns the exit code: 1 when a run has problems. */
export async function runBench(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.length === 0) {
    say(usage);
    return args.length === 0 ? 2 : 0;
  }
  const wanted = parseArguments(args);
  const context: ScenarioContext = {
    isSmoke: wanted.isSmoke,
    withPeers: wanted.withPeers,
    profileFolder: wanted.profileFolder,
    say: (line) => process.stderr.write(`${line}\n`),
  };
  let exitCode = 0;
  for (const name of wanted.names) {
    const scenario = scenarioOf(name, wanted);
    const before = { atMs: Date.now(), commit: readCommit(packageFolder()), machine: readMachine() };
    const loadBefore = readLoad();
    let outcome = await runScenario(scenario, context);
    if (wanted.withPeers && scenario.kind === 'ingest') outcome = await withPeers(outcome, scenario, context);
    const result = toResult(scenario, outcome, { ...before, load: [loadBefore, readLoad()] });
    say(formatFigures(`${name}${wanted.isSmoke ? ' (smoke)' : ''}, commit ${result.commit}`, result.figures));
    for (const problem of result.problems) say(`  problem: ${problem}`);
    if (result.problems.length > 0) exitCode = 1;
    if (!wanted.isSmoke && wanted.profileFolder === null)
      say(`  ${await writeResult(resolve(packageFolder(), 'bench/results'), result)}`);
  }
  return exitCode;
}

/** Reads the command line. Throws ConfigError with all that is wrong. */
export function parseArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  const problems: string[] = [];
  const whole = (name: string, text: string | undefined): number | null => {
    if (text === undefined) return null;
    if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
    problems.push(`--${name} takes a whole number above 0: got ${JSON.stringify(text)}`);
    return null;
  };
  const runCount = whole('runs', values.runs);
  const seed = whole('seed', values.seed);
  const chosen = positionals.includes('all') ? names : positionals.filter(isName);
  for (const name of positionals) {
    if (name !== 'all' && !isName(name))
      problems.push(`a scenario is one of ${names.join(', ')}: got ${JSON.stringify(name)}`);
  }
  if (chosen.length === 0 && problems.length === 0) problems.push('at least one scenario is wanted: got none');
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    names: chosen,
    isSmoke: values.smoke === true,
    runCount,
    seed,
    withPeers: values.peers === true,
    profileFolder: values.profile === undefined ? null : resolve(values.profile),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        smoke: { type: 'boolean' },
        runs: { type: 'string' },
        seed: { type: 'string' },
        peers: { type: 'boolean' },
        profile: { type: 'string' },
      },
    });
  } catch (error) {
    throw new ConfigError([error instanceof Error ? error.message : String(error)]);
  }
}

function isName(text: string): text is ScenarioName {
  return names.some((name) => name === text);
}

/** The row of a scenario with what the command line changes in it. */
function scenarioOf(name: ScenarioName, wanted: Arguments): Scenario {
  const row: Scenario = scenarios[name][wanted.isSmoke ? 'smoke' : 'full'];
  const seeded =
    wanted.seed === null || row.kind === 'start' || row.kind === 'ui' ? row : { ...row, seed: wanted.seed };
  if (seeded.kind === 'ingest' && wanted.withPeers) return { ...seeded, measureMs: seeded.peersMeasureMs };
  return 'runCount' in seeded && wanted.runCount !== null ? { ...seeded, runCount: wanted.runCount } : seeded;
}

function runScenario(scenario: Scenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  switch (scenario.kind) {
    case 'ingest':
      return runIngest(scenario, context);
    case 'steady':
      return runSteady(scenario, context);
    case 'idle':
      return runIdle(scenario, context);
    case 'reconnect':
      return runReconnect(scenario, context);
    case 'kill':
      return runKill(scenario, context);
    case 'killpast':
      return runKillPast(scenario, context);
    case 'killsimulate':
      return runKillSimulate(scenario, context);
    case 'start':
      return runStart(scenario, context);
    case 'compact':
      return runCompact(scenario, context);
    case 'query':
      return runQuery(scenario, context);
    case 'simulate':
      return runSimulate(scenario, context);
    case 'backtest':
      return runBacktest(scenario, context);
    case 'storage':
      return runStorage(scenario, context);
    case 'alerts':
      return runAlerts(scenario, context);
    case 'killalerts':
      return runKillAlerts(scenario, context);
    case 'ui':
      return runUi(scenario, context);
  }
}

/** The outcome of `ingest` with the peers' figures for as many samples beside it. */
async function withPeers(
  outcome: ScenarioOutcome,
  scenario: Extract<Scenario, { kind: 'ingest' }>,
  context: ScenarioContext,
): Promise<ScenarioOutcome> {
  const tickCount = Math.round(outcome.figures['ticksPerAgent'] ?? 0);
  const peers = await runPeers(
    { hostCount: scenario.agentCount, metricCount: scenario.metricCount, tickCount },
    context,
  );
  const own = outcome.figures['samplesPerCoreSec'] ?? Number.NaN;
  const theirs = peers['vmRwSamplesPerCoreSec'] ?? Number.NaN;
  return { ...outcome, figures: { ...outcome.figures, ...peers, coreSecRatioToVmRw: own / theirs } };
}

/** The command line's own output. */
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
