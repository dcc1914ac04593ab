import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { python } from './python.js';

/** Where the fork server's socket is: a directory that lasts as long as this run of the tests. */
export const TEMPLATES = dirname(process.env.MLFLOW2AIM_FORK_SERVER ?? '');
const TEMPLATE = join(TEMPLATES, 'mlflow.db');

/** Makes a SQLite database with the tables of the real MLflow, which made them once: that takes it seconds. */
export async function createSqliteDatabase(file: string): Promise<void> {
  if (!existsSync(TEMPLATE)) {
    const made = `${TEMPLATE}.${randomBytes(4).toString('hex')}`;
    await python(['sql_schema.py', `sqlite:///${made}`]);
    await rename(made, TEMPLATE);
  }
  await copyFile(TEMPLATE, file);
}
