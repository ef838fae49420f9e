/** What people try once the sample answers, as they can type it. */
export function nextSteps(url: string, kubectl: string): string {
  return `The registry is at ${url}. What people try next:

  curl -s ${url}/subjects/support-answer-value/versions/latest
  ${kubectl} describe sr sample
  ${kubectl} explain sr.spec

It is open, for trying things out: whoever reaches it may do everything, and
nothing is encrypted (Exposed in describe). config/samples/production.yaml has
keys and TLS. npm stop takes all of it away.`;
}

/** kubectl on the cluster of `npm start`: the user's own by its context, one of ours without the paths that it takes. */
export function kubectlCommand(context: string | undefined): string {
  return context === undefined ? 'npm run -s kubectl --' : `kubectl --context ${context}`;
}
