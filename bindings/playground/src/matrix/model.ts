/** The matrix as it is shown: ends with equal rows are one row, ends with equal columns one column, under a filter. */
import type { CellPorts, Matrix, MatrixEnd, Ports } from 'portcullis-web';
import type { Draft } from '../app/state';

export interface Band {
  /** The row or column of the engine's matrix. */
  index: number;
  /** Its members that the filter keeps, by their places in `ends`. */
  members: readonly number[];
}

export interface Shown {
  matrix: Matrix;
  rows: readonly Band[];
  columns: readonly Band[];
}

export interface Filter {
  /** Part of a name or namespace; empty for all. */
  from: string;
  to: string;
  /** A port that has to be open; null for any. */
  port: number | null;
  /** Whether rows and columns that are equal are one. */
  isGrouped: boolean;
}

export function show(matrix: Matrix, filter: Filter): Shown {
  return {
    matrix,
    rows: bands(matrix, matrix.rowOf, filter.from, filter.isGrouped),
    columns: bands(matrix, matrix.columnOf, filter.to, filter.isGrouped),
  };
}

function bands(matrix: Matrix, of: Uint32Array, wanted: string, isGrouped: boolean): Band[] {
  const typed = wanted.trim().toLowerCase();
  const members = new Map<number, number[]>();
  const list: Band[] = [];
  matrix.ends.forEach((end, at) => {
    if (typed !== '' && !end.name.toLowerCase().includes(typed)) return;
    const index = of[at] ?? 0;
    const known = isGrouped ? members.get(index) : undefined;
    if (known) {
      known.push(at);
      return;
    }
    const band = { index, members: [at] };
    members.set(index, band.members);
    list.push(band);
  });
  return list;
}

/** What the row's members reach on the column's. */
export function cell({ matrix }: Shown, row: Band, column: Band): CellPorts | null {
  if (isMeaningless(matrix, row, column)) return null;
  return matrix.ports[matrix.cells[row.index * matrix.columns + column.index] ?? 0] ?? null;
}

/** A workload on itself, and addresses on addresses, say nothing. */
function isMeaningless({ ends }: Matrix, row: Band, column: Band): boolean {
  const areOutside = ({ members }: Band) => members.every(at => ends[at]?.kind === 'outside');
  if (areOutside(row) && areOutside(column)) return true;
  return row.members.length === 1 && column.members.length === 1 && row.members[0] === column.members[0];
}

export function hasPort(ports: CellPorts, port: number): boolean {
  if (ports.extent !== 'some') return ports.extent === 'all';
  return Object.values(ports.ports).some(ranges =>
    ranges.some(([first, last]) => first <= port && port <= last),
  );
}

/** Protocols with their ports, in the order in which people name them: that of the keys means nothing. */
export function byProtocol(ports: Ports) {
  return (['TCP', 'UDP', 'SCTP'] as const).flatMap(protocol => {
    const ranges = ports[protocol];
    return ranges ? [{ protocol, ranges }] : [];
  });
}

/** The first port that is open, as a question asks for it; nothing where all are, or none. */
export function firstPort({ extent, ports }: CellPorts): Partial<Draft> {
  const [first] = extent === 'some' ? byProtocol(ports) : [];
  const port = first?.ranges[0]?.[0];
  return first && port !== undefined ? { protocol: first.protocol, port: String(port) } : {};
}

/** The band's name: its only member, or the first and how many more; in short, as cells say it. */
export function bandName(
  { ends }: Matrix,
  { members }: Band,
): { first: string; more: number; all: string; short: string } {
  const names = members.map(at => endName(ends[at]));
  const [first = '', more] = [names[0], names.length - 1];
  return { first, more, all: names.join('\n'), short: more > 0 ? `${first} and ${more} more` : first };
}

export function endName(end: MatrixEnd | undefined): string {
  if (!end) return '';
  if (end.kind === 'outside') return end.name;
  const [namespace, , ...name] = end.name.split('/');
  return name.length === 0 ? end.name : `${namespace}/${name.join('/')}`;
}
