import { describe, expect, test } from 'vitest';
import { socketRoute } from './connection.ts';

/** A folder whose socket path has this many bytes. */
function folderOf(socketPathBytes: number): string {
  return `/${'d'.repeat(socketPathBytes - '/'.length - '/.s.PGSQL.5432'.length)}`;
}

describe('socketRoute()', () => {
  test.each([
    ['linux', 107, 'direct'],
    ['linux', 108, 'descriptor'],
    ['darwin', 103, 'direct'],
    ['darwin', 104, 'none'],
  ] as const)('on %s with %i bytes is %s', (platform, bytes, route) => {
    expect(socketRoute(folderOf(bytes), platform)).toBe(route);
  });

  test('counts bytes, not characters', () => {
    expect(socketRoute(`/${'ü'.repeat(60)}`, 'linux')).toBe('descriptor');
  });
});
