/**
 * The install script as an operator runs it, against the built hub and with the built agent: for real, as root, but in namespaces of
 * its own, where changes to the machine's folders are seen by nobody else and go with it. That takes root and overlay mounts; where
 * they are not to be had these tests are left out.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nativePackageFiles } from '../../scripts/agent-lock.mjs';
import { createTestDatabase, type TestDatabase } from '../testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  enrolmentKey,
  type HubBundle,
  type HubProcess,
  startHub,
} from '../testing/hub-process.ts';

const root = resolve(import.meta.dirname, '../..');

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;
let folder: string;

/** Where the script writes; `/run` is empty, so that the machine has no systemd. */
const prelude = `
set -eu
mount -t tmpfs tmpfs "$SCRATCH"
for name in etc opt var; do
  mkdir -p "$SCRATCH/$name/upper" "$SCRATCH/$name/work" "/$name"
  mount -t overlay overlay -o "lowerdir=/$name,upperdir=$SCRATCH/$name/upper,workdir=$SCRATCH/$name/work" "/$name"
done
mount -t tmpfs tmpfs /run
say() { printf '\\n=== %s\\n' "$1"; }
`;

const machineArgs = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c'];

/** Runs a script as root of a machine of its own; the answer is what each part (`say NAME`) has printed. */
async function onMachine(script: string): Promise<ReadonlyMap<string, string>> {
  const env = { PATH: process.env['PATH'], SCRATCH: folder, HUB: hub.url };
  // Not spawnSync: the hub's way to its database goes through this process.
  const child = spawn('unshare', [...machineArgs, prelude + script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (part: Buffer) => (output += part.toString()));
  child.stderr.on('data', (part: Buffer) => (errors += part.toString()));
  await new Promise((settle) => child.once('close', settle));
  const parts = output.split(/^=== (.*)\n/m);
  const named = parts.flatMap((part, index) => (index % 2 === 1 ? [[part, parts[index + 1]!.trim()] as const] : []));
  return new Map([...named, ['errors', errors]]);
}

function canHaveMachine(): boolean {
  if (process.getuid?.() !== 0) return false;
  const scratch = mkdtempSync(join(tmpdir(), 'pulsewire-machine-'));
  const env = { PATH: process.env['PATH'], SCRATCH: scratch };
  const { status } = spawnSync('unshare', [...machineArgs, prelude], { env });
  rmSync(scratch, { recursive: true });
  return status === 0;
}

describe.skipIf(!canHaveMachine())('install.sh', () => {
  beforeAll(async () => {
    bundle = await buildHub();
    const dist = dirname(bundle.program);
    await build({
      ...{ absWorkingDir: root, outdir: dist, outExtension: { '.js': '.cjs' }, bundle: true, platform: 'node' },
      entryPoints: { agent: 'agent/main.ts', 'module-worker': 'agent/scripts/module-worker.ts' },
      ...{ target: 'node20', format: 'cjs', logLevel: 'error' },
      external: ['better-sqlite3', 'bufferutil', 'utf-8-validate', 'msgpackr-extract'],
    });
    const [packageJson, packageLock] = ['package.json', 'package-lock.json'].map((name) =>
      JSON.parse(readFileSync(join(root, name), 'utf8')),
    );
    mkdirSync(join(dist, 'agent-native'));
    for (const [name, content] of Object.entries(nativePackageFiles({ packageJson, packageLock })))
      writeFileSync(join(dist, 'agent-native', name), JSON.stringify(content, null, 2));
    writeFileSync(join(dist, '../LICENSE'), '');
    folder = mkdtempSync(join(tmpdir(), 'pulsewire-machine-'));
    chmodSync(folder, 0o755);
    database = await createTestDatabase();
    gate = new DatabaseGate(database.connection);
    await gate.open();
    hub = await startHub({ bundle, databaseUrl: gate.url });
    await hub.answers();
  }, 180_000);

  afterAll(async () => {
    if (hub?.isRunning) await hub.stop('SIGKILL');
    await gate?.close();
    await database?.drop();
    bundle?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test('installs an agent without any privilege, moves it in place, and leaves nothing behind', {
    timeout: 240_000,
  }, async () => {
    const found = await onMachine(`
      umask 077; printf '%s\\n' '${enrolmentKey}' >"$SCRATCH/key"
      fetch() { node -e 'fetch(process.argv[1] + "/install.sh").then((answer) => answer.text()).then((text) => console.log(text))' "$HUB"; }
      fetch >"$SCRATCH/install.sh"
      run() { code=0; "$@" "$SCRATCH/install.sh" $options || code=$?; echo "code $code"; }
      say check; options=--check; run sh
      say untouched; find /etc /opt /var/lib /run -iname '*pulsewire*'
      say installed; options="--token-file $SCRATCH/key --wait 90 --name from-script --tag role=web"; run dash
      say files; cd / && stat -c '%a %U:%G %n' opt/pulsewire-agent opt/pulsewire-agent/node opt/pulsewire-agent/current/agent.cjs \\
        etc/pulsewire/agent.json etc/pulsewire/metrics var/lib/pulsewire-agent var/lib/pulsewire-agent/spool.sqlite
      find var/lib/pulsewire-agent -name enrolment-token
      find -L opt/pulsewire-agent \\( ! -user root -o -perm /0022 \\) ! -type l ! -path '*/node'
      say rights; for id in $(find /proc -maxdepth 1 -name '[0-9]*' -user pulsewire-agent); do
        sed -n '/^\\(Uid\\|Groups\\|CapPrm\\|CapBnd\\|NoNewPrivs\\):/p' "$id/status"; done | tr -s '\\t ' ' ' | sed "s/\\b$(id -u pulsewire-agent)\\b/agent/g" | sort -u
      say settings; cat /etc/pulsewire/agent.json
      say again; md5sum </etc/pulsewire/agent.json; options='--wait 90'; run bash; md5sum </etc/pulsewire/agent.json
      say kept; options=--uninstall; run sh; find /etc /opt /var/lib /run -iname '*pulsewire*'
      say purged; options='--uninstall --purge'; run sh; find /etc /opt /var/lib /run -iname '*pulsewire*'; grep pulsewire- /etc/passwd /etc/group || true
      find /proc -maxdepth 1 -name '[0-9]*' ! -user root
      say end
    `);
    const lastLine = (name: string) => found.get(name)?.split('\n').at(-1);

    expect(found.get('check'), found.get('errors')).toMatch(/Nothing was changed: this was a check\ncode 0$/);
    expect(found.get('untouched')).toBe('');
    expect(found.get('installed')).toMatch(/The hub has it as from-script\ncode 0$/);
    expect(found.get('files')?.split('\n')).toEqual([
      ...['755 root:root opt/pulsewire-agent', '777 root:root opt/pulsewire-agent/node'],
      ...['644 root:root opt/pulsewire-agent/current/agent.cjs', '640 root:pulsewire-agent etc/pulsewire/agent.json'],
      ...['755 root:root etc/pulsewire/metrics', '700 pulsewire-agent:pulsewire-agent var/lib/pulsewire-agent'],
      '600 pulsewire-agent:pulsewire-agent var/lib/pulsewire-agent/spool.sqlite',
    ]);
    expect(found.get('rights')?.split('\n')).toEqual([
      ...['CapBnd: 0000000000000000', 'CapPrm: 0000000000000000', 'Groups: ', 'NoNewPrivs: 1'],
      'Uid: agent agent agent agent',
    ]);
    expect(JSON.parse(found.get('settings')!)).toEqual({
      ...{ hubUrl: hub.url, name: 'from-script', tags: { role: 'web' }, dataFolder: '/var/lib/pulsewire-agent' },
      metricsFolder: '/etc/pulsewire/metrics',
      enrolmentKeyFile: '/var/lib/pulsewire-agent/enrolment-token',
    });
    const [before, ...again] = found.get('again')!.split('\n');
    expect(again).toEqual(expect.arrayContaining(['The hub has it as from-script', 'code 0']));
    expect(lastLine('again')).toBe(before);
    expect(found.get('kept')).toMatch(
      /^Removed the agent\. .*\ncode 0\n\/etc\/pulsewire\n\/var\/lib\/pulsewire-agent$/,
    );
    expect(found.get('purged')).toMatch(/^Removed the agent, its settings, its data and its user\. .*\ncode 0$/);
    expect(found.has('end')).toBe(true);
    const { body } = await hub.ask<Readonly<Record<string, { readonly tags: unknown }>>>('GET', '/fetch/hosts');
    expect(body['from-script']?.tags).toEqual({ role: 'web' });
    // A secret on the way: neither what was printed nor what the hub has logged shows it.
    expect([...found.values(), hub.text].join('\n')).not.toContain(enrolmentKey);
  });

  test('changes nothing where something is missing or wrong, and says what', { timeout: 240_000 }, async () => {
    const found = await onMachine(`
      node -e 'fetch(process.argv[1] + "/install.sh").then((answer) => answer.text()).then((text) => console.log(text))' "$HUB" >"$SCRATCH/install.sh"
      run() { say "$1"; shift; code=0; "$@" 2>&1 </dev/null || code=$?; echo "code $code"; }
      run option sh "$SCRATCH/install.sh" --nope
      run token setsid sh "$SCRATCH/install.sh"
      run secret sh "$SCRATCH/install.sh" --token 'a secret canary'
      run hub sh "$SCRATCH/install.sh" --hub 'http://a;reboot'
      run node env PATH=/usr/sbin:/sbin:/usr/bin:/bin sh "$SCRATCH/install.sh" --node /nowhere/node
      sed "s/^archive_sha256='/archive_sha256='0/" "$SCRATCH/install.sh" >"$SCRATCH/altered.sh"
      run checksum sh "$SCRATCH/altered.sh" --check
      head -c 9000 "$SCRATCH/install.sh" >"$SCRATCH/half.sh"
      run half sh "$SCRATCH/half.sh" --check
      mkdir /opt/pulsewire-agent; touch /opt/pulsewire-agent/mine
      run occupied sh "$SCRATCH/install.sh" --check
      say left; ls /opt/pulsewire-agent; find /etc /var/lib /run -iname '*pulsewire*'
    `);
    const saying = (words: string) => expect.stringMatching(new RegExp(`${words}[^]*\\ncode 2$`));

    expect(Object.fromEntries(found)).toMatchObject({
      option: saying('there is no option "--nope"'),
      token: saying('the enrolment token must be given'),
      secret: saying('must be of visible characters without spaces'),
      hub: saying('--hub must be letters, digits and the characters of a URL'),
      node: saying('Node 20.19 or newer must be installed for all users: got /nowhere/node'),
      checksum: saying('the archive must have the SHA-256 0'),
      half: saying('half.sh'),
      occupied: saying('/opt/pulsewire-agent must be empty or an earlier installation'),
      left: 'mine',
    });
    expect(found.get('secret')).not.toContain('canary');
  });
});
