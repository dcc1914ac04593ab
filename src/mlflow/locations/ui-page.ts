/** A page of MLflow's UI, as its address names it. */
export interface UiPage {
  /** The tracking URI of the server that shows the page, with its credentials if it has any. */
  readonly server: string;
  /** What the page shows. `all` is the list of experiments; `other` is anything that is neither a run nor an experiment. */
  readonly shows: 'all' | 'experiment' | 'run' | 'other';
  readonly experimentId?: string;
  readonly runId?: string;
  readonly workspace?: string;
}

/**
 * What the address of a page of MLflow's UI shows (`http://host:5000/#/experiments/2/runs/abc`, as it is copied from a browser);
 * undefined for any other URI. The UI has its pages behind a `#/`, which no tracking URI has.
 */
export function uiPage(uri: string): UiPage | undefined {
  const [, server, address = ''] = /^(https?:\/\/[^#?]*)(?:\?[^#]*)?#\/(.*)$/i.exec(uri) ?? [];
  if (server === undefined) return undefined;
  const [path = '', query = ''] = address.split('?', 2);
  const workspace = new URLSearchParams(query).get('workspace') || undefined;
  const [, experimentId, runId] = /^experiments\/(\d+)(?:\/(?:evaluation-)?runs\/(\w+))?/.exec(path) ?? [];
  const isList = /^(experiments)?\/*$/.test(path);
  return {
    server: server.replace(/\/+$/, ''),
    shows: isList ? 'all' : runId !== undefined ? 'run' : experimentId !== undefined ? 'experiment' : 'other',
    ...(experimentId !== undefined && { experimentId }),
    ...(runId !== undefined && { runId }),
    ...(workspace !== undefined && { workspace }),
  };
}
