/** `pulsewire start` as people call it: hubs with an agent beside each, from one checkout. */
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildPrograms, operatorKey, type Run, startProgram, stopPrograms } from './testing/program-runs.ts';

let folder: string;

beforeAll(() => {
  buildPrograms();
}, 120_000);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-start-'));
  // Where PostgreSQL runs as a user of its own it must get in.
  chmodSync(folder, 0o755);
});

afterEach(async () => {
  await stopPrograms();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a hub whose data is in the folder `name`, with an agent of these settings. */
function start(name: string, agentSettings: object): Run {
  const [config, agentConfig] = [join(folder, `${name}.json`), join(folder, `${name}-agent.json`)];
  writeFileSync(config, JSON.stringify({ port: 0, dataFolder: name, batchAgeMs: 500, flushDelayMs: 50 }));
  writeFileSync(agentConfig, JSON.stringify({ intervalMs: 200, ...agentSettings }), { mode: 0o600 });
  const args = ['start', '--config', config, '--agent-config', agentConfig];
  return startProgram(args, { cwd: folder });
}

async function hostsOf({ text }: Run): Promise<string[]> {
  const url = /(https?:\S+)\/(?:dashboard|setup#)/.exec(text())?.[1];
  if (url === undefined) return [];
  const answer = await fetch(`${url}/fetch/hosts`, { headers: { authorization: `Bearer ${operatorKey}` } });
  return answer.ok ? Object.keys((await answer.json()) as object) : [];
}

test('two hubs from one working folder have an agent each, whose data is in the data folder of its hub', async () => {
  const [one, two] = [start('one', { name: 'box-1' }), start('two', { name: 'box-2' })];
  await expect.poll(() => hostsOf(one), { timeout: 60_000 }).toEqual(['box-1']);
  await expect.poll(() => hostsOf(two), { timeout: 60_000 }).toEqual(['box-2']);
  for (const name of ['one', 'two']) expect(existsSync(join(folder, name, 'agent/spool.sqlite'))).toBe(true);
  expect(existsSync(join(folder, 'data'))).toBe(false);
  // The key of the hub is the hub's: its agent does not remove it after use.
  for (const name of ['one', 'two']) expect(existsSync(join(folder, name, 'enrolment-key'))).toBe(true);
}, 120_000);

test('the settings of the agent are obeyed, its key file and its folder too', async () => {
  const empty = join(folder, 'no-key-of-a-hub');
  writeFileSync(empty, 'not-a-key-of-this-hub\n', { mode: 0o600 });
  const run = start('one', { dataFolder: 'own', enrolmentKeyFile: 'no-key-of-a-hub' });
  await expect.poll(run.text, { timeout: 60_000 }).toContain('the enrolment token or key opens nothing');
  expect(existsSync(join(folder, 'own/spool.sqlite'))).toBe(true);
  expect(existsSync(join(folder, 'one/agent'))).toBe(false);
}, 120_000);

test('a mistake in the settings of the agent is said, each one, before the hub starts', async () => {
  const run = start('one', { nmae: 'box', intervalMs: 1, collectors: { dsik: { enabled: false } } });
  expect(await run.exited).toBe(2);
  for (const name of ['"nmae"', '"intervalMs"']) expect(run.text()).toContain(name);
  expect(run.text()).not.toContain('hub.listening');
  expect(existsSync(join(folder, 'one'))).toBe(false);

  const other = start('one', { collectors: { dsik: { enabled: false } } });
  expect(await other.exited).toBe(2);
  expect(other.text()).toContain('"collectors.dsik": the collectors are cpu');
}, 60_000);
