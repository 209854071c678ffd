/** The picture: namespaces as frames, who is alike as one box, ports on the lines. All of it is a list, too. */
import {
  Background,
  BaseEdge,
  Controls,
  EdgeLabelRenderer,
  type EdgeProps,
  type Edge as FlowEdge,
  type Node as FlowNode,
  Handle,
  MarkerType,
  type NodeProps,
  Position,
  ReactFlow,
  ViewportPortal,
} from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { type KeyboardEvent, type MouseEvent, useMemo, useState } from 'react';
import { useFindings, usePage, useWork } from '../app/page';
import type { Draft, View } from '../app/state';
import { addressIn } from '../matrix/address';
import { endName, firstPort } from '../matrix/model';
import { portsOf } from '../question/ends';
import '../style/graph.css';
import { type Arc, arc, type Point } from './arc';
import { Change } from './Change';
import { placeWords } from './labels';
import { frameId, layout, SHOWN_NAMES, titles } from './layout';
import { type Edge, type Graph, graphOf, MOST_EDGES, type Node } from './model';

type BoxNode = FlowNode<{ names: readonly string[]; isOutside: boolean }, 'box'>;
type FrameNode = FlowNode<{ isOutside: boolean }, 'frame'>;

type ArcEdge = FlowEdge<Arc & { words: Point; isFaint: boolean }, 'arc'>;

const TYPES = { box: Box, frame: Frame };
const LINES = { arc: Line };
const WORDS = {
  'node.a11yDescription.default': 'A group of workloads. The list below the picture has its connections.',
  'edge.a11yDescription.default': 'A connection. Press Enter to ask about it.',
};

export default function GraphView() {
  const { dispatch, desk } = usePage();
  const matrix = useFindings(findings => findings.matrix);
  const inventory = useFindings(findings => findings.inventory);
  const trouble = useFindings(findings => findings.trouble);
  const question = useWork(work => work.question);
  const graph = useMemo(() => matrix && graphOf(matrix), [matrix]);
  const [chosen, setChosen] = useState<string | null>(null);
  const [isChanging, setChanging] = useState(false);
  if (!graph) return <p className="quiet">{trouble ?? 'Drawing …'}</p>;
  if (graph.nodes.every(({ namespace }) => namespace === null)) {
    return (
      <div className="empty">
        <h3>Nobody is there yet</h3>
        <p>The texts have no pods and no workloads to draw.</p>
      </div>
    );
  }
  const ask = (edge: Edge, view?: View) =>
    dispatch({ type: 'ask', question: questionOf(graph, edge), ...(view ? { view } : {}) });
  const draw = (from: Node, to: Node) => {
    const end = endOf(to);
    const [port] = portsOf(inventory, end);
    const over = port ? { port: port.value, ...(port.protocol ? { protocol: port.protocol } : {}) } : {};
    dispatch({ type: 'ask', question: { from: endOf(from), to: end, ...over } });
    setChanging(true);
  };
  const isTooMuch = graph.edges.length > MOST_EDGES;
  return (
    <div className="graph-view">
      {isTooMuch ? (
        <p>
          {graph.edges.length} connections are more than a picture can tell apart: the matrix has them all,
          and the list below.
        </p>
      ) : (
        <Picture
          graph={graph}
          chosen={chosen}
          onChoose={setChosen}
          onAsk={edge => ask(edge, 'answer')}
          onDraw={draw}
        />
      )}
      {desk.can('fix') && (
        <Change graph={graph} question={question} isOpen={isChanging} onToggle={setChanging} />
      )}
      <List graph={graph} onAsk={edge => ask(edge, 'answer')} />
    </div>
  );
}

interface PictureProperties {
  graph: Graph;
  chosen: string | null;
  onChoose: (id: string | null) => void;
  onAsk: (edge: Edge) => void;
  onDraw: (from: Node, to: Node) => void;
}

function Picture({ graph, chosen, onChoose, onAsk, onDraw }: PictureProperties) {
  const placed = useMemo(() => layout(graph), [graph]);
  const nodes = useMemo(() => [...frames(graph, placed), ...boxes(graph, placed)], [graph, placed]);
  const edges = useMemo(() => lines(graph, placed, chosen), [graph, placed, chosen]);
  const find = (id: string | null | undefined) => graph.edges.find(edge => edge.id === id);
  const onClick = (event: MouseEvent) => {
    const words = (event.target as Element).closest<HTMLElement>('.line-words');
    const edge = find(words?.dataset['edge']);
    if (edge) onAsk(edge);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    const id = (event.target as Element).closest?.('.react-flow__edge')?.getAttribute('data-id');
    const edge = find(id);
    if (!edge) return;
    event.preventDefault();
    onAsk(edge);
  };
  return (
    <div
      className="graph"
      role="group"
      aria-label={`Who reaches whom: ${graph.nodes.length} groups, ${graph.edges.length} connections`}
      onKeyDownCapture={onKeyDown}
      onClick={onClick}
    >
      <ReactFlow<BoxNode | FrameNode, ArcEdge>
        key={graph.nodes.map(({ id }) => id).join(' ')}
        nodes={nodes}
        edges={edges}
        nodeTypes={TYPES}
        edgeTypes={LINES}
        ariaLabelConfig={WORDS}
        fitView
        fitViewOptions={{ padding: 0.06, maxZoom: 1.1 }}
        minZoom={0.2}
        maxZoom={2}
        nodesDraggable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        proOptions={{ hideAttribution: false }}
        onEdgeClick={(_, { id }) => {
          const edge = find(id);
          if (edge) onAsk(edge);
        }}
        onNodeClick={(_, { id }) => onChoose(chosen === id ? null : id)}
        onPaneClick={() => onChoose(null)}
        onConnect={({ source, target }) => {
          const [from, to] = [source, target].map(id => graph.nodes.find(node => node.id === id));
          if (from && to) onDraw(from, to);
        }}
      >
        <Background gap={24} size={1} />
        <ViewportPortal>
          {titles(graph, placed).map(({ title, x, y, width }) => (
            <div
              key={title}
              className={title === 'outside' ? 'frame-title frame-title-outside' : 'frame-title'}
              style={{ transform: `translate(${x}px, ${y}px)`, maxWidth: width }}
            >
              {title}
            </div>
          ))}
        </ViewportPortal>
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}

type Places = ReturnType<typeof layout>;

function frames({ nodes }: Graph, placed: Places): FrameNode[] {
  return [...new Set(nodes.map(({ namespace }) => namespace))].flatMap(namespace => {
    const id = frameId(namespace);
    const at = placed.get(id);
    if (!at) return [];
    const { x, y, width, height } = at;
    return [
      {
        id,
        type: 'frame' as const,
        position: { x, y },
        // Lines lie below boxes, and have to be reached through frames.
        style: { width, height, pointerEvents: 'none' as const },
        data: { isOutside: namespace === null },
        draggable: false,
        selectable: false,
        focusable: false,
        connectable: false,
        zIndex: -1,
      },
    ];
  });
}

function boxes({ nodes }: Graph, placed: Places): BoxNode[] {
  return nodes.flatMap(({ id, names, namespace }) => {
    const at = placed.get(id);
    if (!at) return [];
    const { x, y, width, height } = at;
    return [
      {
        id,
        type: 'box' as const,
        position: { x, y },
        style: { width, height },
        data: { names, isOutside: namespace === null },
        ariaLabel: `${namespace ?? 'outside'}: ${names.join(', ')}`,
        ariaRole: 'group',
      },
    ];
  });
}

function lines(graph: Graph, placed: Places, chosen: string | null): ArcEdge[] {
  const { nodes, edges } = graph;
  const name = (id: string) => nodes.find(node => node.id === id)?.names[0] ?? '';
  const boxed = nodes.flatMap(({ id }) => placed.get(id) ?? []);
  const titled = titles(graph, placed);
  const drawn = edges.flatMap(edge => {
    const [source, target] = [placed.get(edge.from), placed.get(edge.to)];
    if (!source || !target) return [];
    const others = boxed.filter(box => box !== source && box !== target);
    return [{ ...edge, arc: arc(source, target, others, titled) }];
  });
  const words = placeWords(
    drawn.map(({ label, arc }) => ({ text: label, places: arc.places })),
    [...boxed, ...titled],
  );
  return drawn.flatMap(({ id, from, to, label, ports, arc }, at) => {
    const place = words[at];
    if (!place) return [];
    const isFaint = chosen !== null && chosen !== from && chosen !== to;
    return [
      {
        id,
        type: 'arc' as const,
        data: { ...arc, words: place, isFaint },
        source: from,
        target: to,
        label,
        className: `line line-${ports.extent}${isFaint ? ' line-faint' : ''}`,
        ariaLabel: `${name(from)} reaches ${name(to)}: ${label === 'all' ? 'all ports' : label}`,
        ariaRole: 'button',
        markerEnd: {
          type: MarkerType.ArrowClosed,
          width: 13,
          height: 13,
          color: 'currentColor',
          markerUnits: 'userSpaceOnUse',
        },
        interactionWidth: 16,
      },
    ];
  });
}

function Line({ id, data, label, markerEnd, interactionWidth }: EdgeProps<ArcEdge>) {
  if (!data) return null;
  return (
    <>
      <BaseEdge
        id={id}
        path={data.path}
        {...(markerEnd === undefined ? {} : { markerEnd })}
        {...(interactionWidth === undefined ? {} : { interactionWidth })}
      />
      {/* On top of all lines, or others would cross them. */}
      <EdgeLabelRenderer>
        <div
          className={data.isFaint ? 'line-words line-faint' : 'line-words'}
          data-edge={id}
          style={{ transform: `translate(-50%, -50%) translate(${data.words.x}px, ${data.words.y}px)` }}
        >
          {label}
        </div>
      </EdgeLabelRenderer>
    </>
  );
}

function Box({ data: { names, isOutside } }: NodeProps<BoxNode>) {
  const more = names.length - SHOWN_NAMES;
  return (
    <div className={isOutside ? 'box box-outside' : 'box'} title={names.join('\n')}>
      <Handle type="target" position={Position.Left} aria-hidden="true" />
      {names.slice(0, SHOWN_NAMES).map(name => (
        <span key={name}>{name}</span>
      ))}
      {more > 0 && <span className="quiet">and {more} more</span>}
      <Handle type="source" position={Position.Right} aria-hidden="true" />
    </div>
  );
}

function Frame({ data: { isOutside } }: NodeProps<FrameNode>) {
  return <div className={isOutside ? 'frame frame-outside' : 'frame'} />;
}

/** An end of the node, as a question takes it. */
export function endOf({ sample }: Node): string {
  return sample.kind === 'workload'
    ? sample.name.replace(/#\d+$/, '')
    : addressIn(sample.cidrs[0] ?? sample.name);
}

function questionOf({ nodes }: Graph, { from, to, ports }: Edge): Partial<Draft> {
  const [source, target] = [from, to].map(id => nodes.find(node => node.id === id));
  return {
    from: source ? endOf(source) : '',
    to: target ? endOf(target) : '',
    ...firstPort(ports),
  };
}

/** The same graph in words, for who cannot see the picture or does not want to. */
function List({ graph, onAsk }: { graph: Graph; onAsk: (edge: Edge) => void }) {
  const namespaces = [...new Set(graph.nodes.map(({ namespace }) => namespace))];
  const name = (id: string) => {
    const node = graph.nodes.find(one => one.id === id);
    if (!node) return '';
    const more = node.names.length > 1 ? ` and ${node.names.length - 1} more` : '';
    return `${endName(node.sample)}${more}`;
  };
  return (
    <details className="graph-list">
      <summary>The picture as a list</summary>
      <ul>
        {namespaces.map(namespace => (
          <li key={namespace ?? ''}>
            <strong>{namespace ?? 'outside'}</strong>
            <ul>
              {graph.nodes
                .filter(node => node.namespace === namespace)
                .map(node => (
                  <li key={node.id}>
                    <span className="mono">{node.names.slice(0, 6).join(', ')}</span>
                    <ul>
                      {graph.edges
                        .filter(({ from }) => from === node.id)
                        .map(edge => (
                          <li key={edge.id}>
                            <button type="button" className="link" onClick={() => onAsk(edge)}>
                              reaches {name(edge.to)}: {edge.label === 'all' ? 'every port' : edge.label}
                            </button>
                          </li>
                        ))}
                    </ul>
                  </li>
                ))}
            </ul>
          </li>
        ))}
      </ul>
    </details>
  );
}
