/**
 * Network interfaces: /proc/net/dev, see proc_pid_net(5). The sums for the overview count physical interfaces only,
 * since a bridge, a bond and a tunnel carry the bytes of another interface once more.
 */
import { existsSync } from 'node:fs';
import type { Collector, Readings } from '../readings.ts';
import { roundTo, scanNumbers } from './numbers.ts';
import { type HostFolders, ProcFile } from './proc-file.ts';
import { SeriesGroup, SeriesTable } from './series-group.ts';

const interfacesMax = 32;
const columnCount = 16;

/** Counters since the interface came up, in the order of the file: the index of each in `InterfaceLine.counters`. */
const column = {
  receiveBytes: 0,
  receivePackets: 1,
  receiveErrors: 2,
  receiveDrops: 3,
  transmitBytes: 8,
  transmitPackets: 9,
  transmitErrors: 10,
  transmitDrops: 11,
} as const;

export interface InterfaceLine {
  readonly name: string;
  readonly counters: Float64Array;
}

/** The two header lines and lines that are too short are left out. The caller owns the result. */
export function parseNetDev(text: string): readonly InterfaceLine[] {
  const lines: InterfaceLine[] = [];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at) < 0 ? text.length : text.indexOf('\n', at);
    // The first two numbers may follow the colon at once; a name may hold a colon itself (an alias), but no blank.
    const line = text.slice(at, end);
    const colon = line.lastIndexOf(':');
    const counters = new Float64Array(columnCount);
    if (colon > 0 && scanNumbers(line, colon + 1, counters) === columnCount) {
      lines.push({ name: line.slice(0, colon).trim(), counters });
    }
    at = end + 1;
  }
  return lines;
}

/** Loopback, ends of pairs that containers come and go with, and what the kernel makes for tunnels nobody set up. */
const ignoredPattern =
  /^(lo|(veth|ifb|dummy|cali|lxc|nodelocaldns|tunl|sit|gre|gretap|erspan|ip_vti|ip6_vti|ip6tnl|ip6gre).*)$/;
/** How cards are called: asked only inside containers, where no interface has a device. */
const cardPattern = /^(eth|en|wl|ww|venet)/;

const metrics = {
  receiveBytes: { name: 'network_receive_bytes_per_sec', unit: 'bytes/s', kind: 'counter' },
  receivePackets: { name: 'network_receive_packets_per_sec', unit: '1/s', kind: 'counter' },
  receiveErrors: { name: 'network_receive_errors_per_sec', unit: '1/s', kind: 'counter' },
  receiveDrops: { name: 'network_receive_drops_per_sec', unit: '1/s', kind: 'counter' },
  transmitBytes: { name: 'network_transmit_bytes_per_sec', unit: 'bytes/s', kind: 'counter' },
  transmitPackets: { name: 'network_transmit_packets_per_sec', unit: '1/s', kind: 'counter' },
  transmitErrors: { name: 'network_transmit_errors_per_sec', unit: '1/s', kind: 'counter' },
  transmitDrops: { name: 'network_transmit_drops_per_sec', unit: '1/s', kind: 'counter' },
} as const;

type Word = keyof typeof metrics;
const words = Object.keys(metrics) as Word[];
/** A single error in a long interval must not round to nothing. */
const decimalsOf = (word: Word) => (word.endsWith('Bytes') ? 0 : word.endsWith('Packets') ? 1 : 2);

export function networkCollector(folders: HostFolders): Collector {
  const file = new ProcFile(`${folders.proc}/net/dev`);
  const interfaces = new SeriesTable({ metrics, label: 'interface', thingsMax: interfacesMax });
  const sums = new SeriesGroup({
    receive: { name: 'network_receive_total_bytes_per_sec', unit: 'bytes/s', kind: 'counter' },
    transmit: { name: 'network_transmit_total_bytes_per_sec', unit: 'bytes/s', kind: 'counter' },
  });
  /** Asked when an interface appears and forgotten when it goes: a card may take the name of a tunnel. */
  const isPhysicalOf = new Map<string, boolean>();

  function writeInterface(readings: Readings, line: InterfaceLine, nowMonotonicMs: number): InterfaceRates | null {
    const { name, counters } = line;
    const isKnown = interfaces.has(name);
    if (!isKnown && (ignoredPattern.test(name) || !hasMoved(counters))) return null;
    const group = interfaces.touch(name);
    if (group === null) return null;
    if (!isKnown) isPhysicalOf.set(name, existsSync(`${folders.sys}/class/net/${name}/device`));

    let receive = Number.NaN;
    let transmit = Number.NaN;
    for (const word of words) {
      const rate = group.writeRate(readings, word, {
        counter: counters[column[word]]!,
        nowMonotonicMs,
        decimals: decimalsOf(word),
      });
      if (word === 'receiveBytes') receive = rate;
      if (word === 'transmitBytes') transmit = rate;
    }
    return { name, receive, transmit };
  }

  return {
    name: 'network',
    everyMs: 0,
    collect(readings, { nowMonotonicMs }) {
      const rates: InterfaceRates[] = [];
      for (const line of parseNetDev(file.readRequired())) {
        const rate = writeInterface(readings, line, nowMonotonicMs);
        if (rate !== null) rates.push(rate);
      }
      interfaces.sweep(readings);
      for (const name of isPhysicalOf.keys()) if (!interfaces.has(name)) isPhysicalOf.delete(name);

      const hasPhysical = rates.some(({ name }) => isPhysicalOf.get(name) === true);
      const cards = rates.filter(({ name }) => (hasPhysical ? isPhysicalOf.get(name) : cardPattern.test(name)));
      sums.write(readings, 'receive', sumOfKnown(cards.map(({ receive }) => receive)));
      sums.write(readings, 'transmit', sumOfKnown(cards.map(({ transmit }) => transmit)));
    },
  };
}

interface InterfaceRates {
  readonly name: string;
  readonly receive: number;
  readonly transmit: number;
}

function hasMoved(counters: Float64Array): boolean {
  return counters[column.receiveBytes]! + counters[column.transmitBytes]! > 0;
}

/** NaN when none of the rates is known. */
function sumOfKnown(rates: readonly number[]): number {
  const known = rates.filter((rate) => !Number.isNaN(rate));
  return known.length === 0
    ? Number.NaN
    : roundTo(
        known.reduce((sum, rate) => sum + rate, 0),
        0,
      );
}
