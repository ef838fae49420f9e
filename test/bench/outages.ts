/**
 * `npm run bench:outages`: what clients see while Redis, S3, PostgreSQL or a replica is away. Three servers on a real
 * PostgreSQL, on loopback; 8 clients, each with one request at a time, that never try again. About a minute.
 */

import { type Phase, sufferOutages } from '../build/outages.ts';
import { missingPostgres, startPostgres } from '../build/postgres.ts';
import { seeded } from '../build/random.ts';
import { missingRedis, startRedis } from '../build/redis.ts';
import { missingS3, startS3 } from '../build/s3.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);

const missing = missingPostgres ?? missingRedis ?? missingS3;
if (missing !== undefined) throw new Error(missing);

const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0);

function cells({ requests, errors, p50Ms, p99Ms }: Phase): string {
  const all = Object.entries(errors).map(([error, count]) => `${count}x ${error}`);
  return `${requests} | ${all.join(', ') || '0'} | ${ms(p50Ms)} / ${ms(p99Ms)}`;
}

const [postgres, redis, s3] = await Promise.all([startPostgres(), startRedis(), startS3()]);
try {
  const random = seeded();
  console.log(
    `TEST_SEED=${random.seed}, ${SECONDS} s each; errors: status and error code, none: no answer\n`,
  );
  console.log('| outage | phase | requests | errors | p50 / p99 ms | acknowledged | lost |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  await sufferOutages(
    { postgres, redis, s3 },
    SECONDS,
    random,
    ({ title, acknowledged, lost, ...phases }) => {
      console.log(`| ${title} | before | ${cells(phases.before)} | | |`);
      console.log(`| | during | ${cells(phases.during)} | | |`);
      console.log(`| | after | ${cells(phases.after)} | ${acknowledged} | ${lost} |`);
    },
  );
} finally {
  await Promise.all([redis.stop(), s3.remove(), postgres.stop()]);
}
