/**
 * Which versions of Node the programs run on: asked before anything native is loaded, so that a wrong version
 * is one sentence and not the stack trace of a missing binary.
 */
import { isNodeOld, lastDayOfNode, nodeMajorOf } from '#core/node-release.ts';

export interface Runtime {
  /** `process.version`, such as `v22.9.0`. */
  readonly nodeVersion: string;
  readonly platform: string;
  readonly arch: string;
  /** `process.versions.modules`: the ABI that native binaries are built for. */
  readonly abi: string;
}

/** Where uWebSockets.js may keep its binary, relative to its folder: the registry's repack, then the upstream build. */
export function socketBinaryPaths({ platform, arch, abi }: Runtime): readonly string[] {
  const name = `uws_${platform}_${arch}_${abi}.node`;
  return [`dist/bin/${name}`, name];
}

/** The one line for a Node that uWebSockets.js has no binary for. */
export function noSocketBinary({ nodeVersion, platform, arch }: Runtime): string {
  // Upstream's first release for Node 24 is v20.52.0, for Node 26 v20.67.0.
  const tag = nodeMajorOf(nodeVersion) < 25 ? 'v20.52.0' : 'v20.67.0';
  return (
    'Cannot start hub: uWebSockets.js must have a binary for this Node: use Node 20 or 22, ' +
    `or install the upstream build (npm install uWebSockets.js@uNetworking/uWebSockets.js#${tag}): ` +
    `got ${nodeVersion} on ${platform} ${arch}`
  );
}

/** What to tell someone whose Node gets no security fixes any more, as one line; null when it does. */
export function endOfLifeNote(nodeVersion: string, nowMs: number): string | null {
  if (!isNodeOld(nodeVersion, nowMs)) return null;
  return `Node ${nodeMajorOf(nodeVersion)} has been past its end of life since ${lastDayOfNode(nodeVersion)} and gets no security fixes: move to Node 22`;
}
