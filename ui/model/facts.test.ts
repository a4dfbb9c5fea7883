import { expect, test } from 'vitest';
import { factsOf } from './facts.ts';

test('factsOf() puts together what belongs together and keeps what it does not know, but not what the hub alone needs', () => {
  const facts = factsOf({
    rack_row: 'B4',
    cores: '16',
    os: 'Debian 12',
    cpu_model: 'EPYC',
    memory_bytes: '68719476736',
    interval_ms: '1000',
    arch: '',
    speaks: 'settings,scripts',
  });
  expect(facts.map(({ title, value }) => `${title}: ${value}`)).toEqual([
    'OS: Debian 12',
    'CPU: 16 × EPYC',
    'Memory: 64.0\u202fGiB',
    'Rack row: B4',
  ]);
});
