import { describe, expect, test } from 'vitest';
import { ConfigError } from '#core/errors.ts';
import { parseArguments } from './main.ts';
import { scenarios } from './scenarios.ts';

describe('parseArguments()', () => {
  test('takes scenarios and their options', () => {
    expect(parseArguments(['kill', '--runs', '200', '--seed', '7', '--smoke'])).toEqual({
      names: ['kill'],
      isSmoke: true,
      runCount: 200,
      seed: 7,
      withPeers: false,
      profileFolder: null,
    });
  });

  test('takes all scenarios by one word', () => {
    expect(parseArguments(['all']).names).toEqual(Object.keys(scenarios));
  });

  test.each([[['nothing']], [[]], [['kill', '--runs', 'many']], [['idle', '--what']]])('refuses %j', (args) => {
    expect(() => parseArguments(args)).toThrow(ConfigError);
  });
});
