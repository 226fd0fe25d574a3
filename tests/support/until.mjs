/** Waits until `condition()` holds, which may be asynchronous; says what was waited for. */
export async function until(what, condition, { seconds = 10 } = {}) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    if (await condition()) return;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
