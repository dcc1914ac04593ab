import type { Family, NestedRuns } from '../../family.js';

/** Parents further up than that are not looked for. */
const HIGHEST = 64;

/** What a run has to be among these (docs/mapping.md, "Nested runs"); undefined without parent and children. */
export function expectedFamily(
  nested: NestedRuns,
  childrenOf: ReadonlyMap<string, number>,
  id: string,
): Family | undefined {
  const children = childrenOf.get(id) ?? 0;
  const ancestors: string[] = [];
  let isEndless = false;
  for (let up = nested.get(id)?.parentId; up !== undefined; up = nested.get(up)?.parentId) {
    isEndless = up === id || ancestors.includes(up) || ancestors.length === HIGHEST;
    if (isEndless) break;
    ancestors.push(up);
  }
  const parentId = nested.get(id)?.parentId;
  if (parentId === undefined) return children > 0 ? { depth: 0, children } : undefined;
  const names = { parent: nested.get(parentId)?.name, root: nested.get(ancestors.at(-1) ?? '')?.name };
  return {
    parentId,
    children,
    ...(names.parent !== undefined && { parent: names.parent }),
    ...(!isEndless && { rootId: ancestors.at(-1)!, depth: ancestors.length }),
    ...(!isEndless && names.root !== undefined && { root: names.root }),
  };
}

/** How many children each run has that MLflow has not deleted. */
export function countChildren(nested: NestedRuns): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { parentId, isDeleted = false } of nested.values()) {
    if (parentId === undefined || isDeleted) continue;
    counts.set(parentId, 1 + (counts.get(parentId) ?? 0));
  }
  return counts;
}
