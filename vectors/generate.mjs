// Writes the vectors. Kept apart from the product: it shares no code with it and needs nothing but Node.
// `node vectors/generate.mjs` writes every file; with --check it writes nothing and fails if a file differs.
import { readFileSync, writeFileSync } from 'node:fs';
import * as answers from './generator/answers.mjs';
import * as issuers from './generator/issuers.mjs';
import * as keys from './generator/keys.mjs';
import * as log from './generator/log.mjs';
import * as retention from './generator/retention.mjs';
import * as siphash from './generator/siphash.mjs';
import * as tokens from './generator/tokens.mjs';
import * as verdicts from './generator/verdicts.mjs';
import * as wire from './generator/wire.mjs';

const files = { answers, issuers, keys, log, retention, siphash, tokens, verdicts, wire };
const check = process.argv.includes('--check');
let stale = 0;

for (const [name, { document }] of Object.entries(files)) {
  const path = new URL(`${name}.json`, import.meta.url);
  const text = format(document());
  if (!check) {
    writeFileSync(path, text);
  } else if (readFileSync(path, 'utf8') !== text) {
    console.error(`vectors/${name}.json is not what vectors/generate.mjs writes: run it and commit both.`);
    stale++;
  }
}

process.exitCode = stale === 0 ? 0 : 1;

// One case a line: a diff of the vectors reads like a list of what changed.
function format(value) {
  const members = Object.entries(value).map(([name, member]) => `  ${JSON.stringify(name)}: ${formatMember(member)}`);
  return `{\n${members.join(',\n')}\n}\n`;
}

function formatMember(member) {
  return Array.isArray(member) && member.every((item) => typeof item === 'object')
    ? `[\n${member.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`
    : JSON.stringify(member);
}
