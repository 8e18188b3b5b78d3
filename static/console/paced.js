// When to compute again, while changes keep coming.
const SETTLE_MS = 600; // changes that come together are analysed together
const APART_MS = 2_500; // and no oftener than that: all functions together take 60 calls a minute

/**
 * Returns a function that has `run` run soon: at once when it has rested, never twice at a time or within APART_MS.
 *
 * `failed(trouble)` hears of what `run` raises; but after too many calls it is tried again by itself, once the wait is over.
 */
export function paced(run, failed, signal) {
  let last = -Infinity;
  let timer = null;
  let running = false;
  let again = false;
  const soon = (least = performance.now() - last > 60_000 ? 0 : SETTLE_MS) => {
    if (running) again = true;
    if (running || timer || signal.aborted) return;
    timer = setTimeout(start, Math.max(least, last + APART_MS - performance.now()));
  };
  const start = async () => {
    timer = null;
    running = true;
    last = performance.now();
    let rest = null;
    try {
      await run();
    } catch (trouble) {
      if (signal.aborted) return;
      rest = trouble.retryAfter && trouble.retryAfter * 1000;
      if (!rest) failed(trouble);
    } finally {
      running = false;
    }
    if (again || rest) soon(rest ?? undefined);
    again = false;
  };
  return () => soon();
}
