import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { start } from './harness.js';
import { python } from './python.js';

/** Whether RocksDB's own tools (Debian: rocksdb-tools) are here; if not, Aim's RocksDB does the same checks. */
const HAS_TOOLS = ['sst_dump', 'ldb'].every((tool) => {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

/** Every RocksDB below a repository's `.aim`: the directories that hold a CURRENT. */
export async function databases(repo: string): Promise<string[]> {
  const files = await readdir(join(repo, '.aim'), { recursive: true });
  return files
    .filter((file) => file.endsWith('/CURRENT'))
    .map((file) => join(repo, '.aim', dirname(file)))
    .sort();
}

/** What RocksDB has to say against a database; empty when every block of every file has its checksum. */
export async function complaints(database: string): Promise<string[]> {
  return HAS_TOOLS ? toolComplaints(database) : aimComplaints(database);
}

/**
 * sst_dump's `verify` looks at the blocks of the file's frame and `check` at every entry; neither they nor `ldb scan`
 * tell by their exit code, so what they print is searched.
 */
async function toolComplaints(database: string): Promise<string[]> {
  const files = (await readdir(database)).filter((name) => name.endsWith('.sst')).map((name) => join(database, name));
  const manifest = (await readFile(join(database, 'CURRENT'), 'utf8')).trim(); // one of an earlier generation may lie beside it
  const commands = [
    ...files.map((file) => ['sst_dump', `--file=${file}`, '--command=verify', '--verify_checksum']),
    ...files.map((file) => ['sst_dump', `--file=${file}`, '--command=check', '--verify_checksum']),
    ['ldb', `--db=${database}`, 'manifest_dump', `--path=${join(database, manifest)}`],
    ['ldb', `--db=${database}`, 'scan', '--hex'],
  ];
  const found: string[] = [];
  for (const [program = '', ...args] of commands) {
    const { child, finished } = start(program, args);
    child.stdin?.end();
    const { code, stdout, stderr } = await finished;
    const said = /.*(corrupt|mismatch|fail|error|not a (valid )?).*/i.exec(
      `${stderr}\n${program === 'sst_dump' ? stdout : ''}`,
    );
    if (said !== null) found.push(`${program} ${args.join(' ')}: ${said[0]}`);
    else if (code !== 0) found.push(`${program} ${args.join(' ')} ended with ${code}`);
  }
  return found;
}

async function aimComplaints(database: string): Promise<string[]> {
  const text = await python(['verify_rocks.py', database]);
  return JSON.parse(text) as string[];
}

/** The records of a repository: database → readable key → canonical value, as dump_repo.py prints them. */
export async function dump(repo: string): Promise<Record<string, Record<string, unknown>>> {
  return JSON.parse(await python(['dump_repo.py', repo])) as Record<string, Record<string, unknown>>;
}

/** The same, one digest for each database: enough to tell whether two repositories are logically equal. */
export async function digests(repo: string): Promise<Record<string, string>> {
  if (!existsSync(join(repo, '.aim'))) return {};
  return JSON.parse(await python(['dump_repo.py', repo, '--digest'])) as Record<string, string>;
}
