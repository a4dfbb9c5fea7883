export interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly optional?: boolean;
}

export function floorProblems(
  lock: { readonly packages: Readonly<Record<string, LockedPackage>> },
  floors: Readonly<Record<string, { readonly from: string; readonly because: string }>>,
): string[];
