import { describe, expect, test } from 'vitest';
import { cleanHostName, hostNameProblem } from './host-name.ts';

describe('cleanHostName()', () => {
  test.each([
    ['web-1.example.org', 'web-1.example.org'],
    ['Büro 2 / links', 'Büro 2 / links'],
    [' web\u0000\u202e\n ', 'web'],
    ['', 'unnamed'],
    ['..', 'unnamed'],
    ['\u200b', 'unnamed'],
    ['a\ud800b', 'ab'],
    ['x'.repeat(300), 'x'.repeat(240)],
    ['😀'.repeat(300), '😀'.repeat(240)],
  ])('makes %j usable', (name, expected) => {
    expect(cleanHostName(name)).toBe(expected);
    expect(cleanHostName(expected)).toBe(expected);
    expect(hostNameProblem(expected)).toBeNull();
    expect(hostNameProblem(name) === null).toBe(name === expected);
  });
});
