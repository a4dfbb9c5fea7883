import { describe, expect, test } from 'vitest';
import { ConfigError } from '#core/errors.ts';
import { type AlertsFilePorts, parseAlertsFile } from './alerts-file.ts';

/** Reads a file of this content, beside files and variables of these texts. */
function parse(content: unknown, given: Partial<AlertsFilePorts> & { files?: Record<string, string> } = {}) {
  const files: Record<string, string> = {
    '/etc/pulsewire/alerts.json': typeof content === 'string' ? content : JSON.stringify(content),
    ...given.files,
  };
  return parseAlertsFile('/etc/pulsewire/alerts.json', {
    env: given.env ?? {},
    readText: (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return text;
    },
  });
}

function problemsOf(...given: Parameters<typeof parse>): readonly string[] {
  try {
    parse(...given);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const slack = (url: unknown) => ({ name: 'ops', kind: 'slack', settings: { url } });
const rule = { name: 'a', metric: 'x', condition: 'above', threshold: 1 };
const once = { name: 'd', hosts: {}, start: 1_700_000_000, duration: 60 };

describe('parseAlertsFile()', () => {
  test('takes nothing but an object', () => {
    expect(parse({})).toEqual({ rules: [], channels: [], downtimes: [] });
  });

  test('takes secrets as text, from the environment, and from files beside it', () => {
    const channels = [
      { ...slack('https://hooks.example/a'), name: 'a' },
      { ...slack({ env: 'HOOK' }), name: 'b', enabled: false },
      { ...slack({ file: 'secrets/hook' }), name: 'c' },
    ];
    const env = { HOOK: 'https://hooks.example/b' };
    const files = { '/etc/pulsewire/secrets/hook': 'https://hooks.example/c\n' };

    expect(parse({ channels }, { env, files }).channels).toEqual([
      { name: 'a', kind: 'slack', settings: { url: 'https://hooks.example/a' }, isEnabled: true },
      { name: 'b', kind: 'slack', settings: { url: 'https://hooks.example/b' }, isEnabled: false },
      { name: 'c', kind: 'slack', settings: { url: 'https://hooks.example/c' }, isEnabled: true },
    ]);
  });

  test('takes downtimes by instants and by rules of recurrence', () => {
    const recurring = {
      name: 'sunday',
      hosts: { tags: { role: 'db' } },
      start: '2026-03-01T02:00:00',
      rule: 'FREQ=WEEKLY;BYDAY=SU',
      duration: 3_600,
      zone: 'Europe/Berlin',
      author: 'ann',
    };
    const iso = { name: 'move', hosts: {}, start: '2026-03-01T02:00:00+02:00', end: '2026-03-01T02:00:00Z' };
    const { downtimes } = parse({ downtimes: [recurring, iso, once] });

    expect(downtimes.map(({ name, spec }) => [name, spec.schedule])).toEqual([
      [
        'sunday',
        {
          kind: 'recurring',
          start: '2026-03-01T02:00:00',
          rule: 'FREQ=WEEKLY;BYDAY=SU',
          durationMs: 3_600_000,
          zone: 'Europe/Berlin',
        },
      ],
      ['move', { kind: 'once', startMs: Date.UTC(2026, 2, 1), endMs: Date.UTC(2026, 2, 1, 2) }],
      ['d', { kind: 'once', startMs: 1_700_000_000_000, endMs: 1_700_000_060_000 }],
    ]);
  });

  test('says everything that is wrong at once', () => {
    const content = {
      channels: [
        slack({ env: 'NOT_THERE' }),
        { ...slack({ file: 'nowhere' }), name: 'b' },
        { ...slack({ env: 'A', file: 'b' }), name: 'c' },
        { ...slack('(secret)'), name: 'd' },
        { name: 'e', kind: 'pigeon', settings: {} },
      ],
      rules: [{ ...rule, threshold: null }, { kind: 'what' }],
      downtimes: [{ ...once, zone: 5 }],
      silences: [],
    };

    expect(problemsOf(content)).toEqual([
      'channels.0.settings.url: the environment must have "NOT_THERE": got nothing',
      'channels.1.settings.url: the file "/etc/pulsewire/nowhere" must be readable: got ENOENT',
      'channels.2.settings.url: text, {"env": "NAME"} or {"file": "path"} is wanted',
      expect.stringMatching(/^channels\.3\.settings\.url: /),
      expect.stringMatching(/^channels\.4\.kind: one of email, /),
      expect.stringMatching(/^rules\.1\.kind: /),
      expect.stringMatching(/^downtimes\.0\.zone: /),
      expect.stringMatching(/"silences"/),
    ]);
  });

  test('says what only the whole can show: names given twice, channels that are not there, limits that make no sense', () => {
    const content = {
      channels: [slack('https://hooks.example/a'), slack('https://hooks.example/b')],
      rules: [
        { ...rule, channels: ['ops', 'night'] },
        { ...rule, recovery: 2 },
        { kind: 'host_down', escalations: [{ after: 60, channels: ['boss'] }] },
        rule,
      ],
      downtimes: [once, { ...once, end: 1 }, { ...once, duration: -0, name: 'e' }],
    };

    expect(problemsOf(content)).toEqual([
      'rules.0.channels: "night" must be a channel of this file',
      expect.stringMatching(/^rules\.1\.condition: the recovery/),
      'rules.2.channels: "boss" must be a channel of this file',
      'downtimes.1.end: either "end" or "duration" is wanted',
      expect.stringMatching(/^downtimes\.2\.schedule: /),
      'channels: the name "ops" must be given once',
      'rules: the name "a" must be given once',
    ]);
  });

  test('shows nothing of a secret in what it says', () => {
    const canary = 'canary-4711';
    const texts = [
      ...problemsOf({ channels: [slack(`ftp://${canary}`), slack({ env: 'HOOK' })] }, { env: { HOOK: canary } }),
      ...problemsOf(`{"channels": [{"settings": {"url": "${canary}" oops`),
      ...problemsOf({ channels: [{ name: 'a', kind: 'telegram', settings: { token: canary, chat: '' } }] }),
      ...problemsOf({ channels: [{ name: 'a', kind: 'ntfy', settings: { topic: `${canary}!`, token: [canary] } }] }),
    ];

    expect(texts.length).toBeGreaterThan(5);
    expect(texts.join('\n')).not.toContain(canary);
  });

  test.each([
    ['not JSON', /^it must hold JSON: got something else at line 1, column \d+$/],
    ['{\n  "rules": [\n    {"name":"a",}\n  ]\n}', /^it must hold JSON: got something else at line 3, column 17$/],
    ['{"rules":\n[', /^it must hold JSON: got something else at line 2, column 2$/],
    ['[]', /^body: /],
    ['{"rules":{}}', /^rules: /],
    ['{"rules":[{"hosts":{"tags":{"__proto__":"x"}},"kind":"host_down"}]}', /^rules\.0\.hosts\.tags: "__proto__"/],
    [`{"rules":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, /^rules/],
  ])('refuses %j', (text, expected) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(expected)]);
  });

  test('says that it is not there', () => {
    const ports = {
      env: {},
      readText: () => {
        throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      },
    };

    expect(() => parseAlertsFile('alerts.json', ports)).toThrow(
      'Cannot use the file of alerts "alerts.json":\n  - it must be readable: got ENOENT',
    );
  });
});
