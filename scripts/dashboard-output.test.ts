import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compressFiles, filesOfPage, weigh } from './dashboard-output.mjs';

const chunk = (fileName: string, source: string, imports: string[] = [], styles: string[] = []) => ({
  type: 'chunk',
  fileName,
  moduleIds: [`/build/ui/${source}`],
  imports,
  viteMetadata: { importedCss: new Set(styles) },
});

const html = `<link rel="icon" href="/dashboard/favicon.svg" /><script src="/dashboard/theme.js"></script>
  <script type="module" crossorigin src="/dashboard/assets/main.js"></script><link rel="stylesheet" href="/dashboard/assets/main.css">`;

describe('filesOfPage()', () => {
  const items = [
    chunk('assets/main.js', 'main.ts', ['assets/lit.js']),
    chunk('assets/lit.js', 'lit.ts'),
    chunk('assets/overview.js', 'pages/pw-overview.ts', ['assets/main.js', 'assets/cards.js'], ['assets/overview.css']),
    chunk('assets/cards.js', 'cards.ts', ['assets/lit.js']),
    chunk('assets/host.js', 'pages/pw-host.ts', ['assets/uplot.js']),
    chunk('assets/uplot.js', 'uplot.ts'),
    { type: 'asset', fileName: 'assets/overview.css' },
  ];

  test('are what the document names and what the page imports, each once, and nothing of other pages', () => {
    expect(filesOfPage(items, html, 'pages/pw-overview.ts')).toEqual(
      ['cards.js', 'lit.js', 'main.css', 'main.js', 'overview.css', 'overview.js']
        .map((name) => `assets/${name}`)
        .concat('theme.js'),
    );
  });

  test('a page that is in no chunk is an error, not a light page', () => {
    expect(() => filesOfPage(items, html, 'pages/pw-none.ts')).toThrow('a chunk must hold pages/pw-none.ts');
  });
});

describe('weigh()', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pulsewire-weigh-'));
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'assets/a.js'), 'word '.repeat(1_000));
    writeFileSync(join(folder, 'b.js'), 'short');
    compressFiles(folder);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  test('counts what goes over the wire: compressed forms where there are any', () => {
    const [packed, plain] = ['br', 'none'].map((suffix) => weigh(folder, ['assets/a.js', 'b.js'], suffix));
    expect(plain).toBe(5_005);
    expect(packed).toBeGreaterThan(5);
    expect(packed).toBeLessThan(100);
  });
});
