import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMessage, type MessageContext, templateProblem } from './message-template.ts';

const filling: MessageContext = {
  state: 'firing',
  cause: 'limits',
  rule: 'Disk nearly full',
  severity: 'warning',
  host: 'web-1',
  alias: '',
  tags: { site: 'Berlin' },
  series: 'filesystem_used_percent{mount="/"}',
  unit: 'percent',
  value: 93.4,
  condition: { kind: 'above', threshold: 90, recovery: 85 },
  forMs: 300_000,
};

function context(parts: Partial<MessageContext>): MessageContext {
  return { ...filling, ...parts };
}

const ofHost: Partial<MessageContext> = { series: '', unit: '', value: null, condition: null, forMs: 0 };

describe('formatMessage()', () => {
  test.each([
    ['{{host}}: {{series}}', 'web-1: filesystem_used_percent{mount="/"}'],
    ['{{metric}} on {{label.mount}}', 'filesystem_used_percent on /'],
    ['{{value}} {{unit}} > {{threshold}}', '93.4 percent > 90'],
    ['{{condition}} for {{for}}', 'above 90 for 5 min'],
    ['[{{severity}}] {{rule}} is {{state}}', '[warning] Disk nearly full is firing'],
    ['{{alias}} in {{ tag.site }}', 'web-1 in Berlin'],
    ['{{tag.toString}}|{{label.device}}|{{nobody}}|', '|||'],
    ['100 % {sic}', '100 % {sic}'],
  ])('%s is "%s"', (template, text) => {
    expect(formatMessage(template, filling)).toBe(text);
  });

  test('a template does not speak of what has ended without being good', () => {
    const ended = context({ state: 'resolved', value: null, ended: 'removed' });
    expect(formatMessage('{{host}} is well again', ended)).toMatch(/ is judged no longer: the host was removed$/);
  });

  test.each<[Partial<MessageContext>, string]>([
    [{}, 'web-1: filesystem_used_percent{mount="/"} is 93.4 % (above 90 % for 5 min)'],
    [{ alias: 'Front page', forMs: 0 }, 'Front page: filesystem_used_percent{mount="/"} is 93.4 % (above 90 %)'],
    [{ state: 'resolved', value: 80 }, 'web-1: filesystem_used_percent{mount="/"} is 80 % (no longer above 90 %)'],
    [
      {
        series: 'load1',
        unit: '1',
        value: 1,
        condition: { kind: 'outside', low: 2, high: 5, recoveryLow: null, recoveryHigh: null },
      },
      'web-1: load1 is 1 (outside 2 to 5 for 5 min)',
    ],
    [
      {
        series: 'swap_in',
        unit: 'bytes/s',
        value: 7_340_032,
        input: { kind: 'average', windowMs: 60_000 },
        condition: { kind: 'above', threshold: 5_242_880, recovery: null },
      },
      'web-1: swap_in is 7 MiB/s on average of 1 min (above 5 MiB/s for 5 min)',
    ],
    [
      {
        series: 'used',
        unit: 'bytes',
        value: -2_048,
        input: { kind: 'rate', windowMs: 600_000 },
        condition: { kind: 'below', threshold: -1_024, recovery: null },
        forMs: 0,
      },
      'web-1: used changes by -2 KiB/s over 10 min (below -1 KiB/s)',
    ],
    [
      { series: 'load1', unit: '1', value: 0.5, input: { kind: 'rate', windowMs: 60_000 }, forMs: 0 },
      'web-1: load1 changes by 0.5/s over 1 min (above 90/s)',
    ],
    [{ cause: 'silence', value: null }, 'web-1: filesystem_used_percent{mount="/"} gives no values'],
    [
      { cause: 'silence', state: 'resolved', value: 3 },
      'web-1: filesystem_used_percent{mount="/"} gives values again: 3 %',
    ],
    [
      { cause: 'limits', state: 'resolved', value: null },
      'web-1: filesystem_used_percent{mount="/"} is as it should be again (no longer above 90 %)',
    ],
    [{ ...ofHost, cause: 'hostDown' }, 'web-1 is down'],
    [{ ...ofHost, cause: 'hostDown', state: 'resolved' }, 'web-1 is back'],
    [
      { ...ofHost, cause: 'hostDown', state: 'resolved', ended: 'disabled' },
      'web-1 is judged no longer: the rule was disabled, removed or changed, or does not mean it any more',
    ],
    [
      { state: 'resolved', value: null, ended: 'gone' },
      'web-1: filesystem_used_percent{mount="/"} is gone: there is nothing left to judge',
    ],
    [
      { state: 'resolved', value: null, ended: 'removed' },
      'web-1: filesystem_used_percent{mount="/"} is judged no longer: the host was removed',
    ],
    [{ ...ofHost, cause: 'massOutage', host: '' }, 'Many hosts are gone at once: the hub may be cut off'],
    [{ ...ofHost, cause: 'massOutage', host: '', state: 'resolved' }, 'The hosts that were gone at once are back'],
    [{ ...ofHost, cause: 'clockSkew', value: -95_000 }, 'web-1: the clock is off (1 min 35 s)'],
    [{ ...ofHost, cause: 'clockSkew', state: 'resolved' }, 'web-1: the clock is right again'],
  ])('without a template, for %o: %s', (parts, text) => {
    expect(formatMessage('', context(parts))).toBe(text);
  });

  test('goes through the template once: what a value says is not looked at again', () => {
    expect(formatMessage('{{host}} {{rule}}', context({ host: '{{rule}}', rule: '{{tag.site}}' }))).toBe(
      '{{rule}} {{tag.site}}',
    );
    expect(formatMessage('{{host}}', context({ host: '$&$1' }))).toBe('$&$1');
  });

  test('keeps values in one line, and the lines of the template', () => {
    const host = 'web\r\nBcc: all@example.org\u0000\u2028\u202eend';
    expect(formatMessage('{{host}}\n{{tag.site}}', context({ host, tags: { site: 'a\tb' } }))).toBe(
      'web Bcc: all@example.org end\na b',
    );
    expect(formatMessage('', context({ ...ofHost, cause: 'hostDown', host }))).toBe(
      'web Bcc: all@example.org end is down',
    );
  });

  test('is never longer than 1,000 characters, none of them cut in half', () => {
    const text = formatMessage('{{host}}', context({ host: '😀'.repeat(1_500) }));
    // As a viewer counts them: in UTF-16 units.
    expect(text).toBe(`${'😀'.repeat(499)}…`);
  });

  test('takes any template and any value', () => {
    const text = fc.string({ unit: fc.constantFrom('{{', '}}', 'host', 'label.', '{', ' ', '\n', 'a'), maxLength: 40 });
    fc.assert(
      fc.property(text, text, (template, host) => {
        const message = formatMessage(template, context({ host, series: host }));
        expect(message.length).toBeLessThanOrEqual(1_000);
        if (templateProblem(template) === null && !host.includes('{{')) expect(message).not.toContain('{{');
      }),
      { seed: 20_261_127, numRuns: 2_000 },
    );
  });

  test('answers a template made to take long', () => {
    expect(formatMessage('{{ '.repeat(600), filling)).toHaveLength(1_000);
    expect(templateProblem('{{'.repeat(900))).toContain('must be a name');
  });
});

describe('templateProblem()', () => {
  test.each([
    ['', null],
    ['{{host}} {{ label.mount }} {{tag.a-b.c}} {one} }}', null],
    ['{{hosts}}', 'a template may name host,'],
    ['{{label.}}', 'a template may name'],
    ['{{constructor}}', 'a template may name'],
    ['{{host', 'must be a name and end'],
    ['{{host {{alias}}', 'must be a name and end'],
    ['{{two words}}', 'must be a name and end'],
    ['x'.repeat(2_001), 'at most 2000 characters'],
  ])('%s', (template, problem) => {
    expect(templateProblem(template)).toEqual(problem === null ? null : expect.stringContaining(problem));
  });
});
