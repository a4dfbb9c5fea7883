import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from '#core/errors.ts';
import { readHubConfig, shownConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'pulsewire-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: unknown): string {
  const file = join(folder, 'hub.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

function problemsOf(content: unknown, env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    readHubConfig(content === null ? null : fileOf(content), env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('readHubConfig()', () => {
  test('has a default for everything', () => {
    expect(readHubConfig(null, {})).toMatchObject({
      host: '127.0.0.1',
      port: 8_888,
      databaseUrl: null,
      batchAgeMs: 10_000,
    });
    expect(readHubConfig(fileOf({}), {})).toEqual(readHubConfig(null, {}));
  });

  test('takes the database from the environment before the file', () => {
    const file = fileOf({ databaseUrl: 'postgres://file/db' });
    expect(readHubConfig(file, {}).databaseUrl).toBe('postgres://file/db');
    expect(readHubConfig(file, { DATABASE_URL: 'postgresql://env/db' }).databaseUrl).toBe('postgresql://env/db');
  });

  test('reads a file with the line ends of Windows', () => {
    expect(readHubConfig(fileOf('{\r\n  "port": 9000\r\n}\r\n'), {}).port).toBe(9_000);
  });

  test('refuses a coarse tier that ends before the finer one', () => {
    const [problem] = problemsOf({ retentionRawDays: 30, retentionMinuteDays: 20 });
    expect(problem).toContain('got 30, 20 and 1096');
  });

  test('refuses an internal target that is neither host nor host and port', () => {
    expect(problemsOf({ internalTargets: ['mail.internal:25', 'http://mail.internal', 'a:0'] })).toEqual([
      '"internalTargets" must hold "host" or "host:port": got "http://mail.internal"',
      '"internalTargets" must hold "host" or "host:port": got "a:0"',
    ]);
  });

  test('says everything that is wrong at once', () => {
    const problems = problemsOf(
      { port: 99_999, host: '', batchAgeMs: '10', colour: 'red', secret: 1 },
      { DATABASE_URL: 'mysql://user:hunter2@host/db' },
    );

    expect(problems).toHaveLength(6);
    for (const name of ['port', 'host', 'batchAgeMs', 'colour', 'secret', 'databaseUrl']) {
      expect(problems.filter((problem) => problem.includes(`"${name}"`))).toHaveLength(1);
    }
  });

  test.each([
    'mysql://u:hunter2@h/d',
    'hunter2',
    'postgres://u:hunter2@h:99999/d',
    'postgres://u:hunter2@ h/d',
    'postgres://',
    '',
  ])('refuses the database URL %j without showing it', (url) => {
    const problems = problemsOf(null, { DATABASE_URL: url });
    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toContain('hunter2');
  });

  test.each([
    'postgres://u:p@h1:5432,h2:5433/d',
    'postgres:///d?host=/run/postgresql',
    'postgresql://u:p%40@[::1]:5432/d',
  ])('takes the database URL %j', (url) => {
    expect(problemsOf(null, { DATABASE_URL: url })).toEqual([]);
  });

  test.each([
    ['an empty file', ''],
    ['broken JSON', '{"port": 1'],
    ['a list', []],
    ['null', 'null'],
  ])('refuses %s', (_, content) => {
    expect(problemsOf(content)).toHaveLength(1);
  });

  test('refuses a file that is not there', () => {
    expect(() => readHubConfig(join(folder, 'absent.json'), {})).toThrow('ENOENT');
  });
});

test('shownConfig() holds neither a password nor a URL that is one', () => {
  const config = readHubConfig(fileOf({ watchdogUrl: 'https://watch.example/hunter2', port: 9_000 }), {
    DATABASE_URL: 'postgres://u:hunter2@h/d',
  });
  expect(shownConfig(config)).toMatchObject({ databaseUrl: '(secret)', watchdogUrl: '(secret)', port: 9_000 });
  expect(JSON.stringify(shownConfig(config))).not.toContain('hunter2');
  expect(shownConfig(readHubConfig(null, {}))).toMatchObject({ databaseUrl: null, watchdogUrl: null });
});
