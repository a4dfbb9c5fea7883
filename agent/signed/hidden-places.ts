/**
 * What scripts of the hub must not see. Pure.
 */
import { dirname } from 'node:path';

/** Scripts need what lies there. */
const systemFolder = /^\/(?:[^/]*|(?:usr|lib|lib64|bin|sbin|proc|sys|dev)\/.*)$/;

/**
 * The agent's own folders and files that hold secrets, each with its folder: beside an enrolment key lie the other keys of a
 * hub, and a script that runs as the agent's user could read them. Of a folder of the system only the file is hidden.
 */
export function hiddenPlaces({
  folders,
  secretFiles,
}: {
  readonly folders: readonly string[];
  readonly secretFiles: readonly string[];
}): readonly string[] {
  const beside = secretFiles.map((file) => dirname(file)).filter((folder) => !systemFolder.test(folder));
  return [...new Set([...folders, ...beside, ...secretFiles])];
}
