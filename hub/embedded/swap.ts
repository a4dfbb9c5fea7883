/**
 * How a cluster takes the place of another in a home, with a usable one there whenever it is interrupted.
 *
 *   postgresql.next       is being filled; worth nothing
 *   postgresql.upgraded   complete and on the disk; counts only while there is no `postgresql`
 *   postgresql.old-17     the one before, kept until it is told to go
 *
 * The old cluster is in force until it is renamed; from then on whoever opens the home finishes the swap first.
 */
import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '#core/errors.ts';
import { clusterName, syncFolder } from './cluster.ts';

export const nextName = `${clusterName}.next`;
const upgradedName = `${clusterName}.upgraded`;
const oldPattern = /^postgresql\.old-\d+$/;

/** Puts a complete cluster in its place if a swap was interrupted behind its point of no return. Whether it did. */
export async function finishSwap(home: string): Promise<boolean> {
  if (existsSync(join(home, clusterName)) || !existsSync(join(home, upgradedName))) return false;
  await rename(join(home, upgradedName), join(home, clusterName));
  await syncFolder(home);
  return true;
}

/** Removes what an interrupted upgrade was making. The cluster in force is not touched. */
export async function discardUnfinished(home: string): Promise<void> {
  for (const name of [nextName, upgradedName]) await rm(join(home, name), { recursive: true, force: true });
}

/** Throws ConfigError when the name that the old cluster will get is taken. */
export function checkOldName(home: string, major: string): void {
  const path = join(home, oldName(major));
  if (!existsSync(path)) return;
  throw new ConfigError([
    `the folder of an earlier upgrade must be gone before the next; remove it with: pulsewire upgrade --remove-old: got ${JSON.stringify(path)}`,
  ]);
}

/** Puts `postgresql.next` in force. Both servers have ended. Answers the folder of the old one. */
export async function swapClusters(home: string, oldMajor: string): Promise<string> {
  const old = join(home, oldName(oldMajor));
  await rename(join(home, nextName), join(home, upgradedName));
  await syncFolder(home);
  await rename(join(home, clusterName), old);
  await syncFolder(home);
  await finishSwap(home);
  return old;
}

/** Folders of clusters that upgrades have replaced. */
export async function listOldClusters(home: string): Promise<string[]> {
  if (!existsSync(home)) return [];
  return (await readdir(home)).filter((name) => oldPattern.test(name)).map((name) => join(home, name));
}

function oldName(major: string): string {
  return `${clusterName}.old-${major}`;
}
