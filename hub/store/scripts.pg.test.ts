import { expect, test } from 'vitest';
import { withDatabase } from '../testing/database.ts';
import { readScripts, removeScript, type ScriptUpload, uploadScript } from './scripts.ts';

function uploadOf(name: string, version: number, bytes: number, kind: ScriptUpload['kind'] = 'script'): ScriptUpload {
  const text = 'é'.repeat(bytes / 2);
  return { name, version, kind, key: 'k', text, uploadedBy: 'mira', namesMax: 3, bytesMax: 1_000 };
}

test('scripts are bounded in bytes all together, by what agents are given of them; revocations never', () =>
  withDatabase(async ({ sql }) => {
    const upload = (...given: Parameters<typeof uploadOf>) => uploadScript(sql, uploadOf(...given));
    expect(await upload('one', 1, 600)).toEqual({ kind: 'done' });
    expect(await upload('two', 1, 402)).toEqual({ kind: 'heavy', bytes: 1_002 });
    expect(await upload('two', 1, 400)).toEqual({ kind: 'done' });
    // In place of its older version, which is kept but not given.
    expect(await upload('one', 2, 600)).toEqual({ kind: 'done' });
    expect(await upload('one', 1, 600)).toEqual({ kind: 'older', version: 2 });
    expect(await upload('one', 2, 600)).toEqual({ kind: 'known' });
    expect(await upload('one', 3, 700)).toEqual({ kind: 'heavy', bytes: 1_100 });
    expect(await upload('one', 2, 800, 'revocation')).toEqual({ kind: 'done' });

    // One that was removed comes back only if there is room.
    await removeScript(sql, 'two');
    expect(await upload('one', 3, 700)).toEqual({ kind: 'done' });
    expect(await upload('two', 1, 400)).toEqual({ kind: 'heavy', bytes: 1_100 });
    expect(await upload('one', 4, 100)).toEqual({ kind: 'done' });
    expect(await upload('two', 1, 400)).toEqual({ kind: 'done' });
    const given = (await readScripts(sql)).map(({ name, kind, version }) => `${name} ${kind} ${version}`);
    expect(given.sort()).toEqual(['one revocation 2', 'one script 4', 'two script 1']);
    expect(await upload('three', 1, 10)).toEqual({ kind: 'done' });
    expect(await upload('four', 1, 10)).toEqual({ kind: 'full' });
  }));
