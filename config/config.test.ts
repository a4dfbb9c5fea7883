import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAlertsFile } from '../hub/alerts-file.ts';
import { hubConfigSchema, readHubConfig } from '../hub/config.ts';

const hubFile = join(import.meta.dirname, 'hub.json');

test('hub.json can be used as it stands, and shows every setting with its default', () => {
  const example: unknown = JSON.parse(readFileSync(hubFile, 'utf8'));

  expect(readHubConfig(hubFile, {})).toEqual(example);
  expect(example).toEqual({ ...hubConfigSchema.parse({}), allowedHosts: ['metrics.example.org'] });
});

test('alerts.json can be used as it stands, given its secrets', () => {
  const file = join(import.meta.dirname, 'alerts.json');
  const secretFile = join(import.meta.dirname, 'secrets/ntfy-topic');
  const { rules, channels, downtimes } = parseAlertsFile(file, {
    env: { PULSEWIRE_SMTP_PASSWORD: 'password' },
    readText: (path) => (path === secretFile ? 'some-topic\n' : readFileSync(path, 'utf8')),
  });

  expect(channels.map(({ settings }) => settings)).toMatchObject([{ password: 'password' }, { topic: 'some-topic' }]);
  expect([rules.length, downtimes.length]).toEqual([6, 2]);
});

test('the examples of proxies lead to the port of hub.json, and say which settings the hub wants', () => {
  const { port } = hubConfigSchema.parse({});
  for (const name of ['nginx.conf', 'Caddyfile']) {
    const text = readFileSync(join(import.meta.dirname, 'proxy', name), 'utf8');
    expect(text).toContain(`127.0.0.1:${port}`);
    const settings = /^# +(\{ "allowedHosts".*\})$/m.exec(text)![1]!;
    expect(hubConfigSchema.parse(JSON.parse(settings))).toMatchObject({ trustedProxies: ['127.0.0.1'] });
  }
});
