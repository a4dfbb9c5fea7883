/**
 * Scripts that do harm, really run: each in the sandbox as an agent that is root uses it, as a user without rights. A machine
 * where that cannot be made shows that nothing runs, which is the promise there.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Interpreter, ScriptLimits } from '#core/signed-script.ts';
import { findInterpreter, findUser, programProblem, type SandboxSettings, sandboxCommand } from './sandbox.ts';
import { prepareSandbox } from './sandbox-probe.ts';
import { runSandbox, type SandboxEnd } from './sandbox-run.ts';

const MiB = 1024 * 1024;
const limits: ScriptLimits = {
  wallMs: 20_000,
  cpuSeconds: 10,
  memoryBytes: 128 * MiB,
  processes: 32,
  outputBytes: 64 * 1024,
};
const isRoot = process.getuid?.() === 0;

let folder: string;
let settings: SandboxSettings | null = null;
/** Why there is none. */
let problem = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-sandbox-'));
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data', 'spool.sqlite'), 'token-canary-4711');
  writeFileSync(join(folder, 'enrolment-key'), 'key-canary-4711');
  chmodSync(folder, 0o755);
  const wishes = { runAs: 'nobody', hidden: [join(folder, 'data'), join(folder, 'enrolment-key')], limits };
  settings = await prepareSandbox(wishes).catch((error: Error) => {
    problem = error.message;
    return null;
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(
  interpreter: Interpreter,
  code: string,
  { hasNetwork = false, ...lower }: Partial<ScriptLimits> & { readonly hasNetwork?: boolean } = {},
): Promise<SandboxEnd> {
  const bounds = { ...limits, ...lower };
  const command = await sandboxCommand({ interpreter, limits: bounds, hasNetwork }, settings!);
  return await runSandbox(command, Buffer.from(code), bounds).end;
}

/** Processes whose command line has this mark. */
function survivors(mark: string): string[] {
  return readdirSync('/proc').filter((id) => {
    if (!/^\d+$/.test(id) || Number(id) === process.pid) return false;
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(mark);
    } catch {
      return false;
    }
  });
}

const isPossible = () => settings !== null;

test('a machine can run scripts safely, or says what is missing', () => {
  if (settings === null) expect(problem).toMatch(/^Cannot (run scripts|make a place)/);
  else expect(settings.user === null).toBe(!isRoot);
});

describe.runIf(process.platform === 'linux')('a script', () => {
  test('sees nothing of the agent: not its user, its environment, its files, its processes, its rights', async (context) => {
    if (!isPossible()) return context.skip();
    process.env['PULSEWIRE_CANARY'] = 'environment-canary';
    const end = await run(
      'python3',
      `import os
print(os.getuid(), os.getgid(), os.getgroups())
print(sorted(os.environ))
print([name for name in os.listdir('/proc') if name.isdigit() and int(name) > 40])
print(os.getcwd(), os.listdir('.'))
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
print(status['CapEff'].strip(), status['CapBnd'].strip(), status['NoNewPrivs'].strip())
`,
    );
    delete process.env['PULSEWIRE_CANARY'];
    const [ids, names, others, place, rights] = end.output.split('\n');
    if (isRoot) expect(ids).toMatch(/^[1-9]\d* [1-9]\d* \[\d*\]$/);
    expect(names).not.toContain('CANARY');
    expect(others).toBe('[]');
    expect(place).toBe("/tmp ['script.py']");
    expect(rights).toBe('0000000000000000 0000000000000000 1');
    expect(end).toMatchObject({ kind: 'done', exitCode: 0 });
  });

  test("cannot read the agent's database, token or enrolment key", async (context) => {
    if (!isPossible()) return context.skip();
    const end = await run(
      'sh',
      `cat ${folder}/data/spool.sqlite ${folder}/enrolment-key; ls -R ${folder}; cat /proc/1/environ`,
    );
    expect(end.output + end.errors).not.toContain('canary');
    expect(end.errors).toContain('spool.sqlite');
  });

  test('writes nowhere but to its own /tmp, which goes with it', async (context) => {
    if (!isPossible()) return context.skip();
    const places = ['/', '/etc', '/var/tmp', '/dev/shm', '/usr/bin', '/root', '/home', '/run', '/tmp'];
    const end = await run(
      'sh',
      places.map((place) => `echo x > ${place}/pulsewire-written && echo wrote ${place}`).join('\n'),
    );
    expect(end.output).toBe('wrote /tmp\n');
    expect(places.filter((place) => existsSync(join(place, 'pulsewire-written')))).toEqual([]);
  });

  test('becomes nobody else by a setuid program', async (context) => {
    if (!isPossible()) return context.skip();
    const end = await run('sh', 'mount -t tmpfs none /tmp; su -c id; id -u; unshare -Urm id; echo end');
    expect(end.output.trim().split('\n').at(-1)).toBe('end');
    if (isRoot) expect(end.output).not.toContain('uid=0(root) gid=0(root) groups=0(root)\n0');
    expect(end.errors).toMatch(/must be superuser|permission denied|Operation not permitted/);
  });

  test('that runs for ever is ended, and says so', async (context) => {
    if (!isPossible()) return context.skip();
    const end = await run('sh', 'while :; do :; done # mark-loop', { wallMs: 1_500 });
    expect(end).toMatchObject({ kind: 'stopped', hung: true, problem: expect.stringContaining('within 1500 ms') });
  });

  test('that uses up its processor time is ended by the kernel', async (context) => {
    if (!isPossible()) return context.skip();
    const end = await run('sh', 'while :; do :; done', { cpuSeconds: 1 });
    expect(end).toMatchObject({ kind: 'done', problem: expect.stringMatching(/SIGXCPU|SIGKILL/) });
  });

  test('that forks without end takes no more than its processes, and all of them go', async (context) => {
    if (!isPossible()) return context.skip();
    const code = 'bomb() { bomb | bomb & }\nbomb\nsleep 1\nls -d /proc/[0-9]* | wc -l\nsleep 4711';
    const end = await run('bash', code, { wallMs: 6_000 });
    expect(end.kind).toBe('stopped');
    expect(end.errors).toMatch(/fork|Resource temporarily unavailable/);
    await expect.poll(() => survivors('sleep\x004711')).toEqual([]);
  });

  test('that prints 10 GB is ended after 64 KiB', async (context) => {
    if (!isPossible()) return context.skip();
    const end = await run('sh', 'yes | head -c 10000000000; echo');
    expect(end).toMatchObject({ kind: 'stopped', problem: expect.stringContaining('it may print 65536 bytes') });
    expect(end.output.length).toBeLessThanOrEqual(65_536);
  });

  test('that fills standard error is not held up by it, and only the end is kept', async (context) => {
    if (!isPossible()) return context.skip();
    const flood = await run('sh', 'yes | head -c 10000000000 >&2; echo 1');
    expect(flood).toMatchObject({ kind: 'stopped', problem: expect.stringContaining('65536 bytes to standard error') });
    const end = await run('sh', 'yes | head -c 60000 >&2; echo last words >&2; echo 1');
    expect(end).toMatchObject({ kind: 'done', exitCode: 0, output: '1\n' });
    expect(end.errors).toMatch(/last words\n$/);
    expect(end.errors.length).toBeLessThanOrEqual(1_024);
  });

  test('that fills the disk fills 16 MiB of its own memory', async (context) => {
    if (!isPossible()) return context.skip();
    const end = await run('sh', 'head -c 100000000 /dev/zero > /tmp/full; stat -c %s /tmp/full');
    expect(Number(end.output.trim())).toBeLessThanOrEqual(16 * MiB);
  });

  test('that closes its output and sleeps is ended at its time', async (context) => {
    if (!isPossible()) return context.skip();
    const end = await run('sh', 'exec >&- 2>&-; sleep 4712', { wallMs: 1_500 });
    expect(end).toMatchObject({ kind: 'stopped', hung: true });
    await expect.poll(() => survivors('sleep\x004712')).toEqual([]);
  });

  test('that ignores every signal it can is ended all the same', async (context) => {
    if (!isPossible()) return context.skip();
    const code = `import signal, time
for number in range(1, 65):
  try: signal.signal(number, signal.SIG_IGN)
  except (OSError, ValueError): pass
print('deaf', flush=True)
time.sleep(4713)`;
    const end = await run('python3', code, { wallMs: 7_000 });
    expect(end).toMatchObject({ kind: 'stopped', output: 'deaf\n' });
  });

  test('leaves nobody behind that made itself a daemon, neither when it ends nor when it is ended', async (context) => {
    if (!isPossible()) return context.skip();
    const daemon = (seconds: number) => `import os, time
if os.fork() == 0:
  os.setsid()
  if os.fork() == 0:
    for number in range(3): os.close(number)
    os.execv('/bin/sleep', ['sleep', '${seconds}'])
  os._exit(0)
os.wait()
print(1, flush=True)
`;
    expect(await run('python3', daemon(4714))).toMatchObject({ kind: 'done', exitCode: 0 });
    const code = `${daemon(4715)}time.sleep(60)`;
    expect(await run('python3', code, { wallMs: 7_000 })).toMatchObject({ kind: 'stopped', output: '1\n' });
    await expect.poll(() => [...survivors('sleep\x004714'), ...survivors('sleep\x004715')]).toEqual([]);
  });

  test('cannot kill its keeper, leave its group and live on', async (context) => {
    if (!isPossible()) return context.skip();
    const code = `import ctypes, os, signal, time
ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # no signal at the death of its parent
os.setsid() if os.getpid() != os.getpgrp() else None
for pid in (1, os.getppid()):
  try: os.kill(pid, signal.SIGKILL)
  except OSError as error: print(error.errno, flush=True)
os.execv('/bin/sleep', ['sleep', '4716'])`;
    const end = await run('python3', code, { wallMs: 4_000 });
    expect(end.kind).toBe('stopped');
    await expect.poll(() => survivors('sleep\x004716')).toEqual([]);
  });

  test('that takes too much memory fails by itself', async (context) => {
    if (!isPossible()) return context.skip();
    expect(await run('python3', 'x = bytearray(200 << 20)\nprint(1)')).toMatchObject({
      kind: 'done',
      exitCode: 1,
      errors: expect.stringContaining('MemoryError'),
    });
    const shared = 'import mmap\nmaps = [mmap.mmap(-1, 100 << 20) for _ in range(10)]\nprint(1)';
    expect(await run('python3', shared)).toMatchObject({ kind: 'done', exitCode: 1 });
  });

  test('has the network only when it asks for it', async (context) => {
    if (!isPossible()) return context.skip();
    const server = createServer((socket) => socket.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { readonly port: number };
    const code = `import socket\nprint(socket.create_connection(('127.0.0.1', ${port}), 5).recv(5).decode())`;
    const without = await run('python3', code);
    const having = await run('python3', code, { hasNetwork: true });
    await new Promise((resolve) => server.close(resolve));
    expect(without).toMatchObject({ kind: 'done', exitCode: 1, output: '' });
    expect(having).toMatchObject({ kind: 'done', exitCode: 0, output: 'hello\n' });
  });

  test.each([
    ['sh', 'echo 1'],
    ['bash', 'echo 1'],
    ['perl', 'print "1\\n"'],
    ['python3', 'print(1)'],
    ['node', 'console.log(1)'],
  ] as const)('in %s prints what it prints', async (interpreter, code) => {
    const isThere = await findInterpreter(interpreter).then(
      () => true,
      () => false,
    );
    if (!isPossible() || !isThere) return;
    expect(await run(interpreter, code)).toMatchObject({ kind: 'done', exitCode: 0, output: '1\n', errors: '' });
  });

  test('that is stopped from outside is gone', async (context) => {
    if (!isPossible()) return context.skip();
    const command = await sandboxCommand({ interpreter: 'sh', limits, hasNetwork: false }, settings!);
    const started = runSandbox(command, Buffer.from('sleep 4717'), limits);
    await expect.poll(() => survivors('sleep\x004717')).toHaveLength(1);
    started.stop();
    expect(await started.end).toMatchObject({ kind: 'stopped' });
    await expect.poll(() => survivors('sleep\x004717')).toEqual([]);
  });
});

describe('nothing runs', () => {
  test('as root, as a user that is not known, or without a user where the agent is root', async (context) => {
    if (!isRoot) return context.skip();
    const hidden: string[] = [];
    await expect(prepareSandbox({ runAs: null, hidden, limits })).rejects.toThrow('"scripts.runAs"');
    await expect(prepareSandbox({ runAs: 'root', hidden, limits })).rejects.toThrow('another user and group than root');
    await expect(prepareSandbox({ runAs: '0', hidden, limits })).rejects.toThrow('another user and group than root');
    await expect(findUser('no-such-user-4711')).rejects.toThrow('must be a user in /etc/passwd');
    const root = { user: { uid: 0, gid: 0 }, hidden };
    await expect(sandboxCommand({ interpreter: 'sh', limits, hasNetwork: false }, root)).rejects.toThrow('uid 0');
  });

  test('by a program that is setuid, that others could have written, or that is not there', async () => {
    const file = join(folder, 'program');
    writeFileSync(file, '#!/bin/sh\n');
    chmodSync(file, 0o755);
    expect(await programProblem(file)).toBeNull();
    chmodSync(file, 0o4755);
    expect(await programProblem(file)).toBe('must not be setuid or setgid');
    chmodSync(file, 0o2755);
    expect(await programProblem(file)).toBe('must not be setuid or setgid');
    chmodSync(file, 0o777);
    expect(await programProblem(file)).toMatch(/^must belong to root/);
    expect(await programProblem(join(folder, 'none'))).toBe('must be a program: got none');
    expect(await programProblem(folder)).toBe('must be a program: got none');
  });

  test('where the mounts cannot be made', async (context) => {
    if (!isPossible()) return context.skip();
    const command = await sandboxCommand({ interpreter: 'sh', limits, hasNetwork: false }, settings!);
    const args = command.args.map((arg) => (arg.startsWith('size=') ? 'size=nonsense' : arg));
    const end = await runSandbox({ ...command, args }, Buffer.from('echo 1'), limits).end;
    expect(end).toMatchObject({ kind: 'unstarted', output: '' });
    expect(end.problem).toMatch(/^Cannot make a place to run scripts in/);
  });
});

test('an agent that is not root runs scripts in a world where its own files are hidden and everything is read-only', async (context) => {
  if (!isRoot || !isPossible()) return context.skip();
  const program = join(folder, 'driver.mjs');
  const source = `
    import { prepareSandbox } from './agent/signed/sandbox-probe.ts';
    import { sandboxCommand } from './agent/signed/sandbox.ts';
    import { runSandbox } from './agent/signed/sandbox-run.ts';
    const limits = ${JSON.stringify(limits)};
    const [, , data, code] = process.argv;
    const settings = await prepareSandbox({ runAs: null, hidden: [data], limits });
    const command = await sandboxCommand({ interpreter: 'sh', limits, hasNetwork: true }, settings);
    console.log(JSON.stringify(await runSandbox(command, Buffer.from(code), limits).end));
  `;
  const bundle = await build({
    stdin: { contents: source, resolveDir: join(import.meta.dirname, '../..'), loader: 'ts' },
    ...{ bundle: true, platform: 'node', format: 'esm', write: false, logLevel: 'silent' },
  });
  writeFileSync(program, bundle.outputFiles[0]!.text);
  const own = join(folder, 'own');
  mkdirSync(own, { mode: 0o700 });
  writeFileSync(join(own, 'token'), 'own-canary');
  spawnSync('chown', ['-R', 'nobody', own]);
  const code = `cat ${own}/token; ls -A ${own}; for place in ${own} ${folder}/own /var/tmp /dev/shm; do echo x > $place/written; done; id -u; echo end`;
  const drop = ['--reuid', 'nobody', '--clear-groups', process.execPath, program, own, code];
  const done = spawnSync('setpriv', drop, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' },
  });
  if (done.status !== 0) {
    // A kernel that gives users no namespaces: said, and nothing ran.
    expect(done.stderr).toContain('Cannot make a place to run scripts in');
    return;
  }
  const end = JSON.parse(done.stdout) as SandboxEnd;
  expect(end).toMatchObject({ kind: 'done', exitCode: 0, output: '0\nend\n' });
  expect(end.errors).not.toContain('own-canary');
  expect(existsSync(join(own, 'written'))).toBe(false);
});
