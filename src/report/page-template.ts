import { readFileSync } from 'node:fs';

/** Where the data go in the template, between what comes before and after them. */
const DATA = '<!--data-->';

/**
 * The page of a report without its data, as scripts/bundle.mjs builds it of src/report/page/: the text before the data and
 * that after them. The build is two levels below the package both for `src/` and for the bundle.
 */
export function readPageTemplate(): readonly [before: string, after: string] {
  const text = readFileSync(new URL('../../dist/bundle/report-page.html', import.meta.url), 'utf8');
  const at = text.indexOf(DATA);
  return [text.slice(0, at), text.slice(at + DATA.length)];
}
