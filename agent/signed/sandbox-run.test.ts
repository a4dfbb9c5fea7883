import { describe, expect, test } from 'vitest';
import { runSandbox, type SandboxEnd } from './sandbox-run.ts';

const outputBytes = 4_096;

/** The bounds of a run, shown by a shell without a sandbox. */
async function run(code: string): Promise<SandboxEnd> {
  const command = { file: '/bin/sh', args: ['-c', `echo started >&3; ${code}`], env: { PATH: process.env['PATH']! } };
  return await runSandbox(command, Buffer.from(''), { wallMs: 50_000, outputBytes }).end;
}

describe('runSandbox()', () => {
  test.each([
    ['standard output', 'yes', 'it may print 4096 bytes'],
    ['standard error', 'yes >&2', 'it may write 4096 bytes to standard error'],
  ])('ends what writes to %s without end', async (_, code, problem) => {
    expect(await run(code)).toMatchObject({
      ...{ kind: 'stopped', hung: false, exitCode: null },
      problem: expect.stringContaining(problem),
    });
  });

  test('lets a script write up to its bound to each of them, and keeps the end of what went wrong', async () => {
    const end = await run('yes | head -c 4096; yes | head -c 4080 >&2; echo last words >&2; exit 3');
    expect(end).toMatchObject({ kind: 'done', exitCode: 3 });
    expect(end.output).toHaveLength(4_096);
    expect(end.errors).toMatch(/last words\n$/);
  });
});
