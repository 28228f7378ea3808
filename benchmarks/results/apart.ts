/**
 * Labels beside each other on one line: moved apart where they would overlap, together as little as can be.
 */

export interface Placed {
  /** Where its middle would like to be. */
  readonly wanted: number;
  readonly size: number;
}

interface Cluster {
  readonly members: readonly Placed[];
  readonly size: number;
  middle: number;
}

/** The middles, in the order of `items`, none outside of `from` to `to` if there is room for all. */
export function pushedApart(items: readonly Placed[], from: number, to: number): number[] {
  const clusters: Cluster[] = [];
  for (const item of items.toSorted((a, b) => a.wanted - b.wanted)) {
    let cluster = clusterOf([item], from, to);
    // What overlaps becomes one, which may overlap the one before.
    for (
      let before = clusters.at(-1);
      before !== undefined && endOf(before) > beginOf(cluster) + 1e-6;
      before = clusters.at(-1)
    ) {
      clusters.pop();
      cluster = clusterOf([...before.members, ...cluster.members], from, to);
    }
    clusters.push(cluster);
  }
  const middles = new Map<Placed, number>();
  for (const cluster of clusters) {
    let place = beginOf(cluster);
    for (const member of cluster.members) {
      middles.set(member, place + member.size / 2);
      place += member.size;
    }
  }
  return items.map((item) => middles.get(item) as number);
}

function clusterOf(members: readonly Placed[], from: number, to: number): Cluster {
  const size = members.reduce((sum, member) => sum + member.size, 0);
  let before = 0;
  let sum = 0;
  for (const member of members) {
    sum += member.wanted - (before + member.size / 2 - size / 2);
    before += member.size;
  }
  const middle = Math.max(Math.min(sum / members.length, to - size / 2), from + size / 2);
  return { members, size, middle };
}

function beginOf({ middle, size }: Cluster): number {
  return middle - size / 2;
}

function endOf({ middle, size }: Cluster): number {
  return middle + size / 2;
}
