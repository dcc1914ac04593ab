import { posix } from 'node:path';
import type { ArtifactKind } from '../model.js';

const EXTENSIONS: Readonly<Record<ArtifactKind, readonly string[]>> = {
  image: ['jpg', 'bmp', 'jpeg', 'png', 'gif', 'svg', 'webp'],
  text: ['txt', 'log', 'py', 'js', 'yaml', 'yml', 'json', 'csv', 'tsv', 'md', 'rst', 'jsonnet'],
  audio: ['flac', 'mp3', 'wav'],
  figure: ['html', 'htm'],
};

const KINDS = new Map<string, ArtifactKind>(
  (Object.keys(EXTENSIONS) as ArtifactKind[]).flatMap((kind) =>
    EXTENSIONS[kind].map((extension): [string, ArtifactKind] => [extension, kind]),
  ),
);

/** The extension of a path in lower case and without its dot; empty for `name` and for `.name`. */
export function extensionOf(path: string): string {
  return posix.extname(path).slice(1).toLowerCase();
}

/**
 * What an artifact becomes, by its extension alone (docs/mapping.md, "Artifacts"); undefined for a file of no kind. A page is a figure
 * only if it holds one.
 */
export function artifactKind(path: string): ArtifactKind | undefined {
  return KINDS.get(extensionOf(path));
}

/** Whether a text may be something else or more: a figure that Plotly wrote as JSON, in the place of the text, or a table beside it. */
export function mayHold(path: string): { readonly figure: boolean; readonly table: boolean } {
  const extension = extensionOf(path);
  const figure = extension === 'json';
  return { figure, table: figure || extension === 'csv' || extension === 'tsv' };
}
