import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seriesProblem } from '#core/series.ts';
import { HttpError } from './http.ts';
import { parsePush, pushedKeyOf, pushedNameOf } from './push-body.ts';

const nowMs = 1_767_225_600_000;
const now = nowMs / 1_000;

function parse(body: unknown) {
  return parsePush(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), nowMs);
}

const good = { hostname: 'web', client_id: 'c1', metrics: { load: 1 } };

function problemOf(body: unknown): string {
  try {
    parse(body);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return `${error.status} ${error.message}`;
  }
}

describe('parsePush()', () => {
  test('takes a bare number for now', () => {
    expect(parse(good)).toEqual({
      hostName: 'web',
      clientId: 'c1',
      tags: {},
      ticks: [{ timeMs: nowMs, values: new Map([['load', 1]]) }],
      isTimed: false,
    });
  });

  test('makes one tick of each timestamp, in order of time, to the millisecond', () => {
    const metrics = {
      b: { value: 2, timestamp: now - 5.0004 },
      a: { value: 1, timestamp: now - 9 },
      c: { value: 3, timestamp: now - 4.9996 },
    };
    const { ticks, isTimed } = parse({ ...good, metrics });

    expect(isTimed).toBe(true);
    expect(ticks).toEqual([
      { timeMs: nowMs - 9_000, values: new Map([['a', 1]]) },
      {
        timeMs: nowMs - 5_000,
        values: new Map([
          ['b', 2],
          ['c', 3],
        ]),
      },
    ]);
  });

  test('is timed only when every value is', () => {
    expect(parse({ ...good, metrics: { a: 1, b: { value: 2, timestamp: now } } }).isTimed).toBe(false);
  });

  test('ignores fields that it does not know', () => {
    expect(parse({ ...good, admin: true, id: 7 })).toEqual(parse(good));
  });

  const many = (count: number, reading: (index: number) => unknown) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, reading(index)]));

  test.each<[string, unknown, string]>([
    ['nothing', '', '400 Cannot read body: JSON in UTF-8'],
    ['broken JSON', '{"hostname":', '400 Cannot read body'],
    ['no object', '[]', '400 Cannot accept metrics: body'],
    ['null', 'null', '400 Cannot accept metrics: body'],
    ['nothing in it', '{}', 'hostname: '],
    ['no host name', { ...good, hostname: undefined }, 'hostname: '],
    ['an empty host name', { ...good, hostname: '' }, 'hostname: '],
    ['a long host name', { ...good, hostname: 'x'.repeat(241) }, 'hostname: '],
    ['a host name with NUL', { ...good, hostname: 'a\0b' }, 'hostname: a host name is'],
    ['a host name that turns the text round', { ...good, hostname: 'a\u202eb' }, 'hostname: a host name is'],
    ['the host name ..', { ...good, hostname: '..' }, 'hostname: a host name is'],
    ['a host name with space around', { ...good, hostname: ' web ' }, 'hostname: a host name is'],
    ['a list for a host name', { ...good, hostname: ['web'] }, 'hostname: '],
    ['no client id', { ...good, client_id: undefined }, 'client_id: '],
    ['a number for a client id', { ...good, client_id: 7 }, 'client_id: '],
    ['a tag that is no text', { ...good, tags: { a: 1 } }, 'tags.a: '],
    ['a tag with NUL', { ...good, tags: { a: 'x\0' } }, 'tags: names and values are visible text'],
    ['a tag with half a character', { ...good, tags: { a: '\ud800' } }, 'tags: names and values are visible text'],
    ['a long tag', { ...good, tags: { a: 'x'.repeat(201) } }, 'tags.a: '],
    ['too many tags', { ...good, tags: many(65, () => 'x') }, 'tags: at most 64'],
    ['no metrics', { ...good, metrics: {} }, 'metrics: 1..4000'],
    ['too many metrics', { ...good, metrics: many(4_001, () => 1) }, 'metrics: 1..4000'],
    ['a list for metrics', { ...good, metrics: [1] }, 'metrics: '],
    ['an empty name', { ...good, metrics: { '': 1 } }, 'metrics'],
    [
      'a name with a tab',
      { ...good, metrics: { 'a\tb': 1 } },
      'metrics: a name is 1..200 visible characters: got "a\\tb"',
    ],
    ['a name with NUL', { ...good, metrics: { 'a\0': 1 } }, 'metrics: a name is'],
    ['a name of half a character', { ...good, metrics: { '\ud800': 1 } }, 'metrics: a name is'],
    ['a long name', { ...good, metrics: { ['x'.repeat(201)]: 1 } }, 'metrics: a name is'],
    ['text for a value', { ...good, metrics: { a: '1' } }, 'metrics.a: a number is wanted'],
    ['null for a value', { ...good, metrics: { a: null } }, 'metrics.a: a number is wanted'],
    ['an infinite value', '{"hostname":"a","client_id":"c","metrics":{"a":1e999}}', 'metrics.a: a number is wanted'],
    ['no value', { ...good, metrics: { a: { timestamp: now } } }, 'metrics.a: a number is wanted'],
    ['no timestamp', { ...good, metrics: { a: { value: 1 } } }, 'metrics.a: a number is wanted'],
    [
      'milliseconds for seconds',
      { ...good, metrics: { a: { value: 1, timestamp: nowMs } } },
      'metrics.a.timestamp: Too',
    ],
    ['a timestamp of 1970', { ...good, metrics: { a: { value: 1, timestamp: 12 } } }, 'metrics.a.timestamp: Too'],
    [
      'a timestamp of the next decade',
      { ...good, metrics: { a: { value: 1, timestamp: now + 3e8 } } },
      'at most 24 hours in the future',
    ],
    [
      'too many timestamps',
      { ...good, metrics: many(1_001, (index) => ({ value: 1, timestamp: now - index })) },
      'at most 1000 different timestamps',
    ],
  ])('refuses %s and says why', (_, body, why) => {
    expect(problemOf(body)).toContain(why);
    expect(problemOf(body)).toMatch(/^400 Cannot (read body|accept metrics): /);
  });

  test('names several problems at once, and no more than ten', () => {
    const metrics = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`a\t${index}`, 1]));
    const problem = problemOf({ ...good, hostname: '..', metrics });

    expect(problem).toContain('hostname: ');
    expect(problem).toContain('; and 21 more');
    expect(problem.length).toBeLessThan(1_500);
  });

  test('refuses bytes that are no UTF-8', () => {
    expect(() => parsePush(Uint8Array.of(0x22, 0xff, 0x22), nowMs)).toThrow('JSON in UTF-8');
  });

  test('makes no prototype of what a client calls so, and says that __proto__ is no name', () => {
    const bodyOf = (name: string) => `{"hostname":"a","client_id":"c","tags":{"${name}":"x"},"metrics":{"${name}":2}}`;

    expect(parse(bodyOf('constructor')).ticks[0]!.values.get('constructor')).toBe(2);
    expect(problemOf(bodyOf('__proto__'))).toBe(
      '400 Cannot accept metrics: tags: "__proto__" cannot be a name; metrics: "__proto__" cannot be a name; metrics: 1..4000 are wanted: got 0',
    );
  });
});

describe('names of old clients', () => {
  test.each([
    'CPU Usage %',
    'disk/var',
    'größe',
    '1min',
    '<img src=x onerror=alert(1)>',
    '=cmd()',
    'x;y',
    'temp.°C',
    '😀',
  ])('are keys as they are: %j', (name) => {
    expect(pushedKeyOf(name)).toBe(name);
  });

  test('a canonical key is itself', () => {
    expect(pushedKeyOf('disk_used_bytes{device="vda"}')).toBe('disk_used_bytes{device="vda"}');
  });

  test.each(['{', 'a{b', 'a"b', 'a\\b', 'a{b=c}', 'a{z="1",a="2"}', 'pushed', 'pushed{name="x"}', '"'])(
    'that look like labels are kept in a label, and shown as they were: %j',
    (name) => {
      const key = pushedKeyOf(name)!;
      expect(key).toMatch(/^pushed\{name="/);
      expect(pushedNameOf(key)).toBe(name);
    },
  );

  test('every visible name has one key that a layout can hold, and comes back', () => {
    const keys = new Map<string, string>();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), (name) => {
        const key = pushedKeyOf(name);
        if (key === null) {
          expect(name).toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|^\s|\s$/u);
          return;
        }
        expect(seriesProblem(key, '')).toBeNull();
        expect(pushedNameOf(key)).toBe(name);
        expect(keys.get(key) ?? name).toBe(name);
        keys.set(key, name);
      }),
      { seed: 20_261_122, numRuns: 1_000 },
    );
  });
});
