import { describe, expect, test } from 'vitest';
import { leastChange } from '../../src/editor/least-change';
import { kindAt, type Lines, pathAt } from '../../src/editor/yaml-path';
import { withoutBookkeeping } from '../../src/share/import';

describe('the least change', () => {
  const cases: [string, string, string, [number, number, string] | null][] = [
    ['of equal texts is none', 'abc', 'abc', null],
    ['is what was put in', 'ac', 'abc', [1, 1, 'b']],
    ['is what was taken out', 'abc', 'ac', [1, 2, '']],
    ['does not count a letter twice', 'aa', 'aaa', [2, 2, 'a']],
    ['may be all', 'abc', 'xyz', [0, 3, 'xyz']],
    ['keeps both ends', 'key: old # why\n', 'key: new # why\n', [5, 8, 'new']],
  ];
  test.each(cases)('%s', (_, before, after, wanted) => {
    const change = leastChange(before, after);
    expect(change).toEqual(wanted && { from: wanted[0], to: wanted[1], insert: wanted[2] });
    if (change) expect(before.slice(0, change.from) + change.insert + before.slice(change.to)).toBe(after);
  });
});

function lines(text: string): Lines {
  const all = text.split('\n');
  return { lines: all.length, line: number => ({ number, text: all[number - 1] ?? '' }) };
}

describe('where a line stands', () => {
  const policy = lines(`kind: Namespace
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: db
spec:
  podSelector: {}
  ingress:
  - from:
    - podSelector:
        matchLabels:
          app: api
    ports:
    - port: 5432
      protocol: TCP
`);
  const cases: [string, number, number, string[]][] = [
    ['at the top', 5, 0, []],
    ['below a key', 6, 2, ['metadata']],
    ['in an item of a list as far left as its key', 10, 4, ['spec', 'ingress']],
    ['beside the first key of an item', 14, 4, ['spec', 'ingress']],
    ['in a list in a list', 11, 6, ['spec', 'ingress', 'from']],
    ['below a key of an item', 12, 8, ['spec', 'ingress', 'from', 'podSelector']],
    ['deeper', 13, 10, ['spec', 'ingress', 'from', 'podSelector', 'matchLabels']],
    ['in the second item of two lists', 16, 6, ['spec', 'ingress', 'ports']],
  ];
  test.each(cases)('%s', (_, line, column, path) => {
    expect(pathAt(policy, line, column)).toEqual(path);
  });

  test('the kind is that of the document around the line', () => {
    expect(kindAt(policy, 1)).toBe('Namespace');
    expect(kindAt(policy, 15)).toBe('NetworkPolicy');
  });
});

describe('what the API server writes for itself', () => {
  test('goes, and all else stays as it is', () => {
    const text = `apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    annotations:
      kubectl.kubernetes.io/last-applied-configuration: |
        {"apiVersion":"v1"}
      team: shop   # kept
    managedFields:
    - apiVersion: v1
      fieldsV1:
        f:metadata: {}
    - manager: kubelet
    name: web
- apiVersion: v1
  kind: Namespace
kind: List
`;
    expect(withoutBookkeeping(text)).toBe(`apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    annotations:
      team: shop   # kept
    name: web
- apiVersion: v1
  kind: Namespace
kind: List
`);
  });

  test.each(['kind: Pod\n', '{"metadata": {"managedFields": []}}', ''])('nothing is taken from %j', text => {
    expect(withoutBookkeeping(text)).toBe(text);
  });
});
