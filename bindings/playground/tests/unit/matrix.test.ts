import type { Matrix } from 'portcullis-web';
import { describe, expect, test } from 'vitest';
import { graphOf } from '../../src/graph/model';
import { addressIn } from '../../src/matrix/address';
import { bandName, cell, firstPort, hasPort, show } from '../../src/matrix/model';
import { portsText } from '../../src/views/Connections';

const workload = (name: string) => ({ kind: 'workload' as const, name, namespace: name.split('/')[0] ?? '' });

/** Two web pods that are alike reach db on 5432 and nothing else; everything reaches them on 80. */
const matrix: Matrix = {
  generation: 1,
  ends: [
    workload('shop/deployment/web'),
    workload('shop/deployment/web-2'),
    workload('data/pod/db'),
    { kind: 'outside', name: '0.0.0.0/0', cidrs: ['0.0.0.0/0'] },
  ],
  rowOf: new Uint32Array([0, 0, 1, 1]),
  columnOf: new Uint32Array([0, 0, 1, 2]),
  rows: 2,
  columns: 3,
  cells: new Uint32Array([1, 2, 0, 1, 0, 0]),
  ports: [
    { extent: 'none', ports: {} },
    { extent: 'some', ports: { TCP: [[80, 80]] } },
    { extent: 'some', ports: { TCP: [[5432, 5433]] } },
  ],
};

describe('the matrix', () => {
  test('has who is alike as one', () => {
    const shown = show(matrix, { from: '', to: '', port: null, isGrouped: true });
    expect(shown.rows.map(band => bandName(matrix, band))).toEqual([
      { first: 'shop/web', more: 1, all: 'shop/web\nshop/web-2', short: 'shop/web and 1 more' },
      { first: 'data/db', more: 1, all: 'data/db\n0.0.0.0/0', short: 'data/db and 1 more' },
    ]);
    expect(shown.columns.map(band => bandName(matrix, band).first)).toEqual([
      'shop/web',
      'data/db',
      '0.0.0.0/0',
    ]);
  });

  test('has everybody where that is wanted, and what a name finds', () => {
    const shown = show(matrix, { from: 'WEB-2', to: '', port: null, isGrouped: false });
    expect(shown.rows.map(band => bandName(matrix, band).first)).toEqual(['shop/web-2']);
    expect(shown.columns).toHaveLength(4);
  });

  test('has no cell for a workload and itself, nor outside to outside', () => {
    const shown = show(matrix, { from: '', to: '', port: null, isGrouped: false });
    const at = (row: number, column: number) => {
      const [from, to] = [shown.rows[row], shown.columns[column]];
      if (!from || !to) throw new Error('no such band');
      return cell(shown, from, to);
    };
    expect(at(0, 0)).toBeNull();
    expect(at(3, 3)).toBeNull();
    expect(at(0, 1)?.ports).toEqual({ TCP: [[80, 80]] });
    expect(at(0, 2)?.ports).toEqual({ TCP: [[5432, 5433]] });
    expect(at(2, 2)).toBeNull();
  });

  test('knows in which ports a port is', () => {
    const [, web, db] = matrix.ports;
    expect(web && hasPort(web, 80)).toBe(true);
    expect(db && hasPort(db, 5433)).toBe(true);
    expect(db && hasPort(db, 80)).toBe(false);
  });
});

test('the graph has a node for who is alike, and an edge for what can be reached', () => {
  const { nodes, edges } = graphOf(matrix);
  expect(nodes.map(({ namespace, names }) => [namespace, names])).toEqual([
    ['shop', ['web', 'web-2']],
    ['data', ['db']],
    [null, ['0.0.0.0/0']],
  ]);
  expect(edges.map(({ from, to, label }) => [from, to, label])).toEqual([
    ['n0', 'n0', '80'],
    ['n0', 'n2', '5432–5433'],
    ['n2', 'n0', '80'],
    ['n3', 'n0', '80'],
  ]);
});

describe('an address of a block', () => {
  const cases: [string, string][] = [
    ['0.0.0.0/0', '203.0.113.7'],
    ['203.0.113.0/24', '203.0.113.7'],
    ['10.0.0.0/8', '10.0.0.1'],
    ['192.168.7.9/32', '192.168.7.9'],
    ['::/0', '2001:db8::7'],
    ['fd00:1::/32', 'fd00:1::1'],
    ['2001:db8:5::9/128', '2001:db8:5::9'],
  ];
  test.each(cases)('%s: %s', (cidr, address) => expect(addressIn(cidr)).toBe(address));
});

describe('ports in words', () => {
  const whole: [number, number][] = [[1, 65535]];
  const cases: [string, Parameters<typeof portsText>[0]][] = [
    ['all', { TCP: whole, UDP: whole, SCTP: whole }],
    ['all TCP', { TCP: whole }],
    [
      '80, 443; UDP 53',
      {
        TCP: [
          [80, 80],
          [443, 443],
        ],
        UDP: [[53, 53]],
      },
    ],
    ['80; UDP 53; SCTP 9', { SCTP: [[9, 9]], UDP: [[53, 53]], TCP: [[80, 80]] }],
    ['8000–8080', { TCP: [[8000, 8080]] }],
    ['', {}],
  ];
  test.each(cases)('%s', (text, ports) => expect(portsText(ports)).toBe(text));
});

describe('the port that a click asks for', () => {
  test('is the first of TCP, whatever the order of the keys', () => {
    const ports = { SCTP: [[9, 9]], TCP: [[80, 81]] } satisfies Parameters<typeof portsText>[0];
    expect(firstPort({ extent: 'some', ports })).toEqual({ protocol: 'TCP', port: '80' });
  });

  test('is that of another protocol where TCP has none', () => {
    expect(firstPort({ extent: 'some', ports: { UDP: [[53, 53]] } })).toEqual({
      protocol: 'UDP',
      port: '53',
    });
  });

  test('is left open where all are, or none', () => {
    expect(firstPort({ extent: 'all', ports: { TCP: [[1, 65535]] } })).toEqual({});
    expect(firstPort({ extent: 'none', ports: {} })).toEqual({});
  });
});
