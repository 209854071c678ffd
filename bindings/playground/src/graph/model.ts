/** The graph that a matrix is: who is alike is one node, what can be reached is an edge. */
import type { CellPorts, Matrix, MatrixEnd } from 'portcullis-web';
import { endName } from '../matrix/model';
import { portsText } from '../views/Connections';

export interface Node {
  id: string;
  /** The namespace, or nothing for ranges outside. */
  namespace: string | null;
  /** Names of the members, without their namespace. */
  names: readonly string[];
  /** An end to ask about. */
  sample: MatrixEnd;
}

export interface Edge {
  id: string;
  from: string;
  to: string;
  ports: CellPorts;
  label: string;
}

export interface Graph {
  nodes: readonly Node[];
  edges: readonly Edge[];
}

/** More edges than anybody can tell apart: the matrix is for those. */
export const MOST_EDGES = 300;

export function graphOf(matrix: Matrix): Graph {
  const groups = new Map<string, number[]>();
  matrix.ends.forEach((end, at) => {
    const where = end.kind === 'workload' ? end.namespace : '';
    const key = `${where} ${matrix.rowOf[at]} ${matrix.columnOf[at]}`;
    const members = groups.get(key);
    if (members) members.push(at);
    else groups.set(key, [at]);
  });
  const members = [...groups.values()];
  const nodes = members.flatMap(group => node(matrix, group));
  const edges: Edge[] = [];
  members.forEach((from, source) => {
    members.forEach((to, target) => {
      const edge = edgeBetween(matrix, [source, from], [target, to]);
      if (edge) edges.push(edge);
    });
  });
  return { nodes, edges };
}

function node({ ends }: Matrix, members: readonly number[]): Node[] {
  const sample = ends[members[0] ?? -1];
  if (!sample) return [];
  const namespace = sample.kind === 'workload' ? sample.namespace : null;
  const names = members.map(at => {
    const name = endName(ends[at]);
    return namespace === null ? name : name.slice(namespace.length + 1);
  });
  return [{ id: `n${members[0]}`, namespace, names, sample }];
}

type Group = [number, readonly number[]];

function edgeBetween(matrix: Matrix, [source, from]: Group, [target, to]: Group): Edge | null {
  const [first, second] = [from[0] ?? 0, to[0] ?? 0];
  const areOutside = matrix.ends[first]?.kind === 'outside' && matrix.ends[second]?.kind === 'outside';
  // Alone, a node has nothing to say of itself.
  if (areOutside || (source === target && from.length < 2)) return null;
  const row = matrix.rowOf[first] ?? 0;
  const column = matrix.columnOf[second] ?? 0;
  const ports = matrix.ports[matrix.cells[row * matrix.columns + column] ?? 0];
  if (!ports || ports.extent === 'none') return null;
  const label = ports.extent === 'all' ? 'all' : portsText(ports.ports);
  return { id: `n${first}-n${second}`, from: `n${first}`, to: `n${second}`, ports, label };
}
