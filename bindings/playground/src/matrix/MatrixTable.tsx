/** The table itself: a grid for keyboards and screen readers, of which only what can be seen is made. */
import {
  type CSSProperties,
  type KeyboardEvent,
  memo,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { usePage } from '../app/page';
import { portsText } from '../views/Connections';
import { addressIn } from './address';
import { type Band, bandName, cell, endName, firstPort, hasPort, type Shown } from './model';

const ROW = 30;
const COLUMN = 70;
/** Names of columns: of one line where all fit into their columns, else standing, as high as the longest needs. */
const HEAD_ROW = { lying: 34, most: 150, room: 14, more: 18 };
const LETTER = 7.3;
/** So many letters fit into a column. */
const FITS = 9;
/** The names of rows, where there is room and where there is little. */
const HEAD_COLUMN = { wide: 216, narrow: 124 };
const NARROW = 480;
/** So many are made beyond the edge. */
const BEYOND = 3;

interface Window {
  rows: [number, number];
  columns: [number, number];
  /** The width of the names of rows. */
  head: number;
}

export function MatrixTable({ shown, port }: { shown: Shown; port: number | null }) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<Window>({ rows: [0, 40], columns: [0, 16], head: HEAD_COLUMN.wide });
  const [at, setAt] = useState<[row: number, column: number]>([0, 0]);
  const wantsFocus = useRef(false);
  const ask = useAsk(shown);
  const { rows, columns } = shown;
  const top = useMemo(() => headOf(shown), [shown]);

  const measure = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = element;
    const first = (offset: number, size: number) => Math.max(0, Math.floor(offset / size) - BEYOND);
    const last = (offset: number, room: number, size: number) => Math.ceil((offset + room) / size) + BEYOND;
    const next: Window = {
      rows: [first(scrollTop, ROW), last(scrollTop, clientHeight, ROW)],
      columns: [first(scrollLeft, COLUMN), last(scrollLeft, clientWidth, COLUMN)],
      head: clientWidth < NARROW ? HEAD_COLUMN.narrow : HEAD_COLUMN.wide,
    };
    setView(old => (JSON.stringify(old) === JSON.stringify(next) ? old : next));
  }, []);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [measure]);

  const row = Math.min(at[0], Math.max(0, rows.length - 1));
  const column = Math.min(at[1], Math.max(0, columns.length - 1));

  useEffect(() => {
    if (!wantsFocus.current) return;
    const target = box.current?.querySelector<HTMLElement>(`[data-at="${row} ${column}"]`);
    if (!target) return;
    wantsFocus.current = false;
    target.focus({ preventScroll: true });
  });

  const go = (toRow: number, toColumn: number) => {
    const next: [number, number] = [clamp(toRow, rows.length), clamp(toColumn, columns.length)];
    setAt(next);
    wantsFocus.current = true;
    bringIntoView(box.current, view.head, top.height, next);
    measure();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW) - 2);
    const last = columns.length - 1;
    const whole = event.ctrlKey || event.metaKey;
    const moves: Record<string, [number, number]> = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      PageUp: [row - page, column],
      PageDown: [row + page, column],
      Home: whole ? [0, 0] : [row, 0],
      End: whole ? [rows.length - 1, last] : [row, last],
    };
    const move = moves[event.key];
    if (move) {
      event.preventDefault();
      go(...move);
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      ask(rows[row], columns[column]);
    }
  };

  const open = useRef<(row: number, column: number) => void>(() => {});
  open.current = (toRow, toColumn) => {
    setAt([toRow, toColumn]);
    ask(rows[toRow], columns[toColumn]);
  };
  const onOpen = useCallback((row: number, column: number) => open.current(row, column), []);
  const shownRows = range(view.rows, rows.length);
  const shownColumns = range(view.columns, columns.length);
  const rowNames = useNames(shown.matrix, rows, view.rows);
  const columnNames = useNames(shown.matrix, columns, view.columns);
  const before = shownColumns[0] ?? 0;
  const after = columns.length - 1 - (shownColumns.at(-1) ?? -1);
  const above = shownRows[0] ?? 0;
  const below = rows.length - 1 - (shownRows.at(-1) ?? -1);

  return (
    <div className="matrix-box" ref={box} onScroll={measure}>
      <table
        role="grid"
        className={top.isLying ? 'matrix matrix-lying' : 'matrix'}
        aria-label="Who reaches whom"
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length + 1}
        style={{ width: view.head + COLUMN * columns.length, '--head': `${top.height}px` } as CSSProperties}
        onKeyDown={onKeyDown}
      >
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" aria-colindex={1} className="matrix-corner" style={{ width: view.head }}>
              from ↓ to →
            </th>
            {before > 0 && <td className="matrix-gap" colSpan={1} style={{ width: before * COLUMN }} />}
            {shownColumns.map(index => (
              <Head key={index} scope="col" name={columnNames.get(index)} index={index + 2} />
            ))}
            {after > 0 && <td className="matrix-gap" style={{ width: after * COLUMN }} />}
          </tr>
        </thead>
        <tbody>
          {above > 0 && <Gap height={above * ROW} />}
          {shownRows.map(index => (
            <tr key={index} aria-rowindex={index + 2}>
              <Head scope="row" name={rowNames.get(index)} index={1} />
              {before > 0 && <td className="matrix-gap" />}
              {shownColumns.map(place => (
                <Cell
                  key={place}
                  {...look(ports(shown, rows[index], columns[place]), port)}
                  from={rowNames.get(index)?.short ?? ''}
                  to={columnNames.get(place)?.short ?? ''}
                  row={index}
                  column={place}
                  isCurrent={index === row && place === column}
                  onOpen={onOpen}
                />
              ))}
              {after > 0 && <td className="matrix-gap" />}
            </tr>
          ))}
          {below > 0 && <Gap height={below * ROW} />}
        </tbody>
      </table>
    </div>
  );
}

/** The names of those that are made, by their places. */
function useNames(matrix: Shown['matrix'], bands: readonly Band[], [first, last]: [number, number]) {
  return useMemo(() => {
    const made = range([first, last], bands.length);
    const name = (at: number) => bandName(matrix, bands[at] ?? { index: 0, members: [] });
    return new Map(made.map(at => [at, name(at)]));
  }, [matrix, bands, first, last]);
}

function Gap({ height }: { height: number }) {
  return (
    <tr>
      <td className="matrix-gap" style={{ height }} />
    </tr>
  );
}

interface HeadProperties {
  scope: 'row' | 'col';
  name: ReturnType<typeof bandName> | undefined;
  index: number;
}

function Head({ scope, name, index }: HeadProperties) {
  if (!name) return null;
  return (
    <th scope={scope} aria-colindex={index} title={name.all}>
      <span className="matrix-name">{name.first}</span>
      {name.more > 0 && <span className="matrix-more">+{name.more}</span>}
    </th>
  );
}

interface CellProperties extends Look {
  from: string;
  to: string;
  row: number;
  column: number;
  isCurrent: boolean;
  onOpen: (row: number, column: number) => void;
}

/** Drawn anew only where what it says is something else. */
const Cell = memo(({ kind, text, words, from, to, row, column, isCurrent, onOpen }: CellProperties) => (
  <td
    role="gridcell"
    className={`cell cell-${kind}`}
    data-at={`${row} ${column}`}
    tabIndex={isCurrent ? 0 : -1}
    aria-colindex={column + 2}
    aria-label={`${from} to ${to}: ${words}`}
    title={kind === 'void' ? undefined : words}
    onClick={() => onOpen(row, column)}
  >
    {text}
  </td>
));

function ports(shown: Shown, row: Band | undefined, column: Band | undefined) {
  return row && column ? cell(shown, row, column) : null;
}

type Look = { kind: 'all' | 'some' | 'none' | 'void'; text: string; words: string };

function look(ports: ReturnType<typeof cell>, port: number | null): Look {
  if (!ports) return { kind: 'void', text: '·', words: 'says nothing' };
  if (port !== null) {
    return hasPort(ports, port)
      ? { kind: 'all', text: '✓', words: `reaches port ${port}` }
      : { kind: 'none', text: '✕', words: `does not reach port ${port}` };
  }
  if (ports.extent === 'all') return { kind: 'all', text: '✓', words: 'every port' };
  if (ports.extent === 'none') return { kind: 'none', text: '✕', words: 'nothing' };
  const text = portsText(ports.ports);
  return { kind: 'some', text, words: text };
}

/** Opens the question that a cell stands for. */
function useAsk({ matrix, ...rest }: Shown) {
  const { dispatch } = usePage();
  return (row: Band | undefined, column: Band | undefined) => {
    const [from, to] = [row, column].map((band, side) => {
      // The two ends of a cell on the diagonal of a group are two of its members.
      const members = band?.members ?? [];
      const member = side === 1 && members[0] === row?.members[0] ? (members[1] ?? members[0]) : members[0];
      const end = member === undefined ? undefined : matrix.ends[member];
      if (!end) return '';
      return end.kind === 'workload' ? end.name.replace(/#\d+$/, '') : addressIn(end.cidrs[0] ?? end.name);
    });
    if (!row || !column || !from || !to) return;
    const ports = cell({ matrix, ...rest }, row, column);
    dispatch({ type: 'ask', view: 'answer', question: { from, to, ...(ports ? firstPort(ports) : {}) } });
  };
}

function clamp(value: number, length: number): number {
  return Math.max(0, Math.min(value, length - 1));
}

function range([first, last]: [number, number], length: number): number[] {
  const from = Math.min(first, Math.max(0, length - 1));
  const to = Math.min(last, length);
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
}

/** How high the names of columns are, and whether they lie. */
function headOf({ matrix, columns }: Shown): { height: number; isLying: boolean } {
  const hasMore = columns.some(({ members }) => members.length > 1);
  const longest = columns.reduce(
    (most, { members: [first = -1] }) => Math.max(most, endName(matrix.ends[first]).length),
    0,
  );
  const more = hasMore ? HEAD_ROW.more : 0;
  if (longest <= FITS) return { height: HEAD_ROW.lying + more, isLying: true };
  return { height: Math.min(HEAD_ROW.most, HEAD_ROW.room + LETTER * longest + more), isLying: false };
}

function bringIntoView(
  element: HTMLElement | null,
  head: number,
  headRow: number,
  [row, column]: [number, number],
): void {
  if (!element) return;
  const top = row * ROW;
  const left = column * COLUMN;
  const bottom = element.scrollTop + element.clientHeight - headRow - ROW;
  const right = element.scrollLeft + element.clientWidth - head - COLUMN;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (top > bottom) element.scrollTop += top - bottom;
  if (left < element.scrollLeft) element.scrollLeft = left;
  else if (left > right) element.scrollLeft += left - right;
}
