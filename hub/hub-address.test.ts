import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readHubAddress, removeHubAddress, writeHubAddress } from './hub-address.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-address-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the address is there while the hub is', () => {
  expect(readHubAddress(folder)).toBe(null);
  writeHubAddress(folder, 'http://localhost:8888');
  expect(readHubAddress(folder)).toBe('http://localhost:8888');
  expect(statSync(join(folder, 'hub-address')).mode & 0o777).toBe(0o600);
  removeHubAddress(folder);
  removeHubAddress(folder);
  expect(readHubAddress(folder)).toBe(null);
});

test.each(['', 'localhost', 'file:///etc/passwd', 'http://', 'http://a b'])('%j is no address', (text) => {
  writeFileSync(join(folder, 'hub-address'), text);
  expect(readHubAddress(folder)).toBe(null);
});
