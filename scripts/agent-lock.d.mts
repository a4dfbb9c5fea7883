/** Types of `agent-lock.mjs`, which runs before anything is built, for its tests. */

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [more: string]: unknown;
}

interface PackageLock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface PackageJson {
  readonly version: string;
  readonly license: string;
}

export function nativePackageFiles(sources: { readonly packageJson: PackageJson; readonly packageLock: PackageLock }): {
  readonly 'package.json': PackageJson & { readonly dependencies: Readonly<Record<string, string>> };
  readonly 'package-lock.json': PackageLock & { readonly lockfileVersion: number };
};
