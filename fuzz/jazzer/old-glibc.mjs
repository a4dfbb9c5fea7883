/**
 * Lets jazzer.js's prebuilt fuzzer run on a glibc before 2.38. It names versions of glibc and libstdc++ that an older
 * system has not, for three functions in all. So its own copy in `node_modules` is told that these versions may be
 * missing (the flag VER_FLG_WEAK of the ELF format: see "Symbol Versioning" in the Linux Standard Base), and the functions
 * come from `old-glibc.cc`, which a C++ compiler makes a library of.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;
const wantedVersions = ['GLIBC_2.38', 'GLIBCXX_3.4.32'];
const weakFlag = 2;

/** Environment variables for the fuzzer; none where the system is new enough, or no Linux with glibc. */
export function environmentFor(buildFolder) {
  const version = process.report.getReport().header.glibcVersionRuntime;
  if (version === undefined || isAtLeast(version, [2, 38])) return {};
  mend(join(folder, `node_modules/@jazzer.js/fuzzer/prebuilds/fuzzer-linux-${process.arch}.node`));
  const library = join(buildFolder, 'old-glibc.so');
  execFileSync('c++', ['-shared', '-fPIC', '-O1', '-o', library, join(folder, 'old-glibc.cc')], { stdio: 'inherit' });
  return { LD_PRELOAD: library };
}

function isAtLeast(version, [major, minor]) {
  const [hasMajor = 0, hasMinor = 0] = version.split('.').map(Number);
  return hasMajor > major || (hasMajor === major && hasMinor >= minor);
}

/** Sets the flag of each version's entry: the hash of its name in 4 bytes, then the flags in 2. Once is enough. */
function mend(file) {
  const bytes = readFileSync(file);
  for (const version of wantedVersions) {
    const [plain, weak] = [0, weakFlag].map((flags) => entryOf(version, flags));
    if (bytes.includes(weak)) continue;
    const at = bytes.indexOf(plain);
    if (at < 0 || bytes.includes(plain, at + 1))
      throw new Error(`Cannot mend ${file}: it must name ${version} once: got another file`);
    weak.copy(bytes, at);
  }
  writeFileSync(file, bytes);
}

function entryOf(version, flags) {
  const entry = Buffer.alloc(6);
  entry.writeUInt32LE(elfHash(version), 0);
  entry.writeUInt16LE(flags, 4);
  return entry;
}

/** The hash function of the System V ABI. */
function elfHash(name) {
  let hash = 0;
  for (const byte of Buffer.from(name)) {
    hash = ((hash << 4) + byte) >>> 0;
    const high = hash & 0xf0000000;
    hash = ((hash ^ (high >>> 24)) & ~high) >>> 0;
  }
  return hash;
}
