// What is offered for monitoring is about metrics that exist, and the tools of Prometheus accept it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { made, metrics, prometheusName } from '../../docs/operating/monitoring/tables.mjs';
import { root } from './clone.mjs';

const run = promisify(execFile);
const folder = `${root}docs/operating/monitoring/`;
const parts = /_(bucket|count|sum)$/;

/** The metrics of ours that a text names, as Prometheus calls them. */
const namedIn = (text) => [...new Set(text.match(/\brescind_[a-z0-9_]+/g))].filter((name) => !attributes.has(name));
const attributes = new Set([
  'rescind_match', 'rescind_effect', 'rescind_outcome', 'rescind_state', 'rescind_verdict', 'rescind_connection_kind', 'rescind_connection_code',
]);

async function unknownIn(text) {
  const known = new Set((await metrics()).flatMap((one) => {
    const name = prometheusName(one);
    return one.kind === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name];
  }));
  return namedIn(text).filter((name) => !known.has(name));
}

test('the tables of metrics and log lines say what the code says', async () => {
  assert.equal(await readFile(`${root}docs/operating/monitoring.md`, 'utf8'), await made());
  assert.ok((await metrics()).length >= 30);
});

test('alert rules and dashboard name only metrics that the code has', async () => {
  for (const file of ['rescind.rules.yml', 'rescind.rules.test.yml', 'grafana.json']) {
    const text = await readFile(folder + file, 'utf8');
    assert.ok(namedIn(text).length > 10, file);
    assert.deepEqual(await unknownIn(text), [], file);
  }
});

test('a metric that the code does not have is noticed', async () => {
  assert.deepEqual(await unknownIn('sum(rescind_verifier_lag_seconds) + rescind_log_head'), ['rescind_verifier_lag_seconds']);
});

test('every metric of the Authority and of a verifier is on the dashboard or in an alert, or is a position', async () => {
  const texts = (await Promise.all(['rescind.rules.yml', 'grafana.json'].map((file) => readFile(folder + file, 'utf8')))).join('\n');
  const named = new Set(namedIn(texts).map((name) => name.replace(parts, '')));
  const missing = (await metrics()).filter((one) => one.unit !== '{position}').map(prometheusName).filter((name) => !named.has(name));
  assert.deepEqual(missing, []);
});

test('promtool accepts the rules; each fires once on what it is for, and none on a healthy system', async () => {
  await run('promtool', ['check', 'rules', 'rescind.rules.yml'], { cwd: folder });
  const { stdout } = await run('promtool', ['test', 'rules', 'rescind.rules.test.yml'], { cwd: folder });
  assert.match(stdout, /SUCCESS/);

  const alerts = [...(await readFile(`${folder}rescind.rules.yml`, 'utf8')).matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  const tests = await readFile(`${folder}rescind.rules.test.yml`, 'utf8');
  for (const alert of alerts) {
    assert.equal(tests.match(new RegExp(`- name: ${alert}\n`, 'g'))?.length, 1, `${alert} is tried once`);
    assert.ok(tests.includes(`{ alertname: ${alert}, eval_time: 29m, exp_alerts: [] }`), `${alert} is silent on a healthy system`);
  }
});
