/** What node is told in Dockerfile.server and in `npm run server`. */
export const serverFlags = ['--max-semi-space-size=8', '--heap-growing-percent=40'] as const;
