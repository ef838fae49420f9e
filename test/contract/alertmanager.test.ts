import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { alerts } from '../../operator/desired/alerts.ts';
import { findDebianProgram } from '../build/debian-program.ts';

const file = fileURLToPath(new URL('../../config/alertmanager/alertmanager.yaml', import.meta.url));
const amtool = findDebianProgram('amtool', 'prometheus-alertmanager');
const missing =
  amtool === undefined
    ? ' (no amtool: it is not on PATH, and the Debian package prometheus-alertmanager cannot be had)'
    : '';
const run = (...args: readonly string[]) =>
  execFileSync(amtool ?? '', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

describe(`the example for Alertmanager${missing}`, () => {
  before(function () {
    if (amtool === undefined) this.skip();
  });

  it('is sound', () => {
    expect(run('check-config', file)).to.match(/SUCCESS/);
  });

  for (const { severity, told } of [
    { severity: 'critical', told: 'on-duty,slack' },
    { severity: 'warning', told: 'slack' },
    { severity: 'info', told: 'slack' },
  ]) {
    it(`an alert that is ${severity} goes to ${told}`, () => {
      const route = ['config', 'routes', 'test', `--config.file=${file}`];
      expect(run(...route, 'alertname=SchemaRegistryErrors', `severity=${severity}`)).to.equal(told);
    });
  }

  it('silences nothing but alerts of ours, and names none that there is not', () => {
    const { inhibit_rules: rules } = parse(readFileSync(file, 'utf8')) as {
      inhibit_rules: { source_matchers: string[]; target_matchers: string[]; equal: string[] }[];
    };
    for (const { source_matchers: source, target_matchers: target, equal } of rules) {
      expect(target).to.include('alertname =~ "SchemaRegistry.+"');
      expect(equal).to.deep.equal(['namespace', 'schema_registry']);
      for (const [, name = ''] of [...source, ...target].join().matchAll(/alertname !?= "(\w+)"/g))
        expect(Object.keys(alerts)).to.include(name);
    }
  });
});
