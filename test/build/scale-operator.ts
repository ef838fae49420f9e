import { operatorNamespace } from '../../hack/install.ts';
import type { Kubectl } from '../../hack/kubectl.ts';

export function scaleOperator(kubectl: Kubectl, replicas: number): Promise<string> {
  const operator = 'deployment/llm-schema-registry-operator';
  return kubectl(['scale', operator, '-n', operatorNamespace, `--replicas=${replicas}`]);
}
