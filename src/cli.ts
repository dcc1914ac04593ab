#!/usr/bin/env node
import { unsupportedNode } from './cli/node-version.js';

// Nothing else may be imported here but on demand: a Node that is too old could not even parse it.
const problem = unsupportedNode(process.versions.node);
if (problem === undefined) {
  await import('./cli/process.js');
} else {
  process.stderr.write(`error: ${problem}\n`);
  process.exitCode = 1;
}
