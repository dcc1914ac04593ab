import type { ArtifactRule } from '../../policies.js';
import { ListOption } from './list-option.js';
import { parseText } from './values.js';

/** Of a flag of artifact rules: they all add to one list, because a later rule wins whichever flag it comes from. */
export class RuleOption extends ListOption<ArtifactRule> {
  constructor(flags: string, description: string, include: boolean) {
    super(flags, description, (text) => ({ include, glob: parseText(text) }), include ? 'all' : 'none');
  }

  override attributeName(): string {
    return 'artifactRules';
  }
}
