/** Deflate-raw in the browser: a stream of the platform, stopped as soon as it gives more than it may. */

/** Rejects with TypeError when `bytes` are no deflate-raw, with RangeError beyond `bytesMax`. */
export async function inflateRaw(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'));
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let count = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    chunks.push(read.value);
    count += read.value.byteLength;
    if (count > bytesMax) {
      await reader.cancel();
      throw new RangeError(`Cannot inflate: at most ${bytesMax} bytes are allowed: got ${count}`);
    }
  }
  const result = new Uint8Array(count);
  let at = 0;
  for (const chunk of chunks) {
    result.set(chunk, at);
    at += chunk.byteLength;
  }
  return result;
}
