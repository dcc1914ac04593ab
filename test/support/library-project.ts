import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { built } from './command-line.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/**
 * Installs `examples/library` into this directory, as npm would: mlflow2aim from what `npm pack` makes of the build, and of all other
 * packages just those that the two manifests name, as links to the ones of this checkout. Compiles it then.
 */
export function installLibraryProject(directory: string): void {
  built('bundle/index.js');
  cpSync(join(ROOT, 'examples/library'), directory, {
    recursive: true,
    filter: (path) => !/\/(node_modules|dist|aim)$/.test(path),
  });
  const modules = join(directory, 'node_modules');
  unpack(join(modules, 'mlflow2aim'));
  const { dependencies, devDependencies } = manifest(directory);
  const needed = { ...manifest(join(modules, 'mlflow2aim')).dependencies, ...dependencies, ...devDependencies };
  for (const name of Object.keys(needed)) if (name !== 'mlflow2aim') link(name, modules);
  execFileSync(process.execPath, [join(modules, 'typescript/bin/tsc')], { cwd: directory, stdio: 'pipe' });
}

function unpack(target: string): void {
  mkdirSync(target, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', target], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
  execFileSync('tar', ['-xzf', join(target, filename), '-C', target, '--strip-components=1']);
}

function link(name: string, modules: string): void {
  const place = join(modules, name);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules', name), place);
}

function manifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}
