import { findGoTool } from './go-tool.ts';

/** Its checks of configuration are built in; what is known of vulnerabilities is not. @throws Error where it cannot be had */
export function findTrivy(): string {
  const tool = findGoTool({
    command: 'github.com/aquasecurity/trivy/cmd/trivy',
    version: 'v0.74.0',
    experiment: 'jsonv2',
  });
  if ('reason' in tool) throw new Error(tool.reason);
  return tool.program;
}
