import { describe, expect, test } from '@jest/globals';
import { uiPage } from '../../../src/mlflow/locations/ui-page.js';

const RUN = '32b3397657a7444988306d280a954bbb';

describe('a page of the UI', () => {
  test.each([
    ['http://h:5000/#/', { shows: 'all' }],
    ['http://h:5000/#/experiments', { shows: 'all' }],
    ['http://h:5000/#/experiments/2', { shows: 'experiment', experimentId: '2' }],
    ['http://h:5000/#/experiments/2?searchFilter=&orderByAsc=false', { shows: 'experiment', experimentId: '2' }],
    ['http://h:5000/#/experiments/2/runs?viewStateShareKey=x', { shows: 'experiment', experimentId: '2' }],
    ['http://h:5000/?x=1#/experiments/2/traces', { shows: 'experiment', experimentId: '2' }],
    [`http://h:5000/#/experiments/2/runs/${RUN}`, { shows: 'run', experimentId: '2', runId: RUN }],
    [
      `http://h:5000/#/experiments/2/runs/${RUN}/artifactPath/model?workspace=a%20b`,
      { shows: 'run', experimentId: '2', runId: RUN, workspace: 'a b' },
    ],
    ['http://h:5000/#/models/m/versions/1', { shows: 'other' }],
    ['http://h:5000/#/compare-runs?runs=[%22a%22]', { shows: 'other' }],
  ])('%s', (uri, page) => expect(uiPage(uri)).toEqual({ server: 'http://h:5000', ...page }));

  test('keeps the prefix and the credentials of its server', () => {
    expect(uiPage('https://ada:pw@h/mlflow/#/experiments/3')?.server).toBe('https://ada:pw@h/mlflow');
  });

  test.each(['http://h:5000', 'https://h/mlflow/', 'http://h#x', '/data/#/experiments/2', 'sqlite:///#/experiments/1'])(
    '%s is none',
    (uri) => expect(uiPage(uri)).toBeUndefined(),
  );
});
