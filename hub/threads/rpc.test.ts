import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { announce, Caller, handingOver, RemoteError, serve } from './rpc.ts';

const channels: MessageChannel[] = [];
afterEach(() => {
  for (const { port1, port2 } of channels.splice(0)) {
    port1.close();
    port2.close();
  }
});

interface Calculator {
  divide(argument: { readonly by: number }): Promise<number>;
  sum(values: Float64Array): Promise<number>;
  throwNow(_: null): Promise<never>;
  hang(_: null): Promise<never>;
  waitForCancel(_: null, signal: AbortSignal): Promise<string>;
  give(byteCount: number): Promise<{ readonly bytes: Uint8Array }>;
}

let cancelledCount = 0;
let given = new Uint8Array(0);

const calculator: Calculator = {
  divide: async ({ by }) => {
    if (by === 0) throw Object.assign(new RangeError('Cannot divide: got 0'), { code: '22012' });
    return 12 / by;
  },
  sum: async (values) => values.reduce((sum, value) => sum + value, 0),
  throwNow: () => {
    throw new Error('before any await');
  },
  hang: () => new Promise(() => {}),
  waitForCancel: (_, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        cancelledCount += 1;
        resolve('dropped');
      });
    }),
  give: async (byteCount) => {
    const bytes = new Uint8Array(byteCount).fill(7);
    given = bytes;
    return handingOver({ bytes }, [bytes.buffer]);
  },
};

function connected(events: unknown[] = []) {
  const channel = new MessageChannel();
  channels.push(channel);
  serve(channel.port2, calculator);
  return { caller: new Caller<Calculator, unknown>(channel.port1, (event) => events.push(event)), channel };
}

describe('Caller and serve()', () => {
  test('answer each call by its own result, in whatever order they end', async () => {
    const { caller } = connected();

    expect(await Promise.all([caller.call('divide', { by: 3 }), caller.call('divide', { by: 4 })])).toEqual([4, 3]);
  });

  test('carry message and code of a failure over, and go on', async () => {
    const { caller } = connected();
    const failure = await caller.call('divide', { by: 0 }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(RemoteError);
    expect(failure).toMatchObject({ message: 'Cannot divide: got 0', code: '22012' });
    expect(await caller.call('divide', { by: 12 })).toBe(1);
  });

  test('fail only the call when a method throws before it awaits', async () => {
    const { caller } = connected();

    await expect(caller.call('throwNow', null)).rejects.toThrow('before any await');
    expect(await caller.call('divide', { by: 1 })).toBe(12);
  });

  test('reject an argument that cannot be sent', async () => {
    const { caller } = connected();
    const argument = { by: 1, no: () => 1 };

    await expect(caller.call('divide', argument)).rejects.toThrow(/could not be cloned/);
  });

  test('hand buffers over without a copy', async () => {
    const { caller } = connected();
    const values = Float64Array.of(1, 2, 3);

    expect(await caller.call('sum', values, { transfer: [values.buffer] })).toBe(6);
    expect(values.byteLength).toBe(0);
  });

  test('a call that hangs holds up no other', async () => {
    const { caller } = connected();
    void caller.call('hang', null);

    expect(await caller.call('divide', { by: 2 })).toBe(6);
  });

  test('announce() reaches the calling side between answers', async () => {
    const events: unknown[] = [];
    const { caller, channel } = connected(events);
    announce(channel.port2, { kind: 'hello' });
    await caller.call('divide', { by: 2 });

    expect(events).toEqual([{ kind: 'hello' }]);
  });

  test('cancel a call: it rejects at once, the method is told, and its answer is dropped', async () => {
    const { caller } = connected();
    const leaving = new AbortController();
    const call = caller.call('waitForCancel', null, { signal: leaving.signal });
    leaving.abort(new Error('gone'));

    await expect(call).rejects.toThrow('gone');
    await expect(caller.call('waitForCancel', null, { signal: leaving.signal })).rejects.toThrow('gone');
    expect(await caller.call('divide', { by: 6 })).toBe(2);
    expect(cancelledCount).toBe(1);
  });

  test('hand over the buffers of a result that says so', async () => {
    const { caller } = connected();
    const { bytes } = await caller.call('give', 3);

    expect([[...bytes], given.byteLength]).toEqual([[7, 7, 7], 0]);
  });

  test('close() fails the calls that wait and those to come', async () => {
    const { caller } = connected();
    const waiting = caller.call('hang', null);
    caller.close('Cannot call: it is over');

    await expect(waiting).rejects.toThrow('Cannot call: it is over');
    await expect(caller.call('divide', { by: 1 })).rejects.toThrow('Cannot call: it is over');
  });
});
