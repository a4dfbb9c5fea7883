import { describe, expect, test } from 'vitest';
import {
  currentCost,
  madePassword,
  nameKeyOf,
  Passwords,
  passwordProblem,
  waitingMax,
  waitingPerAddressMax,
} from './passwords.ts';

/** 1 MiB instead of 128. */
const cheap = { costLog2: 10, blockSize: 8, parallelism: 1 };
const words = 'correct horse battery staple';

describe('Passwords', () => {
  test('knows the password again, and no other', async () => {
    const passwords = new Passwords(cheap);
    const stored = await passwords.hash(words, 'a');
    expect(stored).toMatch(/^scrypt\$10\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(await passwords.hash(words, 'a')).not.toBe(stored);
    expect(await passwords.matches(words, stored, 'a')).toBe(true);
    for (const wrong of [`${words} `, words.toUpperCase(), '', 'x'.repeat(1_024)])
      expect(await passwords.matches(wrong, stored, 'a')).toBe(false);
  });

  test('takes the same keys for the same password, however they are composed', async () => {
    const passwords = new Passwords(cheap);
    const stored = await passwords.hash('Zoe\u0308 und die ﬂinken Füchse', 'a');
    for (const same of ['Zo\u00eb und die flinken Fu\u0308chse', 'Zoë und die ﬂinken Füchse'])
      expect(await passwords.matches(same, stored, 'a')).toBe(true);
  });

  test('works as hard for nobody, and for a row that is none, as for somebody', async () => {
    const passwords = new Passwords(cheap);
    const stored = await passwords.hash(words, 'a');
    const before = passwords.checkedCount;
    for (const row of [null, 'none', '', stored.replace('scrypt', 'plain'), stored.replace('$10$', '$31$')])
      expect(await passwords.matches(words, row, 'a')).toBe(false);
    expect(passwords.checkedCount - before).toBe(5);
  });

  test('asks for 128 MiB, and knows a hash that asks for less', async () => {
    expect(currentCost).toEqual({ costLog2: 17, blockSize: 8, parallelism: 1 });
    const stored = await new Passwords(cheap).hash(words, 'a');
    const passwords = new Passwords();
    expect(passwords.isOutdated(stored)).toBe(true);
    expect(new Passwords(cheap).isOutdated(stored)).toBe(false);
    expect(await passwords.matches(words, stored, 'a')).toBe(true);
    expect(await passwords.hash(words, 'a')).toMatch(/^scrypt\$17\$8\$1\$/);
  });

  test('checks one at a time, keeps few waiting of one address and not many in all, and goes on', async () => {
    const passwords = new Passwords(cheap);
    const ask = (address: string) => passwords.matches(words, null, address).catch(() => 'refused');
    const ofOne = Array.from({ length: 10 }, () => ask('a'));
    expect(passwords.waitingCount).toBe(waitingPerAddressMax);
    const ofMany = Array.from({ length: 100 }, (_, index) => ask(`b${index}`));
    expect(passwords.waitingCount).toBe(waitingMax);
    const refused = (await Promise.all([...ofOne, ...ofMany])).filter((outcome) => outcome === 'refused');
    expect(refused).toHaveLength(110 - 1 - waitingMax);
    expect(passwords).toMatchObject({ waitingCount: 0, refusedCount: refused.length });
    expect(await ask('a')).toBe(false);
  });

  test('takes an IPv6 network for one address, of which whoever has it has 2^64', async () => {
    const passwords = new Passwords(cheap);
    const ask = (address: string) => passwords.matches(words, null, address).catch(() => 'refused');
    const ofOne = Array.from({ length: 10 }, (_, index) => ask(`2001:db8::${index}`));
    expect(passwords.waitingCount).toBe(waitingPerAddressMax);
    const ofAnother = ask('2001:db8:0:1::1');
    expect(passwords.waitingCount).toBe(waitingPerAddressMax + 1);
    expect((await Promise.all(ofOne)).filter((outcome) => outcome === 'refused')).toHaveLength(
      9 - waitingPerAddressMax,
    );
    expect(await ofAnother).toBe(false);
  });
});

test.each<[string, string | null]>([
  ['x'.repeat(11), '12 to 1,024 bytes are wanted: got 11'],
  ['abcdefghijkl', null],
  ['pässwörter?', null],
  ['a1b2'.repeat(256), null],
  [`${'a1b2'.repeat(256)}x`, 'got 1025'],
  ['😀😁😂', 'at least four different'],
  ['😀😁😂🤣', null],
  ['aaaaaaaaaaaaaaaaaaaa', 'at least four different'],
  ['Ann of the hills', 'something else than the name'],
])('passwordProblem() of %j', (password, problem) => {
  const found = passwordProblem(password, 'ann of the Hills ');
  if (problem === null) expect(found).toBeNull();
  else expect(found).toContain(problem);
});

test('nameKeyOf() takes names that are written alike for one', () => {
  const keys = ['Ann', 'ann', ' ANN ', 'Ａnn', 'Zoe\u0308', 'ZOË'].map(nameKeyOf);
  expect([...new Set(keys)]).toEqual(['ann', 'zoë']);
});

test('madePassword() makes another each time, good enough for a new one', () => {
  const made = Array.from({ length: 100 }, madePassword);
  expect(new Set(made).size).toBe(100);
  for (const password of made) {
    expect(password).toMatch(/^[a-km-np-z2-9]{5}(-[a-km-np-z2-9]{5}){3}$/);
    expect(passwordProblem(password, 'Ann')).toBeNull();
  }
});
