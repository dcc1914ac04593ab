import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { built } from '../support/command-line.js';
import { fillWithExamples } from '../support/example-store.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';

let store: FileStoreBuilder;
beforeEach(() => {
  store = fillWithExamples(new FileStoreBuilder());
});
afterEach(() => store.remove());

const cli = fileURLToPath(built('bundle/cli.js'));

/**
 * What a shell prints that may mount file systems, because only it sees them, in a mount namespace of its own: any user may have
 * one where user namespaces are allowed, root anywhere.
 */
function inNamespace(script: string, args: readonly string[]): string {
  const unshare = process.getuid?.() === 0 ? ['-m'] : ['-rm'];
  return execFileSync('unshare', [...unshare, 'sh', '-c', script, 'sh', ...args], { encoding: 'utf8' });
}

/** What a conversion into a file system in memory says on which so many kilobytes are left. */
function sayingWith(kilobytes: number): string {
  const script = `
    mount -t tmpfs -o size=1m tmpfs "$1" && mkdir "$1/repo"
    if [ "$2" != 0 ]; then "$3" -e 'import("'"$4"'").then(({ Repository }) => Repository.open(process.argv[1]))' "$1/repo"; fi
    dd if=/dev/zero of="$1/fill" bs=1k count=2000 2>/dev/null
    truncate -s -"$2"K "$1/fill" 2>/dev/null
    "$3" "$5" convert --tracking-uri "$6" --repo "$1/repo" 2>&1
    echo "code $?"`;
  const args = [String(kilobytes), process.execPath, built('aim/repository.js'), cli, store.root];
  return inNamespace(script, [temporaryDirectory(), ...args]);
}

test('a file system that is mounted read-only is told apart from missing rights', () => {
  const script = `
    mount -t tmpfs tmpfs "$1" && "$2" "$3" convert --tracking-uri "$4" --repo "$1" --quiet
    mount -o remount,ro "$1"
    "$2" "$3" convert --tracking-uri "$4" --repo "$1" --quiet 2>&1
    "$2" "$3" convert --tracking-uri "$4" --repo "$1/new" --quiet 2>&1
    echo "code $?"`;
  const said = inNamespace(script, [temporaryDirectory(), process.execPath, cli, store.root]);
  expect(said).toMatch(/^error: \S*mlflow2aim.lock is on a read-only file system\. Mount it writable/);
  expect(said).toMatch(/\nerror: \S*\/new\S* is on a read-only file system\. .*\ncode 1\n$/);
});

test.each([0, 4, 16, 28, 48, 80])('with %d kB left the sentence names the disk, and what to do', (kilobytes) => {
  const said = sayingWith(kilobytes);
  expect(said).toMatch(/error: \S*\/repo\/\.aim\S* could not be written: no space left\. Free some space/);
  expect(said).toMatch(/code 1\n$/);
});
