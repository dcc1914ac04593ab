import { expect, test } from '@jest/globals';
import { parseHistoryImage } from '../../src/artifacts/image-history.js';

const UUID = '8a5e2df3-dc75-4d30-a728-d0ae9cb06701';

test.each([
  [`images/eval~sample imgs+step+10+timestamp+1700000000010+${UUID}.png`, 'eval/sample imgs', 10n, false, 'png'],
  [`images/loss+step+-3+timestamp+1700000000010+${UUID}+compressed.webp`, 'loss', -3n, true, 'webp'],
  [`images/a#b~c%step%5000000000%timestamp%1700000000010%${UUID}.png`, 'a/b~c', 5000000000n, false, 'png'],
  [`images/a%step%1%timestamp%1700000000010%${UUID}%compressed.webp`, 'a', 1n, true, 'webp'],
  [
    `images/99999999999999999999+step+99999999999999999999+timestamp+1700000000010+${UUID}.png`,
    '99999999999999999999',
    99999999999999999999n,
    false,
    'png',
  ],
])('%s', (path, key, step, compressed, extension) => {
  const stem = path.slice(0, path.indexOf(UUID) + UUID.length);
  expect(parseHistoryImage(path)).toEqual({ key, step, timestamp: 1700000000010, stem, compressed, extension });
});

test.each([
  `image/a+step+1+timestamp+1+${UUID}.png`,
  `x/images/a+step+1+timestamp+1+${UUID}.png`,
  `images/a+step+1%timestamp%1+${UUID}.png`,
  `images/a+step+1.5+timestamp+1+${UUID}.png`,
  `images/+step+1+timestamp+1+${UUID}.png`,
  `images/a+step+1+timestamp+99999999999999999999+${UUID}.png`,
  `images/a+step+1+timestamp+1+${UUID}.jpg`,
  `images/a+step+1+timestamp+1+${UUID}%compressed.webp`,
  'images/a+step+1+timestamp+1+42.png',
  'images/pic.png',
])('%s is none', (path) => {
  expect(parseHistoryImage(path)).toBeUndefined();
});
