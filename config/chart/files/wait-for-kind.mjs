// Ends once the API serves the kind. Where several API servers stand behind one address, they learn of it one after another.
import { readFileSync } from 'node:fs';

const token = readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/token', 'utf8');
const deadline = Date.now() + 240_000;
let served = 0;
while (served < 5) {
  let answer;
  try {
    const headers = { authorization: `Bearer ${token}`, connection: 'close' };
    const response = await fetch(process.env.URL, { headers, signal: AbortSignal.timeout(5_000) });
    await response.text();
    answer = response.status;
  } catch (error) {
    answer = error.cause ?? error;
  }
  served = answer === 200 ? served + 1 : 0;
  if (served === 0) console.log(process.env.URL, String(answer));
  if (Date.now() > deadline) process.exit(1);
  await new Promise((resolve) => setTimeout(resolve, 300));
}
