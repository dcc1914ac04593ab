import { isTooLarge } from '../artifacts/transfer.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { ArtifactKind, Notice, Run, RunRef, RunStatus } from '../model.js';
import type { ArtifactPolicy } from '../policies.js';
import type { RunNotices } from '../run/task/notice-list.js';
import { placeFiles } from '../stages/classify-artifacts.js';

/** Files and their bytes, as far as their sizes are known. */
export interface FileCount {
  files: number;
  bytes: number;
}

/** What a run holds, as far as that is known without reading its histories and files. A plain object: it may cross threads. */
export interface RunContent {
  readonly status: RunStatus;
  readonly params: number;
  readonly tags: number;
  readonly datasets: number;
  readonly models: number;
  readonly metrics: number;
  /** About how many. */
  readonly points: number;
  /** The number of points is exact. */
  readonly isExact: boolean;
  readonly artifacts: Readonly<Record<ArtifactKind, FileCount>>;
  /** Files that stay in MLflow, and are listed in Aim as links. */
  readonly links: FileCount;
  /** What is lost for certain. */
  readonly notices: readonly Notice[];
}

type Source = Pick<TrackingStore, 'extent' | 'metricKeys' | 'artifacts'>;

/** Looks at a run whose header has been read. */
export async function readContent(
  store: Source,
  { ref, run }: { readonly ref: RunRef; readonly run: Run },
  policy: ArtifactPolicy,
  { body }: Pick<RunNotices, 'body'>,
): Promise<RunContent> {
  const extent = (await store.extent?.(ref, body)) ?? (await extentByKeys(store, ref, body));
  const artifacts = { image: none(), text: none(), audio: none(), figure: none() };
  const links = none();
  const notices: Notice[] = [];
  const leave = (notice: Notice & { readonly kind: 'artifact-skipped' }): void => {
    notices.push(notice);
    add(links, notice.size);
  };
  if (policy.enabled) {
    const { places, unplaced } = await placeFiles(store, { ref, run }, policy, body);
    for (const file of unplaced) leave(skipped(file, 'no-kind'));
    for (const place of places) {
      if (place.role === 'log' || place.role === 'table' || place.tentative) continue;
      if (isTooLarge(place, policy)) leave(skipped(place.file, 'too-large'));
      else add(artifacts[place.role], place.file.size);
    }
  }
  const { status, params, tags, datasets, models } = run;
  const header = {
    status,
    params: params.size,
    tags: tags.size,
    datasets: datasets.length,
    models: models.length,
  };
  return { ...header, ...extent, artifacts, links, notices };
}

async function extentByKeys(store: Source, ref: RunRef, body: RunNotices['body']) {
  const { length } = await store.metricKeys(ref, body);
  return { metrics: length, points: length, isExact: false };
}

function none(): FileCount {
  return { files: 0, bytes: 0 };
}

function add(count: FileCount, size = 0): void {
  count.files += 1;
  count.bytes += size;
}

function skipped({ path, size }: { readonly path: string; readonly size?: number }, reason: 'no-kind' | 'too-large') {
  return { kind: 'artifact-skipped', path, reason, detail: '', ...(size !== undefined && { size }) } as const;
}
