import { describe, expect, test } from 'vitest';
import { networkCollector, parseNetDev } from './network.ts';
import { hostWith, runOf } from './testing/host.ts';

const header = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`;

/** Counters of bytes, packets, errors and drops, received and sent. */
function line(name: string, receive: readonly number[] = [1, 1, 0, 0], transmit = receive): string {
  return `  ${name}:${receive.join('   ')}    0     0          0         0 ${transmit.join(' ')}    0     0       0          0\n`;
}

test('parseNetDev() leaves out the header and short lines, and takes names with a colon', () => {
  const text = `${header}${line('eth0', [449_408_956, 12_472, 1, 2])}${line('eth0:1')}  odd: 1 2\n`;
  const lines = parseNetDev(text).map(({ name, counters }) => [name, [...counters.slice(0, 4)]]);
  expect(lines).toEqual([
    ['eth0', [449_408_956, 12_472, 1, 2]],
    ['eth0:1', [1, 1, 0, 0]],
  ]);
});

describe('networkCollector()', () => {
  test('writes the rates of each interface', () => {
    const host = hostWith({ 'proc/net/dev': header + line('eth0') });
    const run = runOf(networkCollector(host.folders));
    expect(run.at(0)).toMatchObject({ 'network_receive_bytes_per_sec{interface="eth0"}': 'notDue' });
    host.write({ 'proc/net/dev': header + line('eth0', [3_001, 31, 3, 4], [6_001, 61, 5, 6]) });
    expect(run.at(2)).toEqual({
      'network_receive_bytes_per_sec{interface="eth0"}': 1_500,
      'network_receive_packets_per_sec{interface="eth0"}': 15,
      'network_receive_errors_per_sec{interface="eth0"}': 1.5,
      'network_receive_drops_per_sec{interface="eth0"}': 2,
      'network_transmit_bytes_per_sec{interface="eth0"}': 3_000,
      'network_transmit_packets_per_sec{interface="eth0"}': 30,
      'network_transmit_errors_per_sec{interface="eth0"}': 2.5,
      'network_transmit_drops_per_sec{interface="eth0"}': 3,
      network_receive_total_bytes_per_sec: 1_500,
      network_transmit_total_bytes_per_sec: 3_000,
    });
  });

  test.each([
    ['interfaces with a device', { 'sys/class/net/eth0/device/x': '' }],
    ['cards by their names where none has one', {}],
  ])('sums %s only', (_, files) => {
    const text = (bytes: number) => header + line('eth0', [bytes, 1, 0, 0]) + line('br-1', [bytes, 1, 0, 0]);
    const host = hostWith({ ...files, 'proc/net/dev': text(1) });
    const run = runOf(networkCollector(host.folders));
    run.at(0);
    host.write({ 'proc/net/dev': text(101) });
    expect(run.at(1)).toMatchObject({
      'network_receive_bytes_per_sec{interface="br-1"}': 100,
      network_receive_total_bytes_per_sec: 100,
    });
  });

  test('leaves out loopback, container ends and interfaces that have moved nothing', () => {
    const lines = ['lo', 'veth12ab', 'ifb0', 'sit0', 'cali123', 'wg0'].map((name) => line(name));
    const host = hostWith({ 'proc/net/dev': header + lines.join('') + line('eth1', [0, 0, 0, 0]) });
    const keys = Object.keys(runOf(networkCollector(host.folders)).at(0));
    expect(keys.filter((key) => key.startsWith('network_receive_bytes'))).toEqual([
      'network_receive_bytes_per_sec{interface="wg0"}',
    ]);
  });

  test('follows an interface that is renamed: the old series is gone, the new one starts anew', () => {
    const host = hostWith({ 'proc/net/dev': header + line('eth0', [900_000, 1, 0, 0]) });
    const run = runOf(networkCollector(host.folders));
    run.at(0);
    host.write({ 'proc/net/dev': header + line('ens3', [900_500, 1, 0, 0]) });
    expect(run.at(1)).toMatchObject({
      'network_receive_bytes_per_sec{interface="eth0"}': 'gone',
      'network_receive_bytes_per_sec{interface="ens3"}': 'notDue',
      network_receive_total_bytes_per_sec: 'notDue',
    });
  });

  test.each([
    ['going back', 5],
    ['wrapping at 32 bits', 2 ** 32 - 5],
  ])('has no rate for a counter %s', (_, before) => {
    const host = hostWith({ 'proc/net/dev': header + line('eth0', [before, 1, 0, 0]) });
    const run = runOf(networkCollector(host.folders));
    run.at(0);
    host.write({ 'proc/net/dev': header + line('eth0', [3, 1, 0, 0]) });
    expect(run.at(1)['network_receive_bytes_per_sec{interface="eth0"}']).toBe('notDue');
    host.write({ 'proc/net/dev': header + line('eth0', [13, 1, 0, 0]) });
    expect(run.at(2)['network_receive_bytes_per_sec{interface="eth0"}']).toBe(10);
  });

  test('measures over the whole time when a reading in between has failed', () => {
    const host = hostWith({ 'proc/net/dev': header + line('eth0', [1_000, 1, 0, 0]) });
    const run = runOf(networkCollector(host.folders));
    run.at(0);
    host.write({ 'proc/net/dev': header + line('eth0', [3_000, 1, 0, 0]) });
    expect(run.at(4)['network_receive_bytes_per_sec{interface="eth0"}']).toBe(500);
  });
});
