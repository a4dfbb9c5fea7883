import { expect, test } from 'vitest';

test('a key "__proto__" that is copied from a message changes no other object', async () => {
  const whole = Object.getOwnPropertyDescriptor(Object.prototype, '__proto__')!;
  try {
    await import('./no-proto.ts');
    const message = JSON.parse('{"__proto__": {"isAdmin": true}}') as Record<string, Record<string, unknown>>;
    const copied: Record<string, unknown> = {};
    for (const key of Object.keys(message)) copied[key] = message[key];
    expect(Object.getPrototypeOf(copied)).toBe(Object.prototype);
    expect('isAdmin' in copied).toBe(false);
    expect('__proto__' in {}).toBe(false);
  } finally {
    Object.defineProperty(Object.prototype, '__proto__', whole);
  }
});
