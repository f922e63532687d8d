import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Desk } from './follow.mjs';

const megabyte = 1 << 20;
const { NUGET_PACKAGES: cached = join(homedir(), '.nuget', 'packages') } = process.env;
let desk;
let packages;

// What NuGet has on this machine is read. What it fetches here goes afterwards: the next run makes packages of the same version anew.
before(async () => {
  desk = await Desk.create((folder) => ({ NUGET_PACKAGES: join(folder, 'nuget'), RestoreFallbackFolders: cached }));
  packages = join(desk.clone, '.build', 'packages');
});
after(() => desk.remove());

const made = (pattern) => readdirSync(packages).filter((name) => pattern.test(name));
const list = (name) => execFileSync('unzip', ['-Z1', join(packages, name)], { encoding: 'utf8' }).split('\n');
const manifestOf = (name) => execFileSync('unzip', ['-p', join(packages, name), '*.nuspec'], { encoding: 'utf8' });

test('the page about packages is followed as printed, from ./pack to APIs that refuse what was revoked', async () => {
  assert.ok(await desk.follow('docs/guide/install.md') >= 16);
});

test('a NuGet package has its page, licence, icon, changes and documentation, and symbols beside it', () => {
  const libraries = made(/\.nupkg$/).filter((name) => !name.startsWith('Rescind.Cli'));

  assert.equal(libraries.length, readdirSync(join(desk.clone, 'src')).filter((name) => /^Rescind(?!\.Cli)/.test(name)).length);
  for (const name of libraries) {
    const files = list(name);
    for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md', 'icon.png']) assert.ok(files.includes(file), `${name} has no ${file}`);
    assert.ok(files.some((file) => /^lib\/net10\.0\/.*\.xml$/.test(file)), `${name} has no documentation`);
    assert.ok(made(/\.snupkg$/).includes(name.replace('.nupkg', '.snupkg')), `${name} has no symbols`);
  }
});

test('our packages name each other in exactly their own version', () => {
  const ours = made(/\.nupkg$/).flatMap((name) => manifestOf(name).match(/<dependency id="Rescind[^>]*>/g) ?? []);

  assert.ok(ours.length >= 4);
  for (const each of ours) assert.match(each, / version="\[0\.1\.0-local\.1\]"/);
});

test('the tool for one system is below 8 MB and brings no other system', () => {
  const [tool, ...others] = made(/^Rescind\.Cli\.linux-x64\..*\.nupkg$/);

  assert.deepEqual(others, []);
  assert.ok(statSync(join(packages, tool)).size < 8 * megabyte);
  assert.deepEqual(list(tool).filter((file) => /\/(lib)?e_sqlite3\./.test(file)).length, 1);
});

test('a package of npm has its licence and leads to nothing outside of it', () => {
  for (const name of made(/\.tgz$/)) {
    const archive = join(packages, name);
    const files = execFileSync('tar', ['tzf', archive], { encoding: 'utf8' });
    const manifest = JSON.parse(execFileSync('tar', ['xzOf', archive, 'package/package.json'], { encoding: 'utf8' }));
    const page = execFileSync('tar', ['xzOf', archive, 'package/README.md'], { encoding: 'utf8' });

    assert.match(files, /^package\/LICENSE$/m);
    assert.equal(manifest.version, '0.1.0-local.1');
    assert.deepEqual([manifest.dependencies, manifest.devDependencies, manifest.scripts], [undefined, undefined, undefined]);
    assert.doesNotMatch(page, /\]\(\.\.\//);
  }
});

test('a version that is none is refused before anything is made', () => {
  const before = made(/./);

  assert.throws(() => execFileSync(join(desk.clone, 'pack'), ['--version', '1.2'], { stdio: 'pipe' }), /is no version/);
  assert.deepEqual(made(/./), before);
});
