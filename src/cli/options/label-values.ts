import { InvalidArgumentError } from 'commander';
import { displayedUri } from '../../mlflow/locations/displayed-uri.js';
import type { LabelRule } from '../../policies.js';
import { parseText } from './values.js';

/** The key of a tag, or a glob for keys, and perhaps a colour: `stage`, `team=#18AB6D`, `team_*`. */
export function parseLabelRule(text: string): LabelRule {
  const [, glob = text, color] = /^(.*)=([^=]*)$/s.exec(parseText(text)) ?? [];
  if (color === undefined) return { glob };
  if (glob.trim() !== '' && /^#[0-9a-f]{6}$/i.test(color)) return { glob, color: color.toUpperCase() };
  throw new InvalidArgumentError('Expected the key of a tag, or a key and a colour, such as stage=#18AB6D.');
}

/** The address of a UI, without credentials and what comes behind a `#` or `?`. */
export function parseUiAddress(text: string): string {
  const address = text.trim().replace(/[?#].*$/s, '');
  if (/^https?:\/\//i.test(address) && URL.canParse(address)) return displayedUri(address).replace(/\/+$/, '');
  throw new InvalidArgumentError("Expected the URL of MLflow's UI, such as https://mlflow.example.org.");
}
