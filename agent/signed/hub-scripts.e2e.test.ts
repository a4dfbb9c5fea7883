/**
 * A real agent and signed scripts from a hub of the test's own: what runs, what does not, and that the agent stays well. Where
 * the machine cannot run scripts safely, the agent says so and runs none; then those tests are passed over.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ScriptReport, ScriptReports } from '#core/message.ts';
import { hostFolders } from '../collectors/proc-file.ts';
import { parseAgentConfig } from '../config.ts';
import { type RunningAgent, startAgent } from '../running-agent.ts';
import { FakeHub } from '../testing/fake-hub.ts';
import { until } from '../testing/until.ts';
import { Publisher } from './testing/publisher.ts';

const publisher = new Publisher();
const opened = { enabled: true, publisherKeys: [publisher.publicKey], runAs: 'nobody' };

let folder: string;
let hub: FakeHub;
let agent: RunningAgent | null;
let logged: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-hub-scripts-'));
  mkdirSync(join(folder, 'data'), { mode: 0o700 });
  agent = null;
  logged = '';
  hub = new FakeHub();
  await hub.start();
});

afterEach(async () => {
  await hub.stop();
  await agent?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(scripts: Readonly<Record<string, unknown>> = opened): Promise<void> {
  const settings = {
    ...{ hubUrl: hub.url, intervalMs: 500, dataFolder: 'data', name: 'web-1', spoolBytesMax: 8_388_608 },
    ...{ tags: { role: 'web' }, scripts },
  };
  const greeted = hub.connections.length;
  agent = await startAgent({
    config: parseAgentConfig(settings, { env: {}, cwd: folder, folder }),
    log: pino({ level: 'debug' }, { write: (line: string) => void (logged += line) }),
    moduleWorkerFile: join(folder, 'none.cjs'),
    env: {},
    folders: hostFolders(join(folder, 'host')),
    random: () => 0.01,
  });
  await until('the agent has greeted', () => hub.connections.length > greeted && hub.last.hello !== null);
}

async function restart(scripts?: Readonly<Record<string, unknown>>): Promise<void> {
  await agent!.stop();
  await start(scripts);
}

/** The list that the hub has for the agent. */
function give(...texts: string[]): void {
  if (texts.length === 0) hub.send({ kind: 'scripts', index: 0, count: 0, text: '' });
  texts.forEach((text, index) => {
    hub.send({ kind: 'scripts', index, count: texts.length, text });
  });
}

/** What the agent has reported on its present link, put together as a hub does it. */
function reported(): { readonly door: ScriptReports | null; readonly scripts: ReadonlyMap<string, ScriptReport> } {
  let door: ScriptReports | null = null;
  const scripts = new Map<string, ScriptReport>();
  for (const message of hub.last.messages) {
    if (message.kind !== 'scriptReports') continue;
    door = message;
    if (message.isWhole) scripts.clear();
    for (const report of message.reports) scripts.set(report.name, report);
  }
  return { door, scripts };
}

async function whenReported(name: string, matches: (report: ScriptReport) => boolean): Promise<ScriptReport> {
  await until(`"${name}" is reported so`, () => {
    const report = reported().scripts.get(name);
    return report !== undefined && matches(report);
  });
  return reported().scripts.get(name)!;
}

/** Whether this machine can run scripts; the agent has found out. */
async function isOpen(): Promise<boolean> {
  await until('the door is known', () => /hub-scripts\.(opened|blocked)/.test(logged));
  return logged.includes('hub-scripts.opened');
}

/** Values of a series in the newest stored tick that has it. */
function hasSeries(key: string): boolean {
  return [...hub.layouts.values()].some(({ series }) => series.some((one) => one.key === key));
}

describe('an agent that its settings open to scripts', () => {
  test('runs what is signed for it, brings its values into the tick and reports', async (context) => {
    await start();
    if (!(await isOpen())) return context.skip();
    give(publisher.script('echo depth 7; echo hello >&2', { name: 'queue', unit: 'jobs' }));
    const report = await whenReported('queue', ({ state, seriesCount }) => state === 'well' && seriesCount === 1);
    expect(report).toMatchObject({ version: 1, problem: '', exitCode: 0, output: 'depth 7\n', errors: 'hello\n' });
    expect(report.nextRunMs! - report.lastRunMs!).toBe(1_000);
    await until('its series is in a layout', () => hasSeries('depth'));
    expect(reported().door).toMatchObject({ door: 'open', problem: '', keys: [publisher.key] });

    // An agent with what does harm goes on making ticks and running the others.
    give(
      publisher.script('echo depth 8', { name: 'queue', version: 2 }),
      publisher.script('b() { b | b & }; b; sleep 60', { name: 'bomb', limits: limitsOf({ wallMs: 1_500 }) }),
      publisher.script('yes', { name: 'flood' }),
      publisher.script('head -c 3000 /dev/urandom', { name: 'garbage' }),
      publisher.script('echo "a NaN\nb 1"', { name: 'nan' }),
      publisher.script('i=0; while [ $i -lt 5000 ]; do echo "s_$i 1"; i=$((i+1)); done', { name: 'many' }),
      publisher.script('echo cpu_usage 1', { name: 'own' }),
    );
    await whenReported('queue', ({ version, state }) => version === 2 && state === 'well');
    const failing = ({ state }: ScriptReport) => state === 'failing';
    expect((await whenReported('bomb', failing)).problem).toContain('it must end within 1500 ms');
    expect((await whenReported('flood', failing)).problem).toContain('it may print 65536 bytes');
    expect((await whenReported('garbage', failing)).problem).toContain('Cannot read output');
    expect((await whenReported('many', failing)).problem).toMatch(/at most 1000 series|65536 bytes/);
    expect(await whenReported('nan', ({ state, seriesCount }) => state === 'well' && seriesCount === 2)).toBeDefined();
    const before = hub.storedTicks;
    await until('ticks go on', () => hub.storedTicks >= before + 4);
    expect(hub.breaches).toEqual([]);
    expect(agent!.linkState).toBe('streaming');

    // What the hub has no longer ends, and so do its series.
    give();
    await until('nothing is reported', () => reported().scripts.size === 0);
  });

  test('runs nothing that a check refuses, and says why', async (context) => {
    await start({ ...opened, allow: ['good', 'late', 'other', 'changed', 'stranger'] });
    if (!(await isOpen())) return context.skip();
    const touch = 'echo 1; exit 0';
    give(
      publisher.script(touch, { name: 'good' }),
      touch,
      new Publisher().script(touch, { name: 'stranger' }),
      publisher.script(touch, { name: 'changed' }).replace('exit 0', 'exit 1'),
      publisher.script(touch, { name: 'late', notAfterMs: 1_700_000_000_000 }),
      publisher.script(touch, { name: 'other', targets: ['host:web-2', 'tag:role=db'] }),
      publisher.script(touch, { name: 'unlisted' }),
    );
    await whenReported('good', ({ state }) => state === 'well');
    const refusals = ['', 'stranger', 'changed', 'late', 'other', 'unlisted'].map((name) =>
      reported().scripts.get(name),
    );
    expect(refusals.map((report) => [report?.state, report?.runCount])).toEqual(refusals.map(() => ['refused', 0]));
    expect(reported().scripts.get('other')!.problem).toContain('its targets must mean this host');
    expect(logged).toContain('hub-script.refused');
  });

  test('takes no older version and nothing that was revoked, also after a restart and with an empty hub', async (context) => {
    await start();
    if (!(await isOpen())) return context.skip();
    const older = publisher.script('echo 1', { version: 1 });
    const newer = publisher.script('echo 2', { version: 2 });
    give(newer);
    await whenReported('probe', ({ state }) => state === 'well');
    give(older);
    expect((await whenReported('probe', ({ version }) => version === 1)).problem).toContain('older than version 2');
    await restart();
    give(older);
    expect((await whenReported('probe', ({ version }) => version === 1)).problem).toContain('older than version 2');
    give(newer);
    await whenReported('probe', ({ state }) => state === 'well');
    give(newer, publisher.revocation(2));
    await whenReported('probe', ({ state }) => state === 'revoked');
    await restart();
    give(newer);
    expect((await whenReported('probe', ({ state }) => state === 'revoked')).runCount).toBe(0);
  });

  test('goes on with its scripts when it is started again while the hub is away', async (context) => {
    await start();
    if (!(await isOpen())) return context.skip();
    give(publisher.script('echo kept 1', { name: 'kept' }));
    await whenReported('kept', ({ state }) => state === 'well');
    await restart();
    // This hub gives it no list.
    expect((await whenReported('kept', ({ state }) => state === 'well')).runCount).toBeGreaterThan(0);
  });

  test('runs nothing when what it remembers cannot be believed', async (context) => {
    await start();
    if (!(await isOpen())) return context.skip();
    give(publisher.script('echo 1'));
    await whenReported('probe', ({ state }) => state === 'well');
    await agent!.stop();
    const shelf = join(folder, 'data', 'signed-scripts.json');
    expect(JSON.parse(readFileSync(shelf, 'utf8')).marks).toHaveLength(1);
    chmodSync(shelf, 0o666);
    await start();
    give(publisher.script('echo 1'));
    await until(
      'the door is blocked',
      () => reported().door?.door === 'blocked' && /closed to others/.test(reported().door!.problem),
    );
    rmSync(shelf);
    symlinkSync('/etc/passwd', shelf);
    give(publisher.script('echo 1'));
    await until('a link is not followed', () => /ELOOP/.test(reported().door!.problem));
    expect(reported().scripts.size).toBe(0);
  });

  test('cannot be made to keep more than 64 scripts, or a list out of order', async () => {
    for (const message of [
      { index: 0, count: 1_000_000 },
      { index: 3, count: 4 },
      { index: 5, count: 4 },
      { index: 1, count: 0 },
    ]) {
      if (agent === null) await start();
      const link = hub.connections.length;
      hub.send({ kind: 'scripts', text: 'x', ...message });
      await until('the agent leaves this hub', () => hub.connections.length > link && hub.last.hello !== null);
    }
    expect(logged).toContain('Cannot accept scripts');
  });
});

describe('an agent that its settings do not open', () => {
  test.each([
    ['by saying nothing', {}],
    ['by saying so', { ...opened, enabled: false }],
  ])('%s runs nothing, whatever the hub sends', async (_, scripts) => {
    await start(scripts);
    give(publisher.script('echo 1'), publisher.script('echo 2', { name: 'other' }));
    await until('it says that it is closed', () => reported().door?.door === 'closed');
    const before = hub.storedTicks;
    await until('some ticks have gone by', () => hub.storedTicks >= before + 4);
    expect(reported().scripts.size).toBe(0);
    expect(logged).not.toContain('hub-script.');
  });
});

function limitsOf(lower: { readonly wallMs: number }) {
  return { cpuSeconds: 10, memoryBytes: 134_217_728, processes: 32, outputBytes: 65_536, ...lower };
}
