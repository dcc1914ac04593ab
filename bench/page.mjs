// @ts-check
import { describeMachine } from './machine.mjs';
import { compare, measureGrowth, measureMemory, measureSources } from './measure.mjs';
import { COMPARISONS, FRACTION } from './shapes.mjs';
import { comparisonTable, floorTable, growthTable, memoryTable, sourcesTable } from './tables.mjs';

/**
 * @typedef {import('./measure.mjs').Conditions} Conditions
 * @typedef {import('./tables.mjs').Section} Section
 */

/**
 * Measures what is asked for, and tells it as a page of Markdown.
 *
 * @param {readonly string[]} shapes
 * @param {Conditions} conditions
 * @returns {Promise<Section>}
 */
export async function measureAll(shapes, conditions) {
  const machine = describeMachine(conditions.workspace.path);
  const paragraphs = [];
  let failures = 0;

  const compared = [];
  for (const [name, comparison] of Object.entries(COMPARISONS)) {
    if (shapes.includes(name)) compared.push(await compare(comparison, conditions));
  }
  const [first] = compared;
  if (first !== undefined) {
    const versions = Object.entries(first.versions).map((pair) => pair.join(' '));
    machine.push(`* the peer: ${versions.join(', ')}`);
    const table = comparisonTable(compared, conditions.quick);
    failures += table.failures;
    paragraphs.push('## Against `aim convert mlflow`', aboutPeer(conditions), table.text);
    paragraphs.push('## Distance to the floor', ABOUT_FLOOR, floorTable(compared));
  }
  if (shapes.includes('memory')) {
    const table = memoryTable(await measureMemory(conditions), conditions.quick);
    failures += table.failures;
    paragraphs.push('## Memory', ABOUT_MEMORY, table.text);
  }
  if (shapes.includes('growth')) {
    const table = growthTable(await measureGrowth(conditions), conditions.quick);
    failures += table.failures;
    paragraphs.push('## Growth', ABOUT_GROWTH, table.text);
  }

  if (shapes.includes('sources')) {
    paragraphs.push('## Servers and databases', ABOUT_SOURCES, sourcesTable(await measureSources(conditions)));
  }

  const title = conditions.quick ? '# Benchmark, quick: stores too small for the goals and limits' : '# Benchmark';
  return { text: `${[title, machine.join('\n'), ...paragraphs].join('\n\n')}\n`, failures };
}

/** @param {Conditions} conditions */
function aboutPeer({ full }) {
  const store = full
    ? 'It converts the same store.'
    : `It converts a store of the same kind, ${FRACTION} times smaller, since it would need minutes for the whole one (\`--full\` gives it the whole one): the rates are compared.`;
  return [
    'Medians, and from where to where the repetitions went. Ours: the whole command, from a cold start to a finished',
    'repository that is on the disk. The peer: only the conversion, its start-up is not counted; two things are done for',
    'it, without which it converts nothing: its MLflow client gets back `list_experiments`, and MLFLOW_ALLOW_FILE_STORE is set.',
    store,
  ].join('\n');
}

const ABOUT_FLOOR = `a: the store read and parsed by this tool's own source in as many threads, and thrown away. b: files of the number and sizes
of the resulting repository, written in the plainest way and flushed to the disk.`;

const ABOUT_MEMORY = 'The highest resident memory of the whole process in any repetition.';

const ABOUT_GROWTH = 'Ten times the runs should take about ten times as long.';

const ABOUT_SOURCES = `Ours: from a cold start to a finished Aim repository. MLflow's client only reads, once, and keeps nothing; its start-up is not
counted. The server is \`mlflow server\` with one worker, on the same machine. Bare loading: its histories asked for and thrown away
unread, by four requests at a time.`;
