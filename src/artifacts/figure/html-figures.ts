import { isUtf8 } from 'node:buffer';
import { CallReader } from './call-reader.js';
import { figureOfParts, figureText } from './figure-json.js';

/** The figures of a page, each the text that Aim keeps of it; or that they have more bytes than they may; undefined if the page has. */
export type PageFigures = readonly Uint8Array[] | 'too-large' | undefined;

/** The most bytes of a page, and of its figures together. */
export interface PageLimits {
  readonly file: number;
  readonly figures: number;
}

type Call = 'newPlot' | 'addFrames';

const CALLS: Readonly<Record<Call, string>> = { newPlot: 'Plotly.newPlot(', addFrames: 'Plotly.addFrames(' };
const LONGEST_CALL = Math.max(...Object.values(CALLS).map(({ length }) => length));

/** The arguments of the last plot, as long as frames may still be added to it. */
interface Plot {
  readonly data: string;
  readonly layout: string;
  frames?: string;
}

/**
 * Reads the figures of an HTML page that Plotly wrote (`fig.write_html`, `mlflow.log_figure`): the JSON in calls of `Plotly.newPlot`, and
 * the frames that `Plotly.addFrames` gives it. plotly.js, with which a page may begin, is passed over as it comes. In memory are
 * the figures alone.
 *
 * @param chunks the file; see TrackingStore.openArtifact
 */
export async function htmlFigures(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limits: PageLimits,
): Promise<PageFigures> {
  const page = new PageReader(limits.figures);
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > limits.file) return undefined;
    page.read(chunk);
    if (page.isTooLarge) break;
  }
  return page.finish();
}

/** A page that holds these figures and nothing else, for {@link htmlFigures} to read them again. */
export function pageOfFigures(figures: readonly Uint8Array[]): Buffer {
  return Buffer.concat(figures.flatMap((figure) => [Buffer.from(`${CALLS.newPlot}"",`), figure, Buffer.from(');\n')]));
}

class PageReader {
  isTooLarge = false;
  private readonly figures: Uint8Array[] = [];
  private size = 0;
  private plot: Plot | undefined;
  private call: { readonly name: Call; readonly reader: CallReader } | undefined;
  /** The end of what was searched in vain, in which a call may have begun. */
  private rest: Buffer = Buffer.alloc(0);

  constructor(private readonly limit: number) {}

  read(bytes: Uint8Array): void {
    const chunk = Buffer.concat([this.rest, bytes]);
    this.rest = Buffer.alloc(0);
    for (let at = 0; at < chunk.length && !this.isTooLarge; ) {
      at = this.call === undefined ? this.findCall(chunk, at) : this.readCall(this.call, chunk, at);
    }
  }

  finish(): PageFigures {
    this.addPlot();
    return this.isTooLarge ? 'too-large' : this.figures;
  }

  /** Goes behind the parenthesis of the next call. */
  private findCall(chunk: Buffer, from: number): number {
    let found: { readonly name: Call; readonly at: number } | undefined;
    for (const name of ['newPlot', 'addFrames'] as const) {
      const at = chunk.indexOf(CALLS[name], from);
      if (at >= 0 && (found === undefined || at < found.at)) found = { name, at };
    }
    if (found === undefined) {
      this.rest = Buffer.from(chunk.subarray(Math.max(from, chunk.length - LONGEST_CALL + 1)));
      return chunk.length;
    }
    this.call = { name: found.name, reader: new CallReader(this.limit) };
    return found.at + CALLS[found.name].length;
  }

  private readCall(
    { name, reader }: { readonly name: Call; readonly reader: CallReader },
    chunk: Buffer,
    from: number,
  ) {
    const at = reader.read(chunk, from);
    if (reader.end === undefined) return at;
    this.call = undefined;
    if (reader.end === 'too-large') this.isTooLarge = true;
    if (reader.end === 'complete') this.take(name, reader.kept);
    return at;
  }

  private take(name: Call, kept: readonly Buffer[]): void {
    if (!kept.every((argument) => isUtf8(argument))) return;
    const [first, layout] = kept.map((argument) => argument.toString('utf8').trim());
    if (first === undefined) return;
    if (name === 'newPlot') {
      this.addPlot();
      // a whole figure in the place of its data
      if (first.startsWith('{')) this.addFigure(Buffer.from(first));
      else this.plot = { data: first, layout: layout ?? '{}' };
    } else if (this.plot !== undefined && first.startsWith('[')) this.plot.frames ??= first;
  }

  private addPlot(): void {
    if (this.plot === undefined) return;
    const { data, layout, frames } = this.plot;
    this.plot = undefined;
    this.addFigure(figureOfParts(data, layout, frames));
  }

  private addFigure(bytes: Buffer): void {
    const figure = figureText(bytes);
    if (figure === undefined) return;
    this.size += figure.length;
    if (this.size > this.limit) this.isTooLarge = true;
    else this.figures.push(figure);
  }
}
