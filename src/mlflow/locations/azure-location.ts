import { decodeOrLeave } from './percent-decode.js';

/** A place in Azure's blob storage. */
export interface AzureLocation {
  /** `wasbs` for the blob endpoint, `abfss` for Data Lake Gen2; both are read as blobs. */
  readonly kind: 'wasbs' | 'abfss';
  /** Also called file system. */
  readonly container: string;
  readonly account: string;
  /** `https://account.blob.core.windows.net` */
  readonly url: string;
  readonly path: string;
  /** The URI up to the blob's name. */
  readonly base: string;
}

/** Azure's public, Chinese, US and German clouds, and their private links. No other host is sent a token. */
const HOST =
  /^([a-z0-9-]+)((?:\.[a-z0-9-]+)*)\.(?:core\.windows\.net|core\.chinacloudapi\.cn|core\.usgovcloudapi\.net|core\.cloudapi\.de|storage\.azure\.net)$/i;

/**
 * Where `wasbs://container@account.blob.core.windows.net/path` or `abfss://filesystem@account.dfs.core.windows.net/path`
 * points, as MLflow reads them (azure_blob_artifact_repo.py, azure_data_lake_artifact_repo.py: the path of an abfss URI is
 * percent-decoded, that of a wasbs URI is not). Undefined for anything else.
 */
export function azureLocation(uri: string): AzureLocation | undefined {
  const [, scheme, container, host, path = ''] =
    /^(wasbs?|abfss?):\/\/([^/?#@:]+)@([^/?#@]+)(?:\/([^?#]*))?/is.exec(uri) ?? [];
  if (scheme === undefined || container === undefined || host === undefined) return undefined;
  const [, account, middle = ''] = HOST.exec(host) ?? [];
  if (account === undefined || !/^(\.[a-z0-9-]+)*\.(blob|dfs)$/i.test(middle)) return undefined;
  const kind = scheme.toLowerCase().startsWith('wasb') ? 'wasbs' : 'abfss';
  return {
    kind,
    container,
    account,
    url: `https://${host.replace(/\.dfs\./i, '.blob.')}`,
    path: kind === 'abfss' ? decodeOrLeave(path).replace(/^\/+/, '') : path,
    base: `${scheme.toLowerCase()}://${container}@${host}/`,
  };
}
