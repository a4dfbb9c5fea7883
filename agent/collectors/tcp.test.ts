import { describe, expect, test } from 'vitest';
import { countTcpStates, parseEstablished, parseSockstat, tcpCollector, tcpStates } from './tcp.ts';
import { hostWith, runOf } from './testing/host.ts';

const header = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const line4 = (number: number, state: string) =>
  `${String(number).padStart(4)}: 00000000:07E8 0100007F:0050 ${state} 00000000:00000000 00:00000000 00000000     0        0 1579 1 00000000cc1917e1 100 0 0 10 0                      \n`;
const line6 = (number: number, state: string) =>
  `${String(number).padStart(4)}: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n`;
const sockstat = (inUse: number, timeWait: number) =>
  `sockets: used 13\nTCP: inuse ${inUse} orphan 0 tw ${timeWait} alloc 1 mem 225\nUDP: inuse 0 mem 0\n`;
const odd = '   3: odd\n';
const snmp = `Ip: Forwarding\nIp: 1\nTcp: RtoAlgorithm RtoMin CurrEstab InSegs
Tcp: 1 200 4711 12334\nUdp: InDatagrams\nUdp: 5\n`;

test('countTcpStates() counts IPv4 and IPv6 and leaves out odd lines', () => {
  const counts = new Float64Array(tcpStates.length);
  countTcpStates(header + line4(0, '0A') + line4(12_345, '01') + line4(2, 'FF') + odd, counts);
  countTcpStates(header + line6(0, '0A') + line6(1, '06'), counts);
  countTcpStates('', counts);
  expect(Object.fromEntries(tcpStates.map((state, index) => [state, counts[index]]))).toMatchObject({
    established: 1,
    listen: 2,
    time_wait: 1,
    close: 0,
  });
});

test('parseSockstat() and parseEstablished() are NaN for what is not there', () => {
  expect(parseSockstat(sockstat(5, 6))).toEqual({ inUse: 5, timeWait: 6 });
  expect(parseSockstat('')).toEqual({ inUse: Number.NaN, timeWait: Number.NaN });
  expect([parseEstablished(snmp), parseEstablished('')]).toEqual([4_711, Number.NaN]);
});

describe('tcpCollector()', () => {
  test('counts all states', () => {
    const host = hostWith({ 'proc/net/tcp': header + line4(0, '0A') + line4(1, '01') + line4(2, '01') });
    expect(runOf(tcpCollector(host.folders)).at(0)).toMatchObject({
      'tcp_connections{state="established"}': 2,
      'tcp_connections{state="listen"}': 1,
      'tcp_connections{state="closing"}': 0,
    });
  });

  test('gives what the kernel counts by itself when there are very many', () => {
    const host = hostWith({
      'proc/net/tcp': header + line4(0, '01'),
      'proc/net/sockstat': sockstat(2_500, 2_000),
      'proc/net/snmp': snmp,
    });
    expect(runOf(tcpCollector(host.folders)).at(0)).toEqual({
      'tcp_connections{state="established"}': 4_711,
      'tcp_connections{state="time_wait"}': 2_000,
    });
  });

  test('fails, counted, without the table', () => {
    const run = runOf(tcpCollector(hostWith({}).folders));
    expect(run.at(0)).toEqual({});
    expect(run.sampler.failureCounts.get('tcp')).toBe(1);
  });
});
