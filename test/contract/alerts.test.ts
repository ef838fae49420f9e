import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { alerts, runbookUrl } from '../../operator/desired/alerts.ts';
import { prometheusRule } from '../../operator/desired/prometheus-rule.ts';
import type { Spec } from '../../operator/registry.ts';
import { missingPromtool, promtool } from '../build/promtool.ts';
import { anObserved, aRegistry } from '../build/registry.ts';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
type Groups = readonly { readonly name: string; readonly rules: readonly Rule[] }[];

const groupsOf = (spec: Spec): Groups => {
  const { groups } = (prometheusRule(aRegistry(spec), anObserved())?.spec ?? {}) as { groups?: Groups };
  return groups ?? [];
};
const everything: Spec = {
  artifacts: { s3: { bucket: 'schemas', drill: {}, snapshots: {} } },
  auth: { mode: 'ApiKey' },
};
const operatorRule = parse(
  readFileSync(new URL('../../config/monitoring/prometheus-rule.yaml', import.meta.url), 'utf8'),
) as { spec: { groups: Groups } };
const ofRegistry = groupsOf(everything);
const ofOperator = operatorRule.spec.groups;
const ofWorkers = groupsOf({ config: { workers: 2 } });
const rules = [...ofRegistry, ...ofOperator].flatMap((group) => group.rules);
const alertNames = rules.flatMap(({ alert }) => alert ?? []);

/** A series and what it is, minute by minute, as promtool writes it: "0+6x120" grows by six a minute for two hours. */
type Series = readonly [string, string];

const MINUTES = 120;
const labelled = (name: string, labels = '', job = 'job="sample",namespace="team-a",pod="a"') =>
  `${name}{${labels === '' ? job : `${job},${labels}`}}`;
const stays = (name: string, value: number, labels?: string): Series => [
  labelled(`schema_registry_${name}`, labels),
  `${value}+0x${MINUTES}`,
];
const grows = (name: string, perMinute: number, labels?: string): Series => [
  labelled(`schema_registry_${name}`, labels),
  `0+${perMinute}x${MINUTES}`,
];
const up = (pod: string, value: number): Series => [
  `up{namespace="team-a",job="sample",pod="${pod}"}`,
  `${value}+0x${MINUTES}`,
];
const ofOperatorPod = (name: string, values: string, labels = ''): Series => [
  labelled(name, labels, 'job="llm-schema-registry-operator",pod="o"'),
  values,
];

/** A hundred observations a minute (or as many as are said), so many of them within each bound. */
const histogram = (
  name: string,
  within: Readonly<Record<string, number>>,
  labels = '',
  perMinute = 100,
): Series[] => {
  const and = labels === '' ? '' : `${labels},`;
  return [
    ...Object.entries({ ...within, '+Inf': perMinute }).map(([bound, count]) =>
      grows(`${name}_bucket`, count, `${and}le="${bound}"`),
    ),
    grows(`${name}_count`, perMinute, labels),
  ];
};
/** One slow request in two minutes, and no other. */
const seldom = (name: string, labels: string, slow: string) => histogram(name, { [slow]: 0.5 }, labels, 0.5);
const requests = (status: string, perMinute: number, route = '/subjects') =>
  grows('http_requests_total', perMinute, `route="${route}",method="GET",status="${status}"`);
const readLabels = 'route="/schemas/ids/:id",method="GET"';
const writeLabels = 'route="/subjects/:subject/versions",method="POST"';
const reading = (within: Readonly<Record<string, number>>) =>
  histogram('http_request_duration_seconds', within, readLabels);
const registering = (within: Readonly<Record<string, number>>) =>
  histogram('http_request_duration_seconds', within, writeLabels);
const connections = (idle: number, waiting: number): Series[] =>
  Object.entries({ open: 10, idle, waiting, max: 10 }).map(([state, value]) =>
    stays('db_connections', value, `state="${state}"`),
  );
const memory = (hits: number, misses: number): Series[] => [
  grows('cache_reads_total', hits, 'level="memory",result="hit"'),
  grows('cache_reads_total', misses, 'level="memory",result="miss"'),
];
const validations = (valid: number, invalid: number): Series[] => [
  grows('validations_total', valid, 'type="AVRO",result="valid"'),
  grows('validations_total', invalid, 'type="AVRO",result="invalid"'),
];
const checks = (compatible: number, incompatible: number): Series[] => [
  grows('compatibility_checks_total', compatible, 'result="compatible"'),
  grows('compatibility_checks_total', incompatible, 'result="incompatible"'),
];
const jumping = (later: string): Series[] => [
  [labelled('schema_registry_http_request_duration_seconds_bucket', `${readLabels},le="0.001"`), later],
  [labelled('schema_registry_http_request_duration_seconds_bucket', `${readLabels},le="0.005"`), later],
  grows('http_request_duration_seconds_bucket', 100, `${readLabels},le="0.01"`),
  grows('http_request_duration_seconds_bucket', 100, `${readLabels},le="+Inf"`),
  grows('http_request_duration_seconds_count', 100, readLabels),
];

interface Case {
  readonly fires: readonly Series[];
  readonly silent: readonly (readonly Series[])[];
  readonly groups?: Groups;
}

const cases: Readonly<Record<string, Case | readonly Case[]>> = {
  SchemaRegistryDown: { fires: [up('a', 0)], silent: [[up('a', 0), up('b', 1)]] },
  SchemaRegistryPodsMissing: {
    fires: [up('a', 1), up('b', 1), up('c', 0)],
    silent: [[up('a', 1), up('b', 1), up('c', 1), up('d', 0)]],
  },
  SchemaRegistryRestarts: [
    {
      fires: [[labelled('schema_registry_process_start_time_seconds'), '1x100 2x3 3x3 4x20']],
      silent: [[[labelled('schema_registry_process_start_time_seconds'), '1x100 2x30']]],
    },
    {
      groups: ofWorkers,
      fires: [grows('worker_restarts_total', 1)],
      silent: [[stays('worker_restarts_total', 50)]],
    },
  ],
  SchemaRegistryErrors: {
    fires: [requests('500', 10), requests('200', 90)],
    silent: [
      [requests('500', 1), requests('200', 99)],
      // Who asks for what is not there, or a pod that starts.
      [requests('404', 50), requests('503', 50, '/ready'), requests('200', 50)],
    ],
  },
  SchemaRegistryErrorBudgetBurnsFast: [
    {
      fires: [requests('500', 2), requests('200', 98)],
      silent: [[requests('500', 1), requests('200', 99)]],
    },
    {
      fires: [
        grows('grpc_requests_total', 2, 'method="/m",code="INTERNAL"'),
        grows('grpc_requests_total', 98, 'method="/m",code="OK"'),
      ],
      // Three of a hundred in the last hour, and nobody else asked.
      silent: [
        [
          [
            labelled('schema_registry_http_requests_total', 'route="/subjects",method="GET",status="500"'),
            '0x110 3x10',
          ],
          [
            labelled('schema_registry_http_requests_total', 'route="/subjects",method="GET",status="200"'),
            '0x110 97x10',
          ],
        ],
      ],
    },
  ],
  SchemaRegistryErrorBudgetBurns: {
    fires: [requests('500', 1), requests('200', 99)],
    silent: [[requests('500', 1), requests('200', 999)]],
  },
  SchemaRegistrySlow: {
    fires: reading({ '0.01': 50, '0.025': 100 }),
    silent: [reading({ '0.01': 100 }), seldom('http_request_duration_seconds', readLabels, '0.025')],
  },
  SchemaRegistryLatencyBudgetBurns: {
    fires: reading({ '0.01': 60, '0.025': 100 }),
    silent: [
      reading({ '0.01': 90, '0.025': 100 }),
      seldom('http_request_duration_seconds', readLabels, '0.025'),
    ],
  },
  SchemaRegistryLatencyJumped: {
    fires: jumping('0+100x60 6000+0x60'),
    silent: [jumping('0+100x120'), jumping('0+0x120')],
  },
  SchemaRegistryWritesSlow: {
    fires: registering({ '0.1': 50, '0.25': 100 }),
    silent: [
      registering({ '0.05': 100, '0.1': 100 }),
      seldom('http_request_duration_seconds', writeLabels, '0.25'),
    ],
  },
  SchemaRegistryDatabasePoolBusy: { fires: connections(0, 0), silent: [connections(3, 0)] },
  SchemaRegistryDatabasePoolExhausted: {
    fires: connections(0, 4),
    silent: [connections(0, 0), connections(5, 1)],
  },
  SchemaRegistryMemoryHigh: {
    fires: [stays('process_resident_memory_bytes', 2_000_000_000)],
    silent: [[stays('process_resident_memory_bytes', 300_000_000)]],
  },
  SchemaRegistryMemoryMisses: { fires: memory(720, 480), silent: [memory(960, 240), memory(1, 9)] },
  SchemaRegistryMemoryUseless: { fires: memory(480, 720), silent: [memory(720, 480), memory(1, 9)] },
  SchemaRegistryEventLoopHeldUp: {
    fires: [stays('nodejs_eventloop_lag_p99_seconds', 0.5)],
    silent: [[stays('nodejs_eventloop_lag_p99_seconds', 0.02)]],
  },
  SchemaRegistryLargeSchemasWait: {
    fires: [stays('schema_jobs_waiting', 20)],
    silent: [[stays('schema_jobs_waiting', 2)]],
  },
  SchemaRegistryDatabaseErrors: {
    fires: [grows('db_errors_total', 30, 'reason="Unreachable"')],
    silent: [[grows('db_errors_total', 1, 'reason="Unreachable"')]],
  },
  SchemaRegistryDatabaseSlow: {
    fires: histogram('db_statement_duration_seconds', { '0.05': 50, '0.1': 100 }, 'statement="findSchema"'),
    silent: [
      histogram('db_statement_duration_seconds', { '0.01': 100 }, 'statement="findSchema"'),
      seldom('db_statement_duration_seconds', 'statement="findSchema"', '0.1'),
    ],
  },
  SchemaRegistryDatabaseWaitsLong: {
    fires: histogram('db_connection_wait_seconds', { '0.1': 50, '0.25': 100 }),
    silent: [
      histogram('db_connection_wait_seconds', { '0.001': 100 }),
      seldom('db_connection_wait_seconds', '', '0.25'),
    ],
  },
  SchemaRegistryChangeFeedDown: {
    fires: [stays('change_feed_up', 0)],
    silent: [[stays('change_feed_up', 1)]],
  },
  SchemaRegistryVolumeAlmostFull: {
    fires: [stays('db_volume_bytes', 9, 'state="free"'), stays('db_volume_bytes', 100, 'state="size"')],
    silent: [[stays('db_volume_bytes', 11, 'state="free"'), stays('db_volume_bytes', 100, 'state="size"')]],
  },
  SchemaRegistryCacheUnavailable: {
    fires: [grows('redis_errors_total', 6)],
    silent: [[stays('redis_errors_total', 9)]],
  },
  SchemaRegistryCacheSlow: {
    fires: histogram('redis_request_duration_seconds', { '0.01': 50, '0.05': 100 }),
    silent: [
      histogram('redis_request_duration_seconds', { '0.001': 100 }),
      seldom('redis_request_duration_seconds', '', '0.05'),
    ],
  },
  SchemaRegistryArchiveBehind: {
    fires: [stays('s3_lag_seconds', 1_000)],
    silent: [[stays('s3_lag_seconds', 10)]],
  },
  SchemaRegistryArchiveErrors: {
    fires: [grows('s3_errors_total', 2)],
    silent: [[[labelled('schema_registry_s3_errors_total'), '0x110 3x10']]],
  },
  SchemaRegistryArchiveSlow: {
    fires: histogram('s3_request_duration_seconds', { '5': 50, '10': 100 }),
    silent: [histogram('s3_request_duration_seconds', { '1': 100 })],
  },
  SchemaRegistrySnapshotFails: {
    fires: [stays('s3_snapshot_failing', 1)],
    silent: [[stays('s3_snapshot_failing', 0)]],
  },
  SchemaRegistrySnapshotOverdue: {
    fires: [stays('s3_snapshot_timestamp_seconds', -20_000)],
    silent: [[stays('s3_snapshot_timestamp_seconds', 0)]],
  },
  SchemaRegistryArchiveDiffers: {
    fires: [stays('s3_drill_differences', 1)],
    silent: [[stays('s3_drill_differences', 0)]],
  },
  SchemaRegistryDrillOverdue: {
    fires: [stays('s3_drill_end_timestamp_seconds', -400_000)],
    silent: [[stays('s3_drill_end_timestamp_seconds', -200_000)]],
  },
  SchemaRegistryInvalidSchemas: {
    fires: validations(6, 6),
    silent: [validations(99, 1), validations(0, 1), validations(0, 0)],
  },
  SchemaRegistryIncompatibleSchemas: { fires: checks(6, 6), silent: [checks(90, 10), checks(0, 1)] },
  SchemaRegistryCredentialsRefused: {
    fires: [grows('authentication_failures_total', 120, 'reason="unknown-key"')],
    silent: [[grows('authentication_failures_total', 120, 'reason="no-credentials"')]],
  },
  SchemaRegistryRoleMissing: { fires: [requests('403', 120)], silent: [[requests('401', 120)]] },

  SchemaRegistryOperatorDown: {
    groups: ofOperator,
    fires: [ofOperatorPod('up', '0x120')],
    silent: [[ofOperatorPod('up', '1x120')]],
  },
  SchemaRegistryOperatorWithoutLeader: {
    groups: ofOperator,
    fires: [ofOperatorPod('leader_election_master_status', '0x120')],
    silent: [[ofOperatorPod('leader_election_master_status', '1x120')]],
  },
  SchemaRegistryOperatorFails: {
    groups: ofOperator,
    fires: [ofOperatorPod('controller_runtime_reconcile_errors_total', '0+2x120')],
    silent: [[ofOperatorPod('controller_runtime_reconcile_errors_total', '0x110 3x10')]],
  },
  SchemaRegistryOperatorBehind: {
    groups: ofOperator,
    fires: [ofOperatorPod('workqueue_depth', '20x120')],
    silent: [[ofOperatorPod('workqueue_depth', '1x120')]],
  },
  SchemaRegistryNotReady: {
    groups: ofOperator,
    fires: [ofOperatorPod('schema_registry_operator_registries', '1x120', 'ready="False"')],
    silent: [[ofOperatorPod('schema_registry_operator_registries', '0x120', 'ready="False"')]],
  },
};

const casesOf = (alert: string): readonly Case[] => [cases[alert] ?? []].flat();

/** What promtool is to find of an alert after two hours of such series. */
function testOf(alert: string | undefined, series: readonly Series[], count: number) {
  const which = alert === undefined ? '' : `alertname="${alert}",`;
  return {
    interval: '1m',
    input_series: series.map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{${which}alertstate="firing"})`,
        eval_time: `${MINUTES}m`,
        exp_samples: count === 0 ? [] : [{ labels: '{}', value: count }],
      },
    ],
  };
}

function runs(groups: Groups, ...tests: readonly object[]): void {
  promtool(['test', 'rules', 'test.yaml'], {
    'rules.yaml': { groups },
    'test.yaml': { rule_files: ['rules.yaml'], evaluation_interval: '1m', tests },
  });
}

/** An alert and what it is computed from: to work all of them out each time would take minutes. */
function groupsFor(alert: string, groups: Groups): Groups {
  const all = groups.flatMap((group) => group.rules);
  const wanted = new Set(all.filter((rule) => rule.alert === alert));
  for (const { expr } of wanted)
    for (const rule of all) if (rule.record && expr.includes(`${rule.record}{`)) wanted.add(rule);
  return groups.map((group) => ({ ...group, rules: group.rules.filter((rule) => wanted.has(rule)) }));
}

describe('alerts', () => {
  it('are at least two dozen, each with a severity, a summary and the page that says what to do', () => {
    expect(alertNames.length).to.be.at.least(24);
    for (const { alert, labels, annotations } of rules) {
      if (alert === undefined) continue;
      expect(labels.severity, alert).to.be.oneOf(['critical', 'warning', 'info']);
      expect(annotations?.summary, alert).to.be.a('string');
      expect(annotations?.runbook_url, alert).to.equal(runbookUrl(alert));
    }
  });

  it('have a page each, and every page its alert', () => {
    const folder = new URL('../../docs/runbooks/', import.meta.url);
    const pages = readdirSync(folder).filter((file) => file.startsWith('SchemaRegistry'));
    expect(pages.sort()).to.deep.equal(alertNames.map((alert) => `${alert}.md`).sort());
    const list = readFileSync(new URL('README.md', folder), 'utf8');
    for (const alert of alertNames) {
      const text = readFileSync(new URL(`${alert}.md`, folder), 'utf8');
      expect(text, alert).to.match(new RegExp(`^# ${alert}\n`));
      for (const part of ['What it means', 'How to see it', 'What to do'])
        expect(text, alert).to.include(`\n## ${part}\n`);
      expect(list).to.include(`[${alert}](${alert}.md)`);
    }
  });

  it('are only of what is there: no cache, no archive and no lock are no fault', () => {
    const names = groupsOf({ cache: { disabled: true } }).flatMap((group) =>
      group.rules.flatMap(({ alert }) => alert ?? []),
    );
    expect(names.filter((name) => /Cache|Archive|Credentials|Role/.test(name))).to.deep.equal([]);
    expect(names).to.include('SchemaRegistryDatabaseErrors');
  });

  it('each have a case in which they fire', () => {
    expect(Object.keys(cases).sort()).to.deep.equal([...alertNames].sort());
    expect(alertNames).to.include.members(Object.keys(alerts));
  });
});

describe(`alerts, as Prometheus works them out${missingPromtool ? ` (${missingPromtool})` : ''}`, () => {
  before(function () {
    if (missingPromtool !== undefined) this.skip();
  });

  it('the rules are sound', () => {
    for (const groups of [ofRegistry, ofOperator, ofWorkers])
      promtool(['check', 'rules', 'rules.yaml'], { 'rules.yaml': { groups } });
  });

  for (const alert of Object.keys(cases)) {
    it(`${alert} fires when it should, and else not`, () => {
      for (const { fires, silent, groups = ofRegistry } of casesOf(alert)) {
        const tests = silent.map((series) => testOf(alert, series, 0));
        runs(groupsFor(alert, groups), testOf(alert, fires, 1), ...tests);
      }
    });
  }

  const healthy = [
    up('a', 1),
    up('b', 1),
    up('c', 1),
    ...reading({ '0.001': 100, '0.0025': 100, '0.01': 100 }),
    ...connections(8, 0),
    ...memory(1_000, 10),
    stays('change_feed_up', 1),
    stays('process_resident_memory_bytes', 200_000_000),
  ];

  it('none fires at a registry that does well, with clients or without', () => {
    runs(ofRegistry, testOf(undefined, [...healthy, requests('200', 1_000)], 0));
    runs(ofRegistry, testOf(undefined, [up('a', 1), up('b', 1), up('c', 1), requests('200', 0)], 0));
  });

  it('one fires where nothing is collected, and none where nobody is to collect', () => {
    runs(ofRegistry, testOf(undefined, [], 1));
    runs(groupsOf({ monitoring: { serviceMonitor: { enabled: false } } }), testOf(undefined, [], 0));
    runs(groupsOf({ autoscaling: { enabled: false }, replicas: 0 }), testOf(undefined, [], 0));
  });
});
