import { describe, expect, test } from 'vitest';
import { endOfLifeNote, noSocketBinary, type Runtime, socketBinaryPaths } from './node-version.ts';

const node24: Runtime = { nodeVersion: 'v24.1.0', platform: 'linux', arch: 'x64', abi: '137' };

describe('node versions', () => {
  test('socketBinaryPaths() names the binary as the repack and as upstream keep it', () => {
    expect(socketBinaryPaths(node24)).toEqual(['dist/bin/uws_linux_x64_137.node', 'uws_linux_x64_137.node']);
  });

  test('noSocketBinary() is one line with the versions that work and the upstream build', () => {
    const line = noSocketBinary(node24);
    expect(line).toContain('Node 20 or 22');
    expect(line).toContain('npm install uWebSockets.js@uNetworking/uWebSockets.js#v20.52.0');
    expect(line).not.toContain('\n');
    expect(noSocketBinary({ ...node24, nodeVersion: 'v26.0.0' })).toContain('#v20.67.0');
  });

  test.each([
    ['v20.20.0', '2026-04-30T23:00:00Z', false],
    ['v20.20.0', '2026-05-01T00:00:00Z', true],
    ['v22.9.0', '2026-11-22T00:00:00Z', false],
    ['v23.0.0', '2026-11-22T00:00:00Z', true],
    ['v30.0.0', '2026-11-22T00:00:00Z', false],
  ])('endOfLifeNote() of %s on %s speaks: %s', (version, instant, speaks) => {
    expect(endOfLifeNote(version, Date.parse(instant)) !== null).toBe(speaks);
  });
});
