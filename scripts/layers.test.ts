/**
 * Proves the layer rules of `biome.json`: each is shown a wrong import, which it must refuse, and a right one.
 * The wrong files stand in a folder of their own with a copy of the rules, and are linted in one go.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Line by line: what is written into the files, and what Biome says of it. */
const lines = new Map<string, string[]>();
let found: ReadonlySet<string> = new Set();
let folder = '';

/** Adds a line to a file; the result names the finding `rule` would make there. */
function place(file: string, code: string, rule: string): string {
  const all = lines.get(file) ?? [];
  all.push(code);
  lines.set(file, all);
  return `${rule} ${file}:${all.length}`;
}

function placeImport(file: string, name: string): string {
  const alias = `x${lines.get(file)?.length ?? 0}`;
  return place(file, `import { ${alias} } from '${name}';`, 'lint/style/noRestrictedImports');
}

/** The findings of one run over all files, as `rule file:line`. */
function lint(): ReadonlySet<string> {
  const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(folder, 'biome.json'), JSON.stringify({ ...config, vcs: { enabled: false } }));
  for (const [file, content] of lines) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${content.join('\n')}\n`);
  }
  const args = ['lint', '--reporter=github', '--max-diagnostics=none', '.'];
  const { stdout, error } = spawnSync(join(root, 'node_modules/.bin/biome'), args, { cwd: folder, encoding: 'utf8' });
  if (error !== undefined) throw error;
  const matches = stdout.matchAll(/title=([^,]+),file=([^,]+),line=(\d+)/g);
  return new Set([...matches].map(([, rule, file, line]) => `${rule} ${relative(folder, file!)}:${line}`));
}

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'pulsewire-layers-')));
  found = lint();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const imports: readonly (readonly [file: string, name: string, isAllowed: boolean])[] = [
  ['core/x.ts', './errors.ts', true],
  ['core/stream/x.ts', '../errors.ts', true],
  ['core/x.ts', 'msgpackr', false],
  ['core/codec.ts', 'msgpackr', true],
  ['core/x.ts', 'zod', false],
  ['core/codec.ts', 'zod', false],
  ['core/codec.ts', 'rrule', false],
  ['core/x.ts', 'rrule', false],
  ['core/x.ts', 'temporal-polyfill', false],
  ['core/schedule.ts', 'rrule', true],
  ['core/schedule.ts', 'temporal-polyfill', true],
  ['core/schedule.ts', 'msgpackr', false],
  ['core/schedule.ts', 'node:fs', false],
  ['core/x.ts', 'node:fs', false],
  ['core/x.ts', 'node:fs/promises', false],
  ['core/x.ts', '../hub/main.ts', false],
  ['core/stream/x.ts', './testing/model-spool.ts', false],
  ['core/stream/x.test.ts', './testing/model-spool.ts', true],
  ['core/x.test.ts', 'node:crypto', true],
  ['core/x.test.ts', '../hub/main.ts', false],

  ['hub/x.ts', '#core/errors.ts', true],
  ['hub/x.ts', '../core/errors.ts', false],
  ['hub/x.ts', 'node:fs', true],
  ['hub/x.ts', '../agent/main.ts', false],
  ['hub/intake/x.ts', '../../ui/main.ts', false],
  ['hub/x.ts', '../bench/main.ts', false],
  ['hub/x.ts', '../cli/pulsewire.ts', false],
  ['hub/x.ts', 'uWebSockets.js', false],
  ['hub/sockets.ts', 'uWebSockets.js', true],
  ['hub/sockets/routes.ts', 'uWebSockets.js', true],
  ['hub/sockets/routes.ts', 'postgres', false],
  ['hub/embedded/x.ts', 'postgres', false],
  ['hub/x.ts', 'postgres', false],
  ['hub/x.ts', 'rrule', false],
  ['hub/sockets/routes.ts', 'temporal-polyfill', false],
  ['hub/store/x.ts', 'rrule', false],
  ['hub/store/x.ts', 'postgres', true],
  ['hub/store/x.ts', '../intake/flight.ts', true],
  ['hub/store/x.ts', 'nodemailer', false],
  ['hub/x.ts', 'nodemailer', false],
  ['hub/notices/x.ts', 'nodemailer', false],
  ['hub/notices/email.ts', 'nodemailer', true],
  ['hub/notices/email.ts', 'postgres', false],
  ['hub/testing/x.ts', 'postgres', true],
  ['hub/x.ts', '#core/stream/testing/model-spool.ts', false],
  ['hub/hub.sim.test.ts', '#core/stream/testing/model-spool.ts', true],
  ['hub/testing/x.ts', '#core/stream/testing/model-spool.ts', true],
  ['hub/hub.e2e.test.ts', 'ws', true],
  ['hub/hub.e2e.test.ts', '../agent/main.ts', false],

  ['agent/x.ts', '../hub/main.ts', false],
  ['agent/scripts/x.ts', '../../ui/main.ts', false],
  ['agent/collectors/x.ts', '../scripts/scripts.ts', true],
  ['agent/x.ts', 'better-sqlite3', false],
  ['agent/x.ts', 'nodemailer', false],
  ['agent/spool.ts', 'better-sqlite3', true],
  ['agent/spool/database.ts', 'better-sqlite3', true],
  ['agent/x.ts', 'ws', false],
  ['agent/x.ts', 'rrule', false],
  ['agent/spool.ts', 'temporal-polyfill', false],
  ['agent/spool.ts', 'ws', false],
  ['agent/link.ts', 'ws', true],
  ['agent/link.test.ts', 'ws', true],

  ['ui/x.ts', '../hub/main.ts', false],
  ['ui/pages/x.ts', '../../agent/main.ts', false],
  ['ui/x.ts', 'lit', true],
  ['ui/x.ts', 'node:fs', false],
  ['ui/x.ts', 'uplot', false],
  ['ui/x.ts', 'rrule', false],
  ['ui/chart.ts', 'temporal-polyfill', false],
  ['ui/pages/x.ts', 'uplot/dist/uPlot.min.css?inline', false],
  ['ui/chart.ts', 'uplot', true],
  ['ui/chart.ts', 'uplot/dist/uPlot.min.css?inline', true],
  ['ui/chart.ts', 'node:fs', false],
  ['ui/testing/hub.ts', 'ws', true],
  ['ui/testing/hub.ts', 'node:http', true],
  ['ui/live/feed.ts', 'ws', false],

  ['bench/x.ts', '../hub/main.ts', false],
  ['bench/x.ts', '../agent/main.ts', false],
  ['bench/x.ts', 'ws', true],
  ['bench/x.ts', 'postgres', false],
  ['bench/database.ts', 'postgres', true],
  ['bench/micro/x.bench.ts', 'msgpackr', true],
  ['bench/x.ts', 'msgpackr', false],
  ['bench/x.ts', 'temporal-polyfill', false],

  ['fuzz/targets/x.ts', '#core/codec.ts', true],
  ['fuzz/targets/x.ts', '../../core/codec.ts', false],
  ['fuzz/targets/x.ts', '../../hub/json-body.ts', true],
  ['fuzz/targets/x.ts', '../../hub/testing/ticks.ts', true],
  ['fuzz/targets/x.ts', '../../agent/main.ts', false],
  ['fuzz/targets/x.ts', '../../ui/main.ts', false],
  ['fuzz/targets/x.ts', 'msgpackr', false],

  ['cli/x.ts', 'postgres', false],
  ['cli/x.ts', 'rrule', false],
  ['cli/x.ts', '../hub/main.ts', false],
  ['cli/x.ts', '#core/time.ts', true],
];

const placedImports = imports.map(
  ([file, name, isAllowed]) => [file, name, isAllowed, placeImport(file, name)] as const,
);

const placedForms = [
  "export const y = await import('../agent/main.ts');",
  "export { z } from '../agent/main.ts';",
  "import type { X } from '../agent/main.ts';",
].map((code) => [code, place('hub/forms.ts', code, 'lint/style/noRestrictedImports')] as const);

const placedBans = (
  [
    ['suspicious/noConsole', "console.log('x');"],
    ['style/noDefaultExport', 'export default 1;'],
    ['performance/noBarrelFile', "export * from './layers.ts';"],
    ['suspicious/noExplicitAny', 'export const x: any = 1;'],
    ['style/useImportType', "import { X } from './y.ts'; export const z: X | null = null;"],
    ['style/useNodejsImportProtocol', "import { join } from 'path'; export const w = join;"],
    ['nursery/noFloatingPromises', 'async function f() {} f();'],
  ] as const
).map(([rule, code]) => [rule, place(`hub/ban-${rule.split('/')[1]}.ts`, code, `lint/${rule}`)] as const);

const placedCycle = place('hub/round.ts', "export { b } from './about.ts';", 'lint/suspicious/noImportCycles');
place('hub/about.ts', "import { a } from './round.ts'; export const b = a;", 'lint/suspicious/noImportCycles');

describe('layers', () => {
  test.each(placedImports)('%s may import %s: %s', (_file, _name, isAllowed, finding) => {
    expect(!found.has(finding)).toBe(isAllowed);
  });

  test.each(placedForms)('the walls hold for %s', (_code, finding) => {
    expect(found).toContain(finding);
  });

  test.each(placedBans)('%s is on', (_rule, finding) => {
    expect(found).toContain(finding);
  });

  test('import cycles are refused', () => {
    expect(found).toContain(placedCycle);
  });
});
