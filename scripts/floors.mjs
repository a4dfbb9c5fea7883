/**
 * `node scripts/floors.mjs`: whether what package-lock.json (and that of the fuzzer) installs is not below `floors.json`, comes from the registry alone, and is held
 * to a checksum. Exits with 1 and says what is not.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Everything that is wrong, one sentence each. */
export function floorProblems(lock, floors) {
  const problems = [];
  const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
  for (const [path, { version, integrity, resolved, optional }] of packages) {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const floor = Object.hasOwn(floors, name) ? floors[name] : undefined;
    if (floor !== undefined && isBelow(version, floor.from))
      problems.push(`${path} must be at least ${floor.from} (${floor.because}): got ${version}`);
    if (resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'))
      problems.push(`${path} must come from the registry: got ${resolved}`);
    // npm leaves out the checksums of what is for other machines than the one that wrote the file.
    if (integrity === undefined && optional !== true) problems.push(`${path} must have a checksum: got none`);
    else if (integrity !== undefined && !/^sha512-/.test(integrity))
      problems.push(`${path} must have a checksum of SHA-512: got ${integrity}`);
  }
  for (const name of Object.keys(floors))
    if (!packages.some(([path]) => path === `node_modules/${name}`))
      problems.push(`${name} has a floor and must be installed: got nothing; take its floor out`);
  return problems;
}

function isBelow(version, floor) {
  const [got, wanted] = [version, floor].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  for (let index = 0; index < 3; index += 1) if (got[index] !== wanted[index]) return got[index] < wanted[index];
  return false;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const read = (file) => JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8'));
  const problems = [
    ...floorProblems(read('../package-lock.json'), read('floors.json').floors),
    ...floorProblems(read('../fuzz/jazzer/package-lock.json'), {}).map((problem) => `fuzz/jazzer: ${problem}`),
  ];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
