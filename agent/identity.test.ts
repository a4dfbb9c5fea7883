import { describe, expect, test } from 'vitest';
import { hostWith } from './collectors/testing/host.ts';
import { parseOsRelease, readFacts } from './facts.ts';
import { readBootId, readMachineId, readMonotonicMs } from './identity.ts';

const machineId = '0123456789abcdef0123456789abcdef';

describe('readBootId()', () => {
  test("is the kernel's, as 32 hex digits", () => {
    const { folders } = hostWith({ 'proc/sys/kernel/random/boot_id': '4f2a0d1e-1111-2222-3333-444455556666\n' });
    expect(readBootId(folders)).toBe('4f2a0d1e111122223333444455556666');
  });

  test('is a new one each time where the kernel offers none', () => {
    const { folders } = hostWith({ 'proc/sys/kernel/random/boot_id': 'nonsense' });
    expect(readBootId(folders)).toMatch(/^[0-9a-f]{32}$/);
    expect(readBootId(folders)).not.toBe(readBootId(folders));
  });
});

describe('readMachineId()', () => {
  test('is the same for the same machine and does not show its id', () => {
    const { folders } = hostWith({ 'etc/machine-id': `${machineId}\n` });
    expect(readMachineId(folders)).toBe(readMachineId(folders));
    expect(readMachineId(folders)).toMatch(/^[0-9a-f]{32}$/);
    expect(readMachineId(folders)).not.toBe(machineId);
  });

  test.each(['', 'uninitialized\n'])('is null for %j', (text) => {
    expect(readMachineId(hostWith({ 'etc/machine-id': text }).folders)).toBeNull();
  });

  test('is null where there is none', () => {
    expect(readMachineId(hostWith({}).folders)).toBeNull();
  });
});

test('readMonotonicMs() only rises', () => {
  const first = readMonotonicMs();
  expect(readMonotonicMs()).toBeGreaterThanOrEqual(first);
});

test.each([
  ['NAME=x\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n', 'Debian GNU/Linux 12 (bookworm)'],
  ["PRETTY_NAME='Alpine'\n", 'Alpine'],
  ['PRETTY_NAME=Arch\n', 'Arch'],
  ['PRETTY_NAME="a \\"b\\""\n', 'a "b"'],
  ['PRETTY_NAME=""\n', null],
  ['', null],
])('parseOsRelease() reads %j as %j', (text, expected) => {
  expect(parseOsRelease(text)).toBe(expected);
});

test('readFacts() gives texts that a hub can store', () => {
  const { folders } = hostWith({ 'etc/os-release': 'PRETTY_NAME="Test \u0007Linux"\n' });
  const facts = readFacts({ folders, agentVersion: '1.2.3' });
  expect(facts).toMatchObject({
    os: 'Test \ufffdLinux',
    agent_version: '1.2.3',
    cores: expect.stringMatching(/^\d+$/),
  });
  expect(Object.values(facts).every((text) => typeof text === 'string' && text.length <= 200)).toBe(true);
});

test.each([
  ['10\n', 'portable'],
  ['31\n', 'portable'],
  ['3\n', undefined],
  ['', undefined],
])('readFacts() reads the chassis type %j as %j', (type, chassis) => {
  const { folders } = hostWith({ 'sys/class/dmi/id/chassis_type': type });
  expect(readFacts({ folders, agentVersion: '1' })['chassis']).toBe(chassis);
});
