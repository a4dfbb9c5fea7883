/**
 * TCP connections by state: /proc/net/tcp and tcp6, see proc_pid_net(5). Every 10 s, as the kernel walks its whole
 * hash table for each read (262,144 buckets on a machine of 24 GB: 2.7 ms). With very many sockets only the two
 * states that the kernel counts by itself are given.
 */
import type { Collector, Readings } from '../readings.ts';
import { numberAfter } from './numbers.ts';
import { type HostFolders, ProcFile } from './proc-file.ts';
import { SeriesGroup } from './series-group.ts';

/** In the order of the kernel's numbers, from 1 (include/net/tcp_states.h). */
export const tcpStates = [
  'established',
  'syn_sent',
  'syn_recv',
  'fin_wait1',
  'fin_wait2',
  'time_wait',
  'close',
  'close_wait',
  'last_ack',
  'listen',
  'closing',
] as const;

/** The kernel takes 5 µs to write each line: 20 ms of one tick in ten. */
const socketsMax = 4_000;
/** A line of tcp6 is shorter than 200 bytes. */
const lineBytesMax = 256;

/** Adds the sockets of each state to `counts`, in the order of `tcpStates`. Odd lines and states are left out. */
export function countTcpStates(text: string, counts: Float64Array): void {
  for (let at = text.indexOf('\n') + 1; at > 0 && at < text.length; at = text.indexOf('\n', at) + 1) {
    // "  12: local:port remote:port state …": the state follows the third blank after the number.
    const local = text.indexOf(': ', at) + 2;
    const remote = text.indexOf(' ', local) + 1;
    const state = Number.parseInt(text.slice(text.indexOf(' ', remote) + 1, text.indexOf(' ', remote) + 3), 16);
    if (local > 1 && state >= 1 && state <= tcpStates.length) counts[state - 1]! += 1;
  }
}

/** Sockets in use and waiting, from /proc/net/sockstat; NaN when it does not say. */
export function parseSockstat(text: string): { readonly inUse: number; readonly timeWait: number } {
  const line = /^TCP: inuse (\d+) .*\btw (\d+)/m.exec(text);
  return { inUse: Number(line?.[1] ?? Number.NaN), timeWait: Number(line?.[2] ?? Number.NaN) };
}

/** Connections established, from /proc/net/snmp; those that the other side has closed count with them. */
export function parseEstablished(text: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith('Tcp: '));
  const column = lines[0]?.split(' ').indexOf('CurrEstab') ?? -1;
  return column < 0 ? Number.NaN : Number(lines[1]?.split(' ')[column] ?? Number.NaN);
}

export function tcpCollector(folders: HostFolders): Collector {
  const net = `${folders.proc}/net`;
  const sockstat = new ProcFile(`${net}/sockstat`);
  const sockstat6 = new ProcFile(`${net}/sockstat6`);
  const snmp = new ProcFile(`${net}/snmp`);
  const tcp = new ProcFile(`${net}/tcp`, { recordBytesMax: lineBytesMax });
  const tcp6 = new ProcFile(`${net}/tcp6`, { recordBytesMax: lineBytesMax });
  const groups = tcpStates.map(
    (state) => new SeriesGroup({ count: { name: 'tcp_connections', unit: '1' } }, { state }),
  );
  const counts = new Float64Array(tcpStates.length);

  function writeAll(readings: Readings): void {
    counts.fill(0);
    countTcpStates(tcp.readRequired(), counts);
    // Absent where IPv6 is off.
    countTcpStates(tcp6.read() ?? '', counts);
    for (const [index, group] of groups.entries()) group.write(readings, 'count', counts[index]!);
  }

  return {
    name: 'tcp',
    everyMs: 10_000,
    collect(readings) {
      const { inUse, timeWait } = parseSockstat(sockstat.read() ?? '');
      const inUse6 = numberAfter(sockstat6.read() ?? '', 'TCP6: inuse') || 0;
      if (!(inUse + inUse6 + timeWait > socketsMax)) return writeAll(readings);
      groups[tcpStates.indexOf('established')]!.write(readings, 'count', parseEstablished(snmp.read() ?? ''));
      groups[tcpStates.indexOf('time_wait')]!.write(readings, 'count', timeWait);
    },
  };
}
