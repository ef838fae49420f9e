/** The signals that a person or a cluster sends to a process that is to end. */
const signals = ['SIGTERM', 'SIGINT'] as const;

/**
 * Aborted by the first of them; those that follow change nothing, so that one who is told twice still ends in order. It
 * is listened for from the moment this module is loaded: as the first process of a container, a program that does not
 * listen is not ended by them at all.
 */
export const untilSignalled: AbortSignal = listen();

function listen(): AbortSignal {
  const ending = new AbortController();
  for (const signal of signals) process.on(signal, () => ending.abort(signal));
  return ending.signal;
}

/** Resolves when the signal comes, or has come. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
