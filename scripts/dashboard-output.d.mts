/** Types of `dashboard-output.mjs`, which runs before anything is built, for its tests. */

/** What is looked at of a chunk or an asset of vite. */
export interface OutputItem {
  readonly type: string;
  readonly fileName: string;
  readonly moduleIds?: readonly string[];
  readonly imports?: readonly string[];
  readonly viteMetadata?: { readonly importedCss: ReadonlySet<string> };
}

export const weighedPage: string;
export const pageBytesMax: number;
export function compressFiles(folder: string): void;
export function filesOfPage(items: readonly OutputItem[], html: string, page: string): string[];
export function weigh(folder: string, files: readonly string[], suffix: string): number;
