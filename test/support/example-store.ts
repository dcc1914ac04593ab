import { afterEach } from '@jest/globals';
import { sampleImage } from '../artifacts/sample-images.js';
import { FileStoreBuilder, metricLine, type RunSpec } from './file-store-builder.js';

const builders: FileStoreBuilder[] = [];

/** A file store that goes away after the test. */
export function newStore(): FileStoreBuilder {
  const builder = new FileStoreBuilder();
  builders.push(builder);
  return builder;
}

afterEach(() => {
  for (const builder of builders.splice(0)) builder.remove();
});

/** The run id of 32 hex characters that ends with these. */
export const id = (end: string): string => end.padStart(32, '0');

export const series = (length: number, from = 0) =>
  Array.from({ length }, (_, i) => ({
    timestamp: 1_700_000_000_000 + i * 250,
    value: Math.sin(from + i),
    step: BigInt(i),
  }));

/** The text of a metric file so long that its run is under way for some time; only `steps` of its points are kept. */
export function longMetric(points: number, steps = points): string {
  let text = '';
  for (let i = 0; i < points; i++) text += `${1_700_000_000_000 + i} 0.${i} ${i % steps}\n`;
  return text;
}

/** Something of everything. */
export const RICH: Omit<RunSpec, 'runId'> = {
  name: 'calm-owl-12',
  params: { lr: '0.01', layers: '[1, 2]', text: 'größe\n' },
  tags: { team: 'red', 'mlflow.note.content': '# Why', 'mlflow.source.name': 'train.py' },
  metrics: {
    loss: series(100),
    'val/loss': series(10),
    unnumbered: series(5).map((point) => ({ ...point, step: 0n })),
    repeated: [...series(4), ...series(2)],
    broken: `${metricLine(series(1)[0]!)}this is no point\n`,
  },
  artifacts: {
    'plots/a.png': sampleImage('png RGB'),
    'plots/b.png': sampleImage('png RGBA'),
    'notes/readme.md': '# Readme',
    'model/model.pkl': 'binary',
    'sound.wav': 'RIFF',
  },
};

/** Two experiments, three runs: one with everything, one that failed, one with nothing. */
export function fillWithExamples(store: FileStoreBuilder): FileStoreBuilder {
  store.experiment({ id: '1', name: 'mnist', tags: { 'mlflow.note.content': 'Digits.' } });
  store.run('1', { runId: id('a'), ...RICH });
  store.run('1', { runId: id('b'), name: 'broken', status: 4, metrics: { loss: series(3) } });
  store.experiment({ id: '2', name: 'cifar' });
  store.run('2', { runId: id('c'), name: 'nothing' });
  return store;
}

export const exampleStore = (): FileStoreBuilder => fillWithExamples(newStore());
