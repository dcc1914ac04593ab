/**
 * The page of a run in MLflow's UI (`http://host:5000/#/experiments/2/runs/abc`); undefined where there is none that is known.
 *
 * @param trackingUri without credentials
 * @param mlflowUi the address of the UI, where it is not the tracking server's own
 */
export function runPage(
  trackingUri: string,
  mlflowUi: string | undefined,
  run: { readonly id: string; readonly experimentId: string },
): string | undefined {
  const address = mlflowUi ?? (/^https?:\/\//i.test(trackingUri) ? trackingUri : undefined);
  if (address === undefined) return undefined;
  const [server] = address.split(/[?#]/, 1);
  const [experiment, id] = [run.experimentId, run.id].map(encodeURIComponent);
  return `${server!.replace(/(?<!\/)\/+$/, '')}/#/experiments/${experiment}/runs/${id}`;
}
