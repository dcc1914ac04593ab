import { expect, test } from '@jest/globals';
import { pathAsServed } from '../../../../src/mlflow/rest/artifacts/path-as-served.js';

test.each([
  ['d/a.txt', 'd/a.txt'],
  ['100%.txt', '100%.txt'],
  ['a%41', 'aA'],
  ['a%2541', 'aA'],
  ['percent%20name.txt', 'percent name.txt'],
  ['%e5%ae%9e', '实'],
  ['x%a1y', 'x\uFFFDy'],
  // how MLflow 2 named the images of a key, a step and a moment
  ['images/loss%step%2%timestamp%1700000000000%0e.png', 'images/loss%step%2%timestamp%1700000000000%0e.png'],
  ['a%1Fb', 'a%1fb'],
  ['a\nb', 'ab'],
  ['a%0ab', 'ab'],
])('%j is looked for as %j', (path, served) => {
  expect(pathAsServed(path)).toBe(served);
});
