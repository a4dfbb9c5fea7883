import { describe, expect, test } from 'vitest';
import { chooseAccount, commandAs, hasAccount } from './account.ts';

const passwd = [
  'root:x:0:0:root:/root:/bin/bash',
  'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
  '# a comment',
  'postgres:x:101:104::/var/lib/postgresql:/bin/bash',
  '',
].join('\n');

describe('chooseAccount()', () => {
  test.each([
    ['an account of our own first', `${passwd}pulsewire:x:990:991::/:/bin/false\n`, { uid: 990, gid: 991 }],
    ['that of PostgreSQL next', passwd, { uid: 101, gid: 104 }],
    ['nobody last', 'nobody:x:65534:65534:::\n', { uid: 65_534, gid: 65_534 }],
    ['none that is root under another name', 'pulsewire:x:0:0:::\n', null],
    ['none from an empty file', '', null],
  ])('takes %s', (_, text, expected) => {
    expect(chooseAccount(text)).toEqual(expected);
  });
});

test('hasAccount() knows the uids of the file', () => {
  expect([hasAccount(passwd, 101), hasAccount(passwd, 64_321)]).toEqual([true, false]);
});

describe('commandAs()', () => {
  test('keeps the environment of the operator away from the server', () => {
    const { options } = commandAs({ kind: 'self' }, '/bin/postgres', []);
    expect(Object.keys(options.env ?? {}).sort()).toEqual(['LC_ALL', 'PATH', 'TZ']);
  });

  test('maps our own uid in a namespace, so that the pid of unshare becomes that of the server', () => {
    const command = commandAs({ kind: 'namespace', uid: 101, gid: 104 }, '/bin/postgres', ['-D', '/d']);
    expect([command.file, ...command.args].join(' ')).toBe(
      'unshare --user --map-user=101 --map-group=104 -- /bin/postgres -D /d',
    );
  });
});
