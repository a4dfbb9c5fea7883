import { describe, expect, test } from 'vitest';
import { isHealthOfHub } from './port-holder.ts';

describe('isHealthOfHub()', () => {
  test.each([
    ['{"status":"ok","storage":"stored"}', true],
    ['{"status":"starting","storage":null}', true],
    ['{"status":"ok"}', false],
    ['{"status":"UP","storage":"x"}', false],
    ['"ok"', false],
    ['null', false],
    ['<html>', false],
    ['', false],
  ])('of %s is %s', (text, isOurs) => {
    expect(isHealthOfHub(text)).toBe(isOurs);
  });
});
