import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from '../../src/errors.js';
import { python } from './python.js';
import { TEMPLATES } from './sqlite-template.js';

const run = promisify(execFile);

/**
 * Makes a file store of a shape of make_stores.py, which the real MLflow wrote once for all tests of a run: a copy whose
 * runs and experiments lie where it is. Its ids are those of the other copies.
 */
export async function createFileStore(shape: string, directory: string): Promise<void> {
  const template = await templateOf(shape);
  await run('cp', ['-a', template, directory]);
  const files = await readdir(directory, { recursive: true });
  const metas = files.filter((file) => file.endsWith('meta.yaml')).map((file) => join(directory, file));
  await Promise.all(metas.map((meta) => replace(meta, template, directory)));
}

/** The link is there when what it leads to is whole; of two that were made at once the first is taken. */
async function templateOf(shape: string): Promise<string> {
  const link = join(TEMPLATES, shape);
  if (!existsSync(link)) {
    const parent = `${link}.${randomBytes(4).toString('hex')}`;
    const made = join(parent, 'mlruns');
    await mkdir(parent);
    await python(['make_stores.py', shape, made]);
    await symlink(made, link).catch((cause) => {
      if (errorCode(cause) !== 'EEXIST') throw cause;
    });
  }
  return realpath(link);
}

async function replace(file: string, before: string, after: string): Promise<void> {
  const text = await readFile(file, 'latin1');
  const replaced = text.replaceAll(before, after);
  if (replaced !== text) await writeFile(file, replaced, 'latin1');
}
