/** `npm run release:publish -- FOLDER`, in a workflow of GitHub */
import { Problem } from '../cluster/problem.ts';
import { reportTo } from '../cluster/report.ts';
import { installTools } from '../cluster/tools.ts';
import { publish } from './publish.ts';

const { GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_ACTOR, GITHUB_TOKEN, ACTIONS_ID_TOKEN_REQUEST_URL } =
  process.env;

try {
  const [folder, ...more] = process.argv.slice(2);
  if (folder === undefined || more.length > 0) throw new Problem('npm run release:publish -- FOLDER');
  const missing = Object.entries({ GITHUB_REPOSITORY, GITHUB_ACTOR, GITHUB_TOKEN }).filter(
    ([, value]) => !value,
  );
  if (missing.length > 0) throw new Problem(`${missing.map(([name]) => name).join(', ')}: not set`);
  const report = reportTo(process.stderr);
  await installTools(['skopeo'], report);
  const destination = {
    apiUrl: GITHUB_API_URL || 'https://api.github.com',
    repository: GITHUB_REPOSITORY ?? '',
    user: GITHUB_ACTOR ?? '',
    token: GITHUB_TOKEN ?? '',
    hasIdentity: Boolean(ACTIONS_ID_TOKEN_REQUEST_URL),
  };
  await publish(folder, destination, report);
} catch (error) {
  console.error(error instanceof Problem ? error.message : error);
  process.exitCode = 1;
}
