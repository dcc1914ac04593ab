import { displayedUri } from '../mlflow/locations/displayed-uri.js';
import { type UiPage, uiPage } from '../mlflow/locations/ui-page.js';
import { SettingsError } from './settings-error.js';

/** The flags that the address of a page can stand for. */
interface PageFlags {
  readonly trackingUri?: string;
  readonly experiment: readonly string[];
  readonly workspace?: string;
}

/**
 * The flags with what they mean in place of the address of a page of MLflow's UI (`http://host:5000/#/experiments/2`): its server and
 * its experiment.
 * @throws SettingsError for a page that stands for no experiment
 */
export function withoutPage<Flags extends PageFlags>(flags: Flags): Flags {
  const page = uiPage(flags.trackingUri ?? '');
  if (page === undefined) return flags;
  checkPage(page);
  const { server, experimentId, workspace } = page;
  return {
    ...flags,
    trackingUri: server,
    ...(experimentId !== undefined && { experiment: [...flags.experiment, experimentId] }),
    ...(workspace !== undefined && { workspace }),
  };
}

function checkPage({ server, shows, experimentId }: UiPage): void {
  const whole = `--tracking_uri ${displayedUri(server)}`;
  if (shows === 'run') {
    throw new SettingsError(
      `This is the address of a single run. Use ${whole} --experiment ${experimentId} for its experiment.`,
    );
  }
  if (shows === 'other') {
    throw new SettingsError(
      `This is the address of a page of MLflow's UI that shows no experiment. Use ${whole} for all.`,
    );
  }
}
