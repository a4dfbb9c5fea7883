/**
 * What the agent's archive brings for npm: a package with the agent's one native dependency, locked to the versions and the
 * checksums of this checkout. A machine whose Node the hub's own binary does not fit builds it from that by `npm ci`.
 */

const nativePackage = 'better-sqlite3';

/**
 * `package.json` and `package-lock.json` of the native dependency alone, cut out of those of this package. Throws when something
 * that it needs is not locked with a checksum.
 */
export function nativePackageFiles({ packageJson, packageLock }) {
  const name = 'pulsewire-agent-native';
  const dependencies = { [nativePackage]: lockedAt(packageLock, `node_modules/${nativePackage}`).version };
  const root = { name, version: packageJson.version, license: packageJson.license, dependencies };
  return {
    'package.json': { ...root, private: true, allowScripts: { [nativePackage]: true } },
    'package-lock.json': {
      ...{ name, version: packageJson.version, lockfileVersion: 3, requires: true },
      packages: { '': root, ...closureOf(packageLock, `node_modules/${nativePackage}`) },
    },
  };
}

/** The entry of a package and of all that it depends on, by their places in node_modules. */
function closureOf(packageLock, start) {
  const found = new Map();
  const wanted = [start];
  for (let place = wanted.pop(); place !== undefined; place = wanted.pop()) {
    if (found.has(place)) continue;
    const { version, integrity, license, hasInstallScript, bin, dependencies = {} } = lockedAt(packageLock, place);
    found.set(place, { version, integrity, license, hasInstallScript, bin, dependencies });
    for (const name of Object.keys(dependencies)) wanted.push(placeOf(packageLock, { name, from: place }));
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Where Node finds a package from another one: beside it, or in a folder above. */
function placeOf(packageLock, { name, from }) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packageLock.packages[place] !== undefined || folder === '') return place;
  }
}

function lockedAt(packageLock, place) {
  const entry = packageLock.packages[place];
  if (entry?.version && entry.integrity) return entry;
  throw new Error(
    `Cannot lock the agent's native package: ${place} must have a version and a checksum in package-lock.json`,
  );
}
