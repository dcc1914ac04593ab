import type { ArtifactPlace } from '../../model.js';
import type { KnownFile } from './append-state.js';

/** What the contents of files turned out to be: figures, texts that hold tables. */
export class Contents {
  private readonly figures = new Map<string, number>();
  private readonly tables = new Set<string>();

  /** Takes the place of an artifact that was read. */
  add({ role, file: { path } }: ArtifactPlace): void {
    if (role === 'figure') this.figures.set(path, (this.figures.get(path) ?? 0) + 1);
    if (role === 'table') this.tables.add(path);
  }

  /** Files as they were listed, with their contents. */
  of(files: readonly KnownFile[]): KnownFile[] {
    return files.map(({ path, size, version }) => {
      const figures = this.figures.get(path);
      return {
        path,
        ...(size !== undefined && { size }),
        ...(version !== undefined && { version }),
        ...(figures !== undefined && { figures }),
        ...(this.tables.has(path) && { table: true }),
      };
    });
  }
}

/** The places that a file has by its content; those of a figure at its steps. */
export function placesOf(place: ArtifactPlace, { figures = 0, table }: KnownFile): readonly ArtifactPlace[] {
  const { tentative, ...taken } = place;
  switch (place.role) {
    case 'figure':
      return Array.from({ length: figures }, (_, step) => ({ ...taken, step: BigInt(step) }));
    case 'table':
      return table ? [taken] : [];
    case 'text':
      return figures > 0 ? [] : [taken];
    default:
      return [taken];
  }
}
