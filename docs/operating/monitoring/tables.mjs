// Makes the tables of docs/operating/monitoring.md from the code: the metrics of each meter, and the event ids of the log.
//   node docs/operating/monitoring/tables.mjs          writes them
//   node docs/operating/monitoring/tables.mjs --check  fails if they are out of date
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = join(root, 'docs/operating/monitoring.md');
const meters = { 'src/Rescind.Authority/': 'Rescind.Authority', 'src/Rescind.Verifier/': 'Rescind.Verifier' };

// The text of one C# literal, or of several that are added up.
const literals = String.raw`"(?:\\.|[^"\\\n])*"(?:\s*\+\s*"(?:\\.|[^"\\\n])*")*`;
const text = (source) => [...source.matchAll(/"((?:\\.|[^"\\\n])*)"/g)].map(([, part]) => JSON.parse(`"${part}"`)).join('');

const instrument = new RegExp(
  String.raw`\.Create(Observable)?(Counter|Gauge|Histogram|UpDownCounter)(?:<\w+>)?\(\s*(${literals}),([\s\S]*?)(${literals}),\s*(${literals})`, 'g');
const event = new RegExp(
  String.raw`\[LoggerMessage\(\s*(\d+),\s*LogLevel\.(\w+),\s*(${literals})\)\]`, 'g');

/** Every C# file of the products, by its path in the repository. */
async function sources() {
  const names = await readdir(join(root, 'src'), { recursive: true });
  const paths = names.filter((name) => name.endsWith('.cs') && !/(^|\/)(obj|bin)\//.test(name)).map((name) => `src/${name}`).sort();
  return Promise.all(paths.map(async (path) => ({ path, code: await readFile(join(root, path), 'utf8') })));
}

/** The metrics that the code makes: meter, name, kind, unit and description. */
export async function metrics() {
  const found = [];
  for (const { path, code } of await sources()) {
    const meter = meters[Object.keys(meters).find((folder) => path.startsWith(folder))];
    for (const [, , kind, name, , unit, description] of code.matchAll(instrument)) {
      if (!meter) throw new Error(`${path}: ${name} is in no meter that this script knows.`);
      found.push({ meter, name: text(name), kind: kind.toLowerCase(), unit: text(unit), description: text(description) });
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The log lines that the code has: id, level and message. */
export async function events() {
  const found = [];
  for (const { path, code } of await sources()) {
    for (const [, id, level, message] of code.matchAll(event)) {
      found.push({ id: Number(id), level, message: text(message), project: path.split('/')[1] });
    }
  }
  return found.sort((a, b) => a.id - b.id);
}

const words = { s: 'seconds', By: 'bytes' };

/** What Prometheus calls a metric: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/. */
export function prometheusName({ name, kind, unit }) {
  const word = words[unit] ? `_${words[unit]}` : '';
  return name.replaceAll('.', '_') + word + (kind === 'counter' ? '_total' : '');
}

const row = (...cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;

function metricTable(found) {
  return [
    row('metric', 'for Prometheus', 'kind', 'unit', 'what'), row('---', '---', '---', '---', '---'),
    ...found.map((one) => row(`\`${one.name}\``, `\`${prometheusName(one)}\``, one.kind, one.unit, one.description)),
  ].join('\n');
}

function eventTable(found) {
  return [
    row('id', 'level', 'project', 'message'), row('---', '---', '---', '---'),
    ...found.map(({ id, level, project, message }) => row(id, level, project, message.replaceAll('<', '&lt;'))),
  ].join('\n');
}

/** The page with its tables made anew. */
export async function made() {
  const [all, lines, before] = await Promise.all([metrics(), events(), readFile(page, 'utf8')]);
  const tables = { events: eventTable(lines) };
  for (const meter of Object.values(meters)) tables[meter] = metricTable(all.filter((one) => one.meter === meter));
  return Object.entries(tables).reduce((so, [name, table]) => {
    const place = new RegExp(`(<!-- ${name.replaceAll('.', '\\.')} -->\n)[\\s\\S]*?(<!-- end -->)`);
    if (!place.test(so)) throw new Error(`${page} has no place for ${name}.`);
    return so.replace(place, (_, begin, end) => `${begin}\n${table}\n\n${end}`);
  }, before);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const now = await made();
  if (process.argv[2] !== '--check') await writeFile(page, now);
  else if (now !== await readFile(page, 'utf8')) {
    console.error('docs/operating/monitoring.md is out of date: node docs/operating/monitoring/tables.mjs');
    process.exitCode = 1;
  }
}
