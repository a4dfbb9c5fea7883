import { describe, expect, test } from 'vitest';
import { assert, ConfigError, ProtocolError, protocolErrorCloseCodes } from './errors.ts';

describe('errors', () => {
  test('every protocol error closes with a code that a WebSocket may send', () => {
    const sendable = Object.values(protocolErrorCloseCodes).every(
      (code) => [1003, 1007, 1009].includes(code) || (code >= 4000 && code <= 4999),
    );
    expect(sendable).toBe(true);
    expect(new ProtocolError('ERR_TOKEN_REFUSED', 'x').closeCode).toBe(4401);
  });

  test('ConfigError lists every problem, one a line', () => {
    const error = new ConfigError(['port must be at most 65535: got 99999', 'name must be given: got ""']);
    expect(error.message.split('\n')).toHaveLength(3);
    expect(error.name).toBe('ConfigError');
  });

  test('assert() throws what it was told, and only when it does not hold', () => {
    expect(() => assert(true, 'holds')).not.toThrow();
    expect(() => assert(1 > 2, 'one is more than two')).toThrow('Assertion failed: one is more than two');
  });
});
