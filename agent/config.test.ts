import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { emptySettings, settingPlaces } from '#core/agent-settings.ts';
import { ConfigError } from '#core/errors.ts';
import { type Environment, maskConfig, parseAgentConfig, readAgentConfig } from './config.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-config-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function parse(settings: unknown, env: Environment = {}) {
  return parseAgentConfig(settings, { env, cwd: '/work-folder', folder: '/etc/pulsewire' });
}

/** What is said about settings that cannot be used. */
function problemsOf(make: () => unknown): readonly string[] {
  try {
    make();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

/** A file of this content and mode in the test's folder. */
function fileOf(content: string, mode = 0o600): string {
  const file = join(folder, 'file');
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

function read(file: string, env: Environment = {}) {
  return readAgentConfig({ file, env, cwd: folder });
}

describe('parseAgentConfig()', () => {
  test('has a default for everything', () => {
    expect(parse({})).toEqual({
      hubUrl: 'ws://127.0.0.1:8888/agent',
      name: expect.stringMatching(/./),
      tags: {},
      intervalMs: 1_000,
      dataFolder: '/work-folder/data/agent',
      metricsFolder: '/work-folder/data/agent/metrics',
      spoolBytesMax: null,
      spoolCommitMs: 0,
      keepAcked: false,
      seriesMax: 4_000,
      enrolmentKey: null,
      secretFiles: [],
      scripts: {
        isEnabled: false,
        publisherKeys: [],
        allow: null,
        runAs: null,
        network: true,
        limits: { wallMs: 30_000, cpuSeconds: 10, memoryBytes: 268_435_456, processes: 32, outputBytes: 65_536 },
      },
      enrolmentKeyFile: null,
      trust: null,
      logLevel: 'info',
      pinned: emptySettings,
      remoteSettings: true,
    });
  });

  test('pins what the file says of that which a hub may set', () => {
    const settings = {
      ...{ intervalMs: 5_000, tags: { role: 'web' }, spoolBytesMax: 8_388_608 },
      collectors: { disk: { enabled: false } },
      metrics: [{ pattern: 'load_*', every: 5 }],
    };
    expect(settingPlaces(parse(settings).pinned)).toEqual([
      'interval',
      'collectors.disk.enabled',
      'metrics.load_*',
      'tags.role',
      'spool_bytes',
    ]);
  });

  test('says what is wrong with collectors and metrics', () => {
    expect(
      problemsOf(() => parse({ collectors: { disk: { on: true } }, metrics: [{ pattern: 'load_1m', every: 0 }] })),
    ).toEqual([
      'Cannot accept the settings: collectors.disk: "enabled" or "every" is wanted: got "on"',
      'Cannot accept the settings: metrics.0.every: a whole number in 1..86400 is wanted: got 0',
    ]);
  });

  test('wants TLS where the hub is to show who it is, a pin that is one, and certificates that are some', () => {
    const hubKeyPin = `sha256/${'A'.repeat(43)}=`;
    expect(parse({ hubUrl: 'wss://hub', hubKeyPin }).trust).toEqual({ ca: null, keyPin: hubKeyPin });
    expect(() => parse({ hubUrl: 'ws://hub', hubKeyPin })).toThrow(
      'Cannot accept "hubKeyPin": "hubUrl" must start with wss:// or https://: got "ws://hub/agent"',
    );
    expect(() => parse({ hubUrl: 'wss://hub', hubKeyPin: 'sha256/short' })).toThrow(
      /"hubKeyPin": it must be "sha256\/"/,
    );
    expect(() => parse({ hubUrl: 'wss://hub', caFile: '/nowhere/ca.pem' })).toThrow(/Cannot read certificates/);
  });

  test.each([
    ['http://hub:8888', 'ws://hub:8888/agent'],
    ['https://hub.example.org', 'wss://hub.example.org/agent'],
    ['wss://hub.example.org/', 'wss://hub.example.org/agent'],
    ['wss://hub.example.org/pulsewire/', 'wss://hub.example.org/pulsewire/agent'],
    ['ws://hub/agent', 'ws://hub/agent'],
  ])('reads hubUrl %s as %s', (given, expected) => {
    expect(parse({ hubUrl: given }).hubUrl).toBe(expected);
  });

  test('takes folders from the file relative to it, and from the environment of systemd', () => {
    const { dataFolder, metricsFolder } = parse({ dataFolder: 'data', metricsFolder: '../scripts' });
    expect([dataFolder, metricsFolder]).toEqual(['/etc/pulsewire/data', '/etc/scripts']);
    expect(parse({}, { STATE_DIRECTORY: '/var/lib/a:/var/lib/b' }).dataFolder).toBe('/var/lib/a');
  });

  test('lets the environment name the hub', () => {
    expect(parse({ hubUrl: 'ws://other' }, { PULSEWIRE_HUB_URL: 'http://127.0.0.1:9999' }).hubUrl).toBe(
      'ws://127.0.0.1:9999/agent',
    );
  });

  test.each<[string, unknown, readonly string[]]>([
    ['no object', [], ['Cannot accept the settings: they must be a JSON object: got []']],
    ['null', null, ['Cannot accept the settings: they must be a JSON object: got null']],
    ['an unknown setting', { intervallMs: 1 }, ['Cannot accept "intervallMs": there is no such setting']],
    ['a prototype', JSON.parse('{"__proto__": {"x": 1}}'), ['Cannot accept "__proto__": there is no such setting']],
    [
      'an interval of no kind',
      { intervalMs: '1s' },
      ['Cannot accept "intervalMs": it must be a whole number in 100..3600000: got "1s"'],
    ],
    [
      'an interval that is too short',
      { intervalMs: 99 },
      ['Cannot accept "intervalMs": it must be a whole number in 100..3600000: got 99'],
    ],
    ['a fraction', { seriesMax: 1.5 }, ['Cannot accept "seriesMax": it must be a whole number in 1..8000: got 1.5']],
    [
      'another scheme',
      { hubUrl: 'ftp://hub' },
      ['Cannot accept "hubUrl": it must start with ws://, wss://, http:// or https://: got "ftp://hub"'],
    ],
    [
      'no URL',
      { hubUrl: 'hub' },
      ['Cannot accept "hubUrl": it must be a URL such as "wss://hub.example.org": got "hub"'],
    ],
    [
      'a password in the URL, without showing it',
      { hubUrl: 'wss://me:canary@hub' },
      ['Cannot accept "hubUrl": it must hold no user and no password: got "wss://***@hub"'],
    ],
    [
      'a token in the URL, without showing it',
      { hubUrl: 'wss://hub/?token=canary' },
      ['Cannot accept "hubUrl": it must end with its path: got "wss://hub/?***"'],
    ],
    [
      'a host name of control characters',
      { name: 'a\nb' },
      ['Cannot accept "name": it must be 1..255 characters without control characters: got "a\\nb"'],
    ],
    [
      'tags of other kinds',
      { tags: { a: 1, 'b c': 'x' } },
      ['Cannot accept "tags.a": it must be a text of at most 200 characters: got 1'],
    ],
    [
      'a tag that is no name',
      { tags: { 'b c': 'x' } },
      ['Cannot accept "tags": it must be an object whose names are letters, digits and "_": got {"b c":"x"}'],
    ],
    [
      'several at once',
      { spoolCommitMs: 10_001, logLevel: 'loud', keepAcked: 'yes', hubUrl: 'x:', more: true },
      [
        'Cannot accept "spoolCommitMs": it must be a whole number in 0..10000: got 10001',
        'Cannot accept "keepAcked": it must be true or false: got "yes"',
        'Cannot accept "logLevel": it must be one of error, warn, info, debug: got "loud"',
        'Cannot accept "more": there is no such setting',
        'Cannot accept "hubUrl": it must start with ws://, wss://, http:// or https://: got "x:"',
      ],
    ],
  ])('refuses %s', (_, settings, problems) => {
    expect(problemsOf(() => parse(settings))).toEqual(problems);
  });
});

describe('readAgentConfig()', () => {
  test('reads the example, which nothing but its author may write', () => {
    const example = resolve(import.meta.dirname, '../config/agent.json');
    const { hubUrl, tags } = readAgentConfig({ file: example, env: {}, cwd: folder });
    expect({ hubUrl, tags }).toEqual({
      hubUrl: 'wss://hub.example.org/agent',
      tags: { role: 'web', site: 'north' },
    });
  });

  test('reads a file with a byte order mark and Windows line ends', () => {
    expect(read(fileOf('\ufeff{\r\n  "intervalMs": 500\r\n}\r\n')).intervalMs).toBe(500);
  });

  test.each<[string, string, number, RegExp]>([
    ['is empty', '', 0o600, /^Cannot read settings file ".*": it must be JSON: /],
    ['is no JSON', '{"a":', 0o600, /^Cannot read settings file ".*": it must be JSON: /],
    [
      'others may write',
      '{}',
      0o606,
      /^Cannot use settings file ".*": others must not be able to write it: got mode 0606$/,
    ],
    [
      'a group may write',
      '{}',
      0o664,
      /^Cannot use settings file ".*": others must not be able to write it: got mode 0664$/,
    ],
  ])('refuses a file that %s', (_, content, mode, problem) => {
    expect(problemsOf(() => read(fileOf(content, mode)))).toEqual([expect.stringMatching(problem)]);
  });

  test('refuses a file that is not there', () => {
    expect(problemsOf(() => read(join(folder, 'none')))).toEqual([
      expect.stringMatching(/^Cannot read settings file ".*none": ENOENT/),
    ]);
  });
});

describe('the enrolment key', () => {
  test.each<[string, () => Environment]>([
    ['of the environment', () => ({ PULSEWIRE_ENROLMENT_KEY: ' key-canary-4711-0815\n' })],
    [
      'of a file',
      () => ({
        PULSEWIRE_ENROLMENT_KEY_FILE: fileOf('key-canary-4711-0815\n', 0o640),
        PULSEWIRE_ENROLMENT_KEY: 'another-key-of-all',
      }),
    ],
  ])('is taken %s', (_, env) => {
    const config = parse({}, env());
    expect(config.enrolmentKey).toBe('key-canary-4711-0815');
    expect(JSON.stringify(maskConfig(config))).not.toContain('canary');
  });

  test('is taken from the file that the settings name', () => {
    expect(parse({ enrolmentKeyFile: fileOf('key-canary-4711-0815') }).enrolmentKey).toBe('key-canary-4711-0815');
  });

  test("is the agent's to remove only where it was left in its own data folder, and may be gone there", () => {
    const enrolmentKeyFile = fileOf('key-canary-4711-0815');
    expect(parse({ enrolmentKeyFile, dataFolder: folder })).toMatchObject({
      enrolmentKey: 'key-canary-4711-0815',
      enrolmentKeyFile,
    });
    expect(parse({ enrolmentKeyFile, dataFolder: join(folder, 'data') }).enrolmentKeyFile).toBeNull();
    rmSync(enrolmentKeyFile);
    expect(parse({ enrolmentKeyFile, dataFolder: folder })).toMatchObject({
      enrolmentKey: null,
      enrolmentKeyFile: null,
    });
  });

  test('of the hub beside it is taken where nothing else is said, and stays where it is', () => {
    const besideKey = join(folder, 'file');
    const env = { PULSEWIRE_BESIDE_KEY_FILE: besideKey, PULSEWIRE_BESIDE_DATA_FOLDER: join(folder, 'agent') };
    fileOf('key-of-the-hub-beside');
    expect(parse({}, env)).toMatchObject({
      dataFolder: join(folder, 'agent'),
      metricsFolder: join(folder, 'agent/metrics'),
      enrolmentKey: 'key-of-the-hub-beside',
      enrolmentKeyFile: null,
    });
    expect(parse({ dataFolder: folder }, env)).toMatchObject({ dataFolder: folder, enrolmentKeyFile: null });
    const own = join(folder, 'own');
    writeFileSync(own, 'token-of-the-settings', { mode: 0o600 });
    expect(parse({ enrolmentKeyFile: own }, env).enrolmentKey).toBe('token-of-the-settings');
    expect(parse({}, { ...env, PULSEWIRE_ENROLMENT_KEY_FILE: own }).enrolmentKey).toBe('token-of-the-settings');
  });

  test('of the hub beside it is not looked at before that hub has started, and one that the settings name is', () => {
    const env = { PULSEWIRE_BESIDE_KEY_FILE: join(folder, 'none') };
    const trial = (settings: unknown) =>
      parseAgentConfig(settings, { env, cwd: folder, folder, isTrial: true }).enrolmentKey;
    expect(trial({})).toBeNull();
    expect(trial({ enrolmentKeyFile: 'none' })).toBeNull();
    expect(problemsOf(() => trial({ enrolmentKeyFile: 'gone', nmae: 'x' }))).toEqual([
      expect.stringContaining('"nmae"'),
      expect.stringMatching(/^Cannot read enrolment key ".*gone": ENOENT/),
    ]);
  });

  test.each<[string, () => Environment, RegExp]>([
    [
      'that is too short for any hub',
      () => ({ PULSEWIRE_ENROLMENT_KEY: 'canary-of-15-ch' }),
      /it must be 16..200 visible ASCII characters without spaces: got 15 characters$/,
    ],
    [
      'that others may read',
      () => ({ PULSEWIRE_ENROLMENT_KEY_FILE: fileOf('key-canary-4711-0815', 0o644) }),
      /others must not be able to read it: got mode 0644$/,
    ],
    [
      'that others may write',
      () => ({ PULSEWIRE_ENROLMENT_KEY_FILE: fileOf('key-canary-4711-0815', 0o622) }),
      /others must not be able to write it: got mode 0622$/,
    ],
    [
      'that is not there',
      () => ({ PULSEWIRE_ENROLMENT_KEY_FILE: join(folder, 'none') }),
      /^Cannot read enrolment key ".*none": ENOENT/,
    ],
    [
      'that is empty',
      () => ({ PULSEWIRE_ENROLMENT_KEY_FILE: fileOf('\n') }),
      /must be 16..200 visible ASCII characters without spaces: got 0 characters$/,
    ],
    [
      'that is no header',
      () => ({ PULSEWIRE_ENROLMENT_KEY: 'canary\r\nX: y' }),
      /variable PULSEWIRE_ENROLMENT_KEY: it must be 16..200 visible/,
    ],
  ])('is refused %s, without showing it', (_, env, problem) => {
    const problems = problemsOf(() => parse({}, env()));
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(problems.join()).not.toContain('canary');
  });
});

describe('scripts of the hub', () => {
  const key = `ed25519:${'A'.repeat(42)}E`;
  const opened = { enabled: true, publisherKeys: [key] };

  test('are opened by the file alone, with keys', () => {
    expect(parse({ scripts: { ...opened, allow: ['a'], runAs: 'scripts', limits: { wallMs: 500 } } }).scripts).toEqual({
      isEnabled: true,
      publisherKeys: [key.slice('ed25519:'.length)],
      allow: ['a'],
      runAs: 'scripts',
      network: true,
      limits: { wallMs: 500, cpuSeconds: 10, memoryBytes: 268_435_456, processes: 32, outputBytes: 65_536 },
    });
    expect(parse({ scripts: {} }).scripts.isEnabled).toBe(false);
    expect(parse({}, { PULSEWIRE_SCRIPTS: 'true', SCRIPTS_ENABLED: '1' }).scripts.isEnabled).toBe(false);
  });

  test.each([
    [{ enabled: true }, 'at least one of "publisherKeys"'],
    [{ ...opened, publisherKeys: ['ssh-ed25519 AAAA'] }, 'a key as "pulsewire sign" prints it'],
    [{ ...opened, publisherKeys: [key.slice(0, -1)] }, 'a key as "pulsewire sign" prints it'],
    [{ ...opened, enabled: 'yes' }, 'true or false'],
    [{ ...opened, allow: 'all' }, 'a list of names'],
    [{ ...opened, limits: { processes: 0 } }, 'a whole number in 1..256'],
    [{ ...opened, limits: { wallMs: 1e9 } }, 'a whole number in 100..300000'],
  ])('%j is refused', (scripts, problem) => {
    expect(() => parse({ scripts })).toThrow(problem);
  });

  test('a file that others could have written opens nothing: the agent does not start with it', () => {
    const content = JSON.stringify({ scripts: opened });
    expect(() => read(fileOf(content, 0o666))).toThrow('others must not be able to write it');
    if (process.getuid?.() !== 0) return;
    const file = fileOf(content, 0o600);
    chownSync(file, 65_534, 65_534);
    expect(() => read(file)).toThrow("it must belong to root or to the agent's user");
    writeFileSync(file, '{}');
    expect(read(file).scripts.isEnabled).toBe(false);
  });
});
