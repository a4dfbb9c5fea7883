/** The full set for a Linux host, in the order in which the series stand in its layout: the overview's first. */
import type { Collector, TopProcesses } from '../readings.ts';
import { cpuCollector } from './cpu.ts';
import { diskCollector } from './disk.ts';
import { filesystemCollector } from './filesystem.ts';
import { loadCollector } from './load.ts';
import { memoryCollector } from './memory.ts';
import { networkCollector } from './network.ts';
import { pressureCollector } from './pressure.ts';
import { type HostFolders, hostFolders } from './proc-file.ts';
import { processCollector } from './process.ts';
import { swapCollector } from './swap.ts';
import { tcpCollector } from './tcp.ts';
import { temperatureCollector } from './temperature.ts';
import { uptimeCollector } from './uptime.ts';
import { usersCollector } from './users.ts';

export interface HostCollectors {
  readonly collectors: readonly Collector[];
  /** The newest process list, a new object after each scan; null until an interval has been measured. */
  top(): TopProcesses | null;
}

/** They keep slots and descriptors: for one sampler, as long as the process lives. */
export function createHostCollectors(folders: HostFolders = hostFolders()): HostCollectors {
  const processes = processCollector(folders);
  return {
    collectors: [
      cpuCollector(folders),
      loadCollector(folders),
      memoryCollector(folders),
      swapCollector(folders),
      pressureCollector(folders),
      diskCollector(folders),
      filesystemCollector(folders),
      networkCollector(folders),
      tcpCollector(folders),
      processes,
      uptimeCollector(folders),
      usersCollector(folders),
      temperatureCollector(folders),
    ],
    top: () => processes.top(),
  };
}
