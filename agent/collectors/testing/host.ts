/** A made-up host for the tests of collectors: a folder with files as in /proc and /sys, and ticks of one collector on it. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { absenceAt, wordsOf } from '#core/absence.ts';
import type { Collector } from '../../readings.ts';
import { Sampler } from '../../sampler.ts';
import { type HostFolders, hostFolders } from '../proc-file.ts';

export interface Host {
  readonly folders: HostFolders;
  /** Writes or replaces the files; paths such as "proc/stat". */
  write(files: Readonly<Record<string, string | Uint8Array>>): void;
  remove(path: string): void;
}

/** A host that goes away when the test is over. */
export function hostWith(files: Readonly<Record<string, string | Uint8Array>>): Host {
  const root = mkdtempSync(join(tmpdir(), 'pulsewire-host-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const host: Host = {
    folders: hostFolders(root),
    write(changed) {
      for (const [path, content] of Object.entries(changed)) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), content);
      }
    },
    remove: (path) => rmSync(join(root, path), { recursive: true }),
  };
  host.write(files);
  return host;
}

export type Values = Readonly<Record<string, number | string | null>>;

export interface Run {
  /** Values of the tick at this second, by key: a number, or the reason why there is none. */
  at(second: number): Values;
  readonly sampler: Sampler;
}

/** Runs one collector at one-second ticks; `at` must rise. */
export function runOf(collector: Collector): Run {
  const sampler = new Sampler({
    collectors: [collector],
    intervalMs: 1_000,
    seriesMax: 4_000,
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  });
  return {
    sampler,
    at(second) {
      const { layout, column } = sampler.tick({ tickMs: second * 1_000, nowMonotonicMs: 9_000_000 + second * 1_000 });
      const words = wordsOf(column);
      return Object.fromEntries(
        layout.series.map(({ key }, index) => [key, absenceAt(words, index) ?? column[index]!]),
      );
    },
  };
}
