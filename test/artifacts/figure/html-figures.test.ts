import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { htmlFigures, type PageLimits, pageOfFigures } from '../../../src/artifacts/figure/html-figures.js';

const utf8 = (text: string) => Buffer.from(text);

const LIMITS: PageLimits = { file: 1e6, figures: 1e5 };

function* inPieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The figures of a page, as texts. */
async function figuresOf(page: string | Uint8Array, limits = LIMITS, size = 1e6) {
  const bytes = typeof page === 'string' ? utf8(page) : page;
  const found = await htmlFigures(inPieces(bytes, size), limits);
  return Array.isArray(found) ? found.map((figure: Uint8Array) => Buffer.from(figure).toString()) : found;
}

const TRACE = '[{"type":"bar","y":[1,2],"name":"a \\"quoted\\" \\u003cb\\u003e ) , ] é"}]';
const LAYOUT = '{"title":{"text":"Plotly.newPlot(\\"x\\", [])"}}';
const FIGURE = `{"data":${TRACE},"layout":${LAYOUT}}`;

describe('the figures of a page', () => {
  test('are the arguments of Plotly.newPlot, as Plotly 4 to 6 write it', async () => {
    const call = `\n  'id-1',\n  ${TRACE},\n  ${LAYOUT},\n  {"responsive": true}\n`;
    expect(await figuresOf(`<script>if (x) { Plotly.newPlot(${call}) };</script>`)).toEqual([FIGURE]);
    expect(await figuresOf(`Plotly.newPlot(document.getElementById("a, b"),${TRACE},${LAYOUT})`)).toEqual([FIGURE]);
    expect(await figuresOf(`Plotly.newPlot("a",${FIGURE})`)).toEqual([FIGURE]);
    expect(await figuresOf(`Plotly.newPlot("a",${TRACE})`)).toEqual([`{"data":${TRACE},"layout":{}}`]);
  });

  test('are all of them, each with its own frames', async () => {
    const frames = '[{"data":[{"y":[3]}]}]';
    const then = `.then(function(){ Plotly.addFrames("a", ${frames}); }).then(function(){ Plotly.animate("a", null); })`;
    const page = `Plotly.newPlot("a",${TRACE},${LAYOUT})${then} Plotly.newPlot("b",[],{})`;
    expect(await figuresOf(page)).toEqual([
      `{"data":${TRACE},"layout":${LAYOUT},"frames":${frames}}`,
      '{"data":[],"layout":{}}',
    ]);
  });

  test.each([
    ['a call by variables', 'Plotly.newPlot(gd, data, layout)'],
    ['a call without arguments', 'Plotly.newPlot()'],
    ['an argument that is no JSON', `Plotly.newPlot("a", [{'type': 'bar'}], {})`],
    ['traces that are none', 'Plotly.newPlot("a", [1, 2], {})'],
    ['a call that is cut off', `Plotly.newPlot("a", ${TRACE}, {"a":`],
    [
      'bytes that are not UTF-8',
      Buffer.concat([utf8('Plotly.newPlot("a", [{"name":"'), Buffer.of(0xff), utf8('"}], {})')]),
    ],
    ['nothing at all', ''],
  ])('are not %s', async (_, page) => {
    expect(await figuresOf(page)).toEqual([]);
  });

  test('behind a call that is none are found', async () => {
    expect(await figuresOf(`Plotly.newPlot(gd, data); Plotly.newPlot("a",${TRACE},${LAYOUT})`)).toEqual([FIGURE]);
  });

  test('of Plotly 6 get plain arrays for those in binary form, which Aim cannot draw', async () => {
    const f8 = Buffer.from(Float64Array.of(0.5, Number.NaN, -1, 1e300).buffer).toString('base64');
    const i1 = Buffer.from(Int8Array.of(1, -2, 3).buffer).toString('base64');
    const trace = `{"z":{"dtype":"f8","bdata":"${f8}","shape":"2, 2"},"x":{"dtype":"i1","bdata":"${i1}"}}`;
    const odd = `{"dtype":"f8","bdata":"${i1}"}`;
    expect(await figuresOf(`Plotly.newPlot("a",[${trace},{"meta":${odd}}],{})`)).toEqual([
      `{"data":[{"z":[[0.5,null],[-1,1e+300]],"x":[1,-2,3]},{"meta":${odd}}],"layout":{}}`,
    ]);
  });

  test('are found however the page comes in pieces', async () => {
    const page = `<html>é${'<p>Plotly.</p>'.repeat(9)}<script>Plotly.newPlot("a",${TRACE},${LAYOUT},{"b":'}'})</script>`;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), async (size) => {
        expect(await figuresOf(page, LIMITS, size)).toEqual([FIGURE]);
      }),
      { numRuns: 60 },
    );
  });

  test('may have only so many bytes, and so may the page', async () => {
    const page = `Plotly.newPlot("a",${TRACE},${LAYOUT}) Plotly.newPlot("b",${TRACE},${LAYOUT})`;
    const figures = 2 * FIGURE.length + 4; // é has two bytes
    expect(await figuresOf(page, { ...LIMITS, figures })).toEqual([FIGURE, FIGURE]);
    expect(await figuresOf(page, { ...LIMITS, figures: figures - 10 })).toBe('too-large');
    expect(await figuresOf(page, { ...LIMITS, figures: 20 })).toBe('too-large');
    expect(await figuresOf(page, { ...LIMITS, file: 100 })).toBeUndefined();
  });

  test('read again from a page that holds nothing else are the same', async () => {
    const figures = [FIGURE, '{"data":[],"layout":{},"frames":[]}'];
    expect(await figuresOf(pageOfFigures(figures.map(utf8)))).toEqual(figures);
  });
});
