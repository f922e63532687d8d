import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

for (const [name, source] of [
  ['`@rescind/browser`', "export * from './dist/index.js'"],
  ['`@rescind/browser/socket` as well', "export * from './dist/index.js'; export * from './dist/socket.js'"],
]) {
  test(`the README says how large ${name} is`, async () => {
    const { outputFiles: [bundle] } = await build({
      stdin: { contents: source, resolveDir: file('..') }, bundle: true, minify: true, format: 'esm', target: 'es2022', write: false,
    });
    const readme = await readFile(file('../README.md'), 'utf8');
    const [, minified, zipped] = new RegExp(`^\\| ${name} \\| ([^|]+) \\| ([^|]+) \\|$`, 'm').exec(readme);

    assert.equal(minified, kilobytes(bundle.contents.length));
    // Compressors differ by a few bytes from version to version.
    assert.ok(Math.abs(Number.parseFloat(zipped) * 1000 - gzipSync(bundle.contents).length) < 150, kilobytes(gzipSync(bundle.contents).length));
  });
}
