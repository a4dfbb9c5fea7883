import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hubConfigSchema, readHubConfig } from '../hub/config.ts';

const hubFile = join(import.meta.dirname, 'hub.json');

test('hub.json can be used as it stands, and shows every setting with its default', () => {
  const example: unknown = JSON.parse(readFileSync(hubFile, 'utf8'));

  expect(readHubConfig(hubFile, {})).toEqual(example);
  expect(example).toEqual({ ...hubConfigSchema.parse({}), allowedHosts: ['metrics.example.org'] });
});
