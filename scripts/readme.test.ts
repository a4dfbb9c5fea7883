import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { agentConfigSchema } from '../agent/config.ts';
import { hubConfigSchema } from '../hub/config.ts';

const text = readFileSync(join(resolve(import.meta.dirname, '..'), 'README.md'), 'utf8');

/** Names in the first column of the table under this heading. */
function settingsUnder(heading: string): string[] {
  const part = text.split(`\n${heading}\n`)[1]!.split(/\n(?:#|\*\*)/)[0]!;
  const rows = [...part.matchAll(/^\| (`[^|]*) \|/gm)];
  return rows.flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
}

describe('the README has each setting once', () => {
  test.each([
    ['**Hub**', hubConfigSchema],
    ['**Agent**', agentConfigSchema],
  ] as const)('of %s', (heading, schema) => {
    expect(settingsUnder(heading).sort()).toEqual(Object.keys(schema.shape).sort());
  });
});
