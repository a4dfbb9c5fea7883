/**
 * The real agent as a process, bundled as it is shipped, for tests in which an agent by hand would prove too little.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');

export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #programFolder: string;

  constructor(child: ChildProcess, programFolder: string) {
    this.#child = child;
    this.#programFolder = programFolder;
  }

  /** `folder`: where its files go; `file`: what else its local file says. */
  static async start(options: {
    readonly hubUrl: string;
    readonly enrolmentKey: string;
    readonly folder: string;
    readonly file: Readonly<Record<string, unknown>>;
  }): Promise<AgentProcess> {
    const { hubUrl, enrolmentKey, folder, file } = options;
    // Beside the sources, so that the natives are found.
    const programFolder = mkdtempSync(join(root, 'node_modules', '.agent-test-'));
    await build({
      absWorkingDir: root,
      entryPoints: { agent: 'agent/main.ts', 'module-worker': 'agent/scripts/module-worker.ts' },
      outdir: programFolder,
      outExtension: { '.js': '.cjs' },
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      external: ['better-sqlite3', 'bufferutil', 'utf-8-validate', 'msgpackr-extract'],
      logLevel: 'error',
    });
    mkdirSync(folder, { recursive: true });
    const config = join(folder, 'agent.json');
    writeFileSync(config, JSON.stringify({ hubUrl, dataFolder: join(folder, 'data'), ...file }), { mode: 0o600 });
    const child = spawn(process.execPath, [join(programFolder, 'agent.cjs'), '--config', config], {
      stdio: 'ignore',
      env: { ...process.env, PULSEWIRE_ENROLMENT_KEY: enrolmentKey },
    });
    return new AgentProcess(child, programFolder);
  }

  close(): void {
    this.#child.kill('SIGKILL');
    rmSync(this.#programFolder, { recursive: true, force: true });
  }
}
