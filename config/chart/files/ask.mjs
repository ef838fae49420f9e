// Asks each of $URLS until it answers. A registry that wants a key says 401, and is well.
const deadline = Date.now() + 240_000;
for (const url of process.env.URLS.split(' ')) {
  let answer;
  for (;;) {
    try {
      answer = String((await fetch(url, { signal: AbortSignal.timeout(5_000) })).status);
    } catch (error) {
      answer = String(error.cause ?? error);
    }
    if (['200', '401'].includes(answer) || Date.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  console.log(url, answer);
  if (!['200', '401'].includes(answer)) process.exitCode = 1;
}
