import { posix } from 'node:path';
import type { ArtifactKind } from '../model.js';

const EXTENSIONS: Readonly<Record<ArtifactKind, readonly string[]>> = {
  image: ['jpg', 'bmp', 'jpeg', 'png', 'gif', 'svg', 'webp'],
  text: ['txt', 'log', 'py', 'js', 'yaml', 'yml', 'json', 'csv', 'tsv', 'md', 'rst', 'jsonnet'],
  audio: ['flac', 'mp3', 'wav'],
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

/** What an artifact becomes, by its extension alone (docs/mapping.md, "Artifacts"); undefined for a file of no kind. */
export function artifactKind(path: string): ArtifactKind | undefined {
  return KINDS.get(extensionOf(path));
}
