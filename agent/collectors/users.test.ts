import { describe, expect, test } from 'vitest';
import { hostWith, runOf } from './testing/host.ts';
import { countUtmpUsers, isUserSession, usersCollector } from './users.ts';

function record(type: number, user: string, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  new DataView(bytes.buffer, bytes.byteOffset).setInt16(0, type, true);
  bytes.write(user, 44);
  return bytes;
}

test.each([384, 400])('countUtmpUsers() counts people in records of %i bytes', (length) => {
  const records = [
    record(2, 'reboot', length),
    record(7, 'anna', length),
    record(7, '', length),
    record(7, 'b', length),
  ];
  expect(countUtmpUsers(Buffer.concat([...records, Buffer.alloc(10)]), length)).toBe(2);
  expect(countUtmpUsers(new Uint8Array(0), length)).toBe(0);
});

test.each([
  ['UID=0\nCLASS=user\nSTATE=active\n', true],
  ['CLASS=user-early\nSTATE=online\n', true],
  ['CLASS=user\nSTATE=closing\n', false],
  ['CLASS=manager\nSTATE=active\n', false],
  ['', false],
])('isUserSession() of %j is %s', (text, is) => {
  expect(isUserSession(text)).toBe(is);
});

describe('usersCollector()', () => {
  test('counts the sessions of logind where there is no utmp', () => {
    const host = hostWith({
      'run/systemd/sessions/1': 'CLASS=user\nSTATE=active\n',
      'run/systemd/sessions/c2': 'CLASS=greeter\nSTATE=active\n',
      'run/systemd/sessions/1.ref': 'CLASS=user\n',
    });
    expect(runOf(usersCollector(host.folders)).at(0)).toEqual({ logged_in_users: 1 });
  });

  test('prefers utmp', () => {
    const host = hostWith({ 'run/utmp': '', 'run/systemd/sessions/1': 'CLASS=user\nSTATE=active\n' });
    expect(runOf(usersCollector(host.folders)).at(0)).toEqual({ logged_in_users: 0 });
  });

  test('has no series where there is neither', () => {
    expect(runOf(usersCollector(hostWith({}).folders)).at(0)).toEqual({});
  });
});
