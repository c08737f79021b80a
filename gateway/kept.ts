/** Makes a function that reads at most once at a time, and keeps what was read, but no failure, for so long. */
export function kept<Value>(read: () => Promise<Value>, milliseconds: number): () => Promise<Value> {
  let reading: Promise<Value> | null = null;
  let last: { readonly value: Value; readonly readAt: number } | null = null;

  return async () => {
    if (last !== null && performance.now() - last.readAt < milliseconds) return last.value;
    reading ??= read().finally(() => {
      reading = null;
    });
    const value = await reading;
    last = { value, readAt: performance.now() };
    return value;
  };
}
