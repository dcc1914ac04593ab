import type { ArtifactFile } from '../model.js';
import { figureText } from './figure/figure-json.js';
import { mayHold } from './kind.js';
import { tableText } from './table/table-text.js';

/** What a text turned out to be (a figure) or to hold (a table), beside what its name says. */
type ViewRole = 'figure' | 'table';

interface View {
  readonly role: ViewRole;
  /** Absent where there was no room to keep them. */
  readonly bytes?: Uint8Array;
}

/** Larger texts are no tables that somebody would read. */
const MOST_OF_TABLE = 1_000_000;
/** Bytes of views that are kept until their place comes; those beyond are made again from the file. */
const MOST_KEPT = 4 * 1024 * 1024;

/**
 * Looks into the texts of a run for figures and tables. Their places come behind those of all texts, so what was found is kept, as far as
 * there is room.
 */
export class TextViews {
  private readonly views = new Map<string, View>();
  private kept = 0;

  /** What was found in the text of a file. */
  roleOf(path: string): ViewRole | undefined {
    return this.views.get(path)?.role;
  }

  /** Looks into a text, which is UTF-8. */
  async look(file: ArtifactFile, text: Uint8Array): Promise<void> {
    const found = await viewOf(file.path, text);
    if (found?.bytes === undefined) return;
    const fits = this.kept + found.bytes.length <= MOST_KEPT;
    if (fits) this.kept += found.bytes.length;
    this.views.set(file.path, fits ? found : { role: found.role });
  }

  /** What is kept of a view; it is given away. */
  take(path: string): Uint8Array | undefined {
    const bytes = this.views.get(path)?.bytes;
    if (bytes === undefined) return undefined;
    this.kept -= bytes.length;
    this.views.set(path, { role: this.views.get(path)!.role });
    return bytes;
  }

  /** Makes the view of a text again; undefined if the text is another now. */
  async make(path: string, text: Uint8Array): Promise<Uint8Array | undefined> {
    const view = await viewOf(path, text);
    return view?.role === this.roleOf(path) ? view?.bytes : undefined;
  }
}

async function viewOf(path: string, text: Uint8Array): Promise<View | undefined> {
  const { figure, table } = mayHold(path);
  const asFigure = figure ? figureText(text) : undefined;
  if (asFigure !== undefined) return { role: 'figure', bytes: asFigure };
  const asTable = table && text.length <= MOST_OF_TABLE ? await tableText(path, text) : undefined;
  return asTable && { role: 'table', bytes: asTable };
}
