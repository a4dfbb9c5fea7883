/** What the images, the compose file and the install script say of this package, so that it stays true. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { agentConfigSchema, readAgentConfig } from '../agent/config.ts';
import { readHubConfig } from '../hub/config.ts';

const root = resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const dockerfile = read('Dockerfile');
const compose = read('compose.yaml');
const unit = read('install/pulsewire-agent.service');
const script = read('install/install.sh');
const packageJson = JSON.parse(read('package.json')) as {
  readonly engines: { readonly node: string };
  readonly files: readonly string[];
};

/** Values of all `NAME=value` lines of the unit. */
const settingsOf = (name: string) => [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((match) => match[1]);

describe('the Dockerfile', () => {
  test('builds on a Node that package.json allows and uWebSockets.js has a binary for', () => {
    const major = Number(/^ARG NODE_IMAGE=node:(\d+)-/m.exec(dockerfile)?.[1]);
    const abis: Readonly<Record<number, number>> = { 20: 115, 22: 127, 24: 137 };

    expect(major).toBeGreaterThanOrEqual(Number(/(\d+)/.exec(packageJson.engines.node)![1]));
    expect(readdirSync(join(root, 'node_modules/uWebSockets.js/dist/bin'))).toContain(
      `uws_linux_x64_${abis[major]}.node`,
    );
    expect(readdirSync(join(root, 'node_modules/uWebSockets.js/dist/bin'))).toContain(
      `uws_linux_arm64_${abis[major]}.node`,
    );
  });

  test('copies what is there, and everything that the package is made of', () => {
    const fromHere = [...dockerfile.matchAll(/^COPY (?!--from)(\S+) /gm)].map((match) => match[1]!);
    const fromBuild = [...dockerfile.matchAll(/^COPY --from=build ((?:\/build\/\S+ )+)/gm)]
      .flatMap((match) => match[1]!.trim().split(' '))
      .map((path) => path.replace('/build/', ''));

    for (const path of [...fromHere, ...fromBuild.filter((one) => !one.startsWith('dist'))])
      expect(existsSync(join(root, path)), path).toBe(true);
    const programs = packageJson.files.filter((name) => !/^config$|\.md$/.test(name));
    expect(fromBuild).toEqual(expect.arrayContaining(programs));
  });

  test('runs nothing as root, checks each program, and hands over no secret', () => {
    for (const stage of ['hub', 'agent']) {
      const text = dockerfile.split(/^FROM /m).find((part) => part.includes(` AS ${stage}\n`))!;
      expect(text).toMatch(/^USER node$/m);
      expect(text).toMatch(
        new RegExp(`^HEALTHCHECK .* CMD \\["node", "/opt/pulsewire\\S*/health.mjs", "${stage}"\\]$`, 'm'),
      );
      expect(text).toMatch(/^ENTRYPOINT \["node", /m);
    }
    expect(dockerfile).not.toMatch(/PASSWORD|TOKEN|SECRET|DATABASE_URL/);
    expect(read('.dockerignore').split('\n')).toEqual(
      expect.arrayContaining(['secrets', 'data', '**/node_modules', '.git']),
    );
  });
});

describe('the compose file', () => {
  test('mounts files that are there, and knows every secret that is used', () => {
    for (const [, file] of compose.matchAll(/^\s+- \.\/(\S+?):\//gm))
      expect(existsSync(join(root, file!)), file).toBe(true);
    const roles = read('config/container/database-roles.sh');
    const used = [
      ...`${compose}${roles.replaceAll('password_in ', '/run/secrets/')}`.matchAll(/\/run\/secrets\/([\w-]+)/g),
    ].map((match) => match[1]);
    const known = [...compose.matchAll(/^\s+file: \.\/secrets\/([\w-]+)$/gm)].map((match) => match[1]);
    expect([...new Set(used)].sort()).toEqual(known.sort());
    expect(read('.gitignore').split('\n')).toContain('/secrets/');
  });

  test('publishes to this machine alone, and starts programs without a right of their own', () => {
    expect([...compose.matchAll(/^\s+- (\S+:\d+:\d+)$/gm)].map((match) => match[1])).toEqual(['127.0.0.1:8888:8888']);
    for (const name of ['hub', 'agent']) {
      const service = compose
        .split(/^ {2}(?=\w+:\n)/m)
        .find((part) => part.startsWith(`${name}:\n`) && part.includes('target:'))!;
      expect(service).toMatch(/read_only: true/);
      expect(service).toMatch(/cap_drop:\n\s+- ALL/);
      expect(service).toMatch(/no-new-privileges:true/);
    }
  });

  test('has settings that the programs accept', () => {
    expect(readHubConfig(join(root, 'config/container/hub.json'), {})).toMatchObject({
      ...{ host: '0.0.0.0', port: 8888, dataFolder: '/var/lib/pulsewire' },
    });
    const file = join(root, 'config/container/agent.json');
    expect(readAgentConfig({ file, env: {}, cwd: root })).toMatchObject({
      ...{ dataFolder: '/var/lib/pulsewire-agent', metricsFolder: '/etc/pulsewire/metrics' },
    });
  });
});

describe('the unit and the install script', () => {
  test('mean the same user and folders', () => {
    const scriptValue = (name: string) => new RegExp(`^${name}=(\\S+)$`, 'm').exec(script)?.[1];
    const user = scriptValue('user');

    expect([settingsOf('User'), settingsOf('Group'), settingsOf('StateDirectory')]).toEqual([[user], [user], [user]]);
    expect(settingsOf('WorkingDirectory')).toEqual([scriptValue('state')]);
    const program = scriptValue('program');
    expect(settingsOf('ExecStart')).toEqual([
      `${program}/node ${program}/current/agent.cjs --config ${scriptValue('settings_folder')}/agent.json`,
    ]);
    const init = read('install/pulsewire-agent.init');
    for (const line of [
      `user=${user}`,
      `program=${program}`,
      `state=${scriptValue('state')}`,
      `pid_file=${scriptValue('pid_file')}`,
    ])
      expect(init.split('\n')).toContain(line);
  });

  test('take every right away, and leave /proc and /sys readable', () => {
    expect(settingsOf('CapabilityBoundingSet')).toEqual(['']);
    for (const name of ['NoNewPrivileges', 'PrivateTmp', 'PrivateDevices', 'RestrictNamespaces', 'RestrictSUIDSGID'])
      expect([name, ...settingsOf(name)]).toEqual([name, 'yes']);
    expect(settingsOf('ProtectSystem')).toEqual(['strict']);
    expect([settingsOf('ProtectProc'), settingsOf('ProcSubset')]).toEqual([['default'], ['all']]);
    expect(settingsOf('StateDirectoryMode')).toEqual(['0700']);
  });

  test('want the Node that package.json wants', () => {
    const wanted = /^node_wanted='([\d.]+)'$/m.exec(script)?.[1];
    expect(`>=${wanted}.0`).toBe(packageJson.engines.node);
    expect(read('install/install.md')).toContain(`Node ${wanted} or newer`);
  });

  test('write settings that the agent knows', () => {
    const written = [...script.matchAll(/\{ (\w+): (?:HUB|NAME|CA|KEY_PIN|STATE|METRICS|TOKEN_FILE) \}/g)].map(
      (match) => match[1]!,
    );
    expect(written).toHaveLength(7);
    expect(Object.keys(agentConfigSchema.shape)).toEqual(expect.arrayContaining(written));
  });

  test('are what the shells of small machines understand', () => {
    for (const file of ['install.sh', 'pulsewire-agent.init']) {
      const path = join(root, 'install', file);
      expect(read(`install/${file}`)).toMatch(/^#!\/bin\/sh\n/);
      execFileSync('sh', ['-n', path]);
      execFileSync('bash', ['-n', path]);
    }
  });
});
