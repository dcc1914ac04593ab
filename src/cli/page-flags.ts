import { displayedUri } from '../mlflow/locations/displayed-uri.js';
import { uiPage } from '../mlflow/locations/ui-page.js';
import { SettingsError } from './settings-error.js';

/** The flags that the address of a page can stand for. */
interface PageFlags {
  readonly trackingUri?: string;
  readonly experiment: readonly string[];
  /** Absent for a command that is about experiments only. */
  readonly runId?: readonly string[];
  readonly workspace?: string;
}

/**
 * The flags with what they mean in place of the address of a page of MLflow's UI (`http://host:5000/#/experiments/2/runs/abc`): its
 * server, its experiment and its run.
 * @throws SettingsError for a page that shows neither
 */
export function withoutPage<Flags extends PageFlags>(flags: Flags): Flags {
  const page = uiPage(flags.trackingUri ?? '');
  if (page === undefined) return flags;
  const { server, shows, experimentId, runId, workspace } = page;
  if (shows === 'other') {
    throw new SettingsError(
      `This is the address of a page of MLflow's UI that shows no experiment. Use --tracking_uri ${displayedUri(server)} for all.`,
    );
  }
  return {
    ...flags,
    trackingUri: server,
    ...(experimentId !== undefined && { experiment: [...flags.experiment, experimentId] }),
    ...(runId !== undefined && flags.runId !== undefined && { runId: [...flags.runId, runId] }),
    ...(workspace !== undefined && { workspace }),
  };
}
