import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { EMPTY, type Work } from '../../src/app/state';
import { fromFragment, isLink, LinkError, toFragment } from '../../src/share/link';

const work: Work = {
  documents: [
    { name: 'policies.yaml', text: 'kind: NetworkPolicy # ünïcödé 🚪\n'.repeat(40) },
    { name: 'cluster.yaml', text: 'kind: Pod\n' },
  ],
  active: 'cluster.yaml',
  question: { from: 'shop/web', to: 'svc/shop/db', protocol: 'UDP', port: 'dns' },
  profile: 'cilium@1.18',
  view: 'matrix',
  pinned: [{ name: 'old.yaml', text: '---\n' }],
  lesson: null,
};

const packed = (content: unknown) => `#v1.${deflateRawSync(JSON.stringify(content)).toString('base64url')}`;

test('a link gives back the work that it was made of', async () => {
  const fragment = await toFragment(work);
  expect(isLink(fragment)).toBe(true);
  expect(fragment).toMatch(/^#v1\.[A-Za-z0-9_-]+$/);
  expect(await fromFragment(fragment)).toEqual(work);
});

test('a link leaves out which lesson it was', async () => {
  const fragment = await toFragment({ ...work, lesson: { id: 'stray-dash', step: 0 } });
  expect((await fromFragment(fragment)).lesson).toBeNull();
});

describe('a link that cannot be read is refused in words', () => {
  const cases: [string, string, RegExp][] = [
    ['of a version that is not known', '#v2.abc', /newer playground/],
    ['that is no base64', '#v1.%%%', /damaged/],
    ['that does not inflate', '#v1.AAAA', /damaged/],
    ['that was cut off', '#v1.'.concat(packed({ d: [['a', 'b'.repeat(500)]] }).slice(4, 12)), /damaged/],
    ['that holds no object', packed(7), /damaged/],
    ['that holds null', packed(null), /damaged/],
    ['without a text', packed({ d: [] }), /damaged/],
    ['with a text that is none', packed({ d: [['a', 7]] }), /damaged/],
    ['with a name that is none', packed({ d: [[{ toString: 'x' }, '']] }), /damaged/],
    [
      'with two texts of one name',
      packed({
        d: [
          ['a', ''],
          ['a', ''],
        ],
      }),
      /damaged/,
    ],
    ['with a text without a name', packed({ d: [['', '']] }), /damaged/],
    [
      'with more texts than anybody has',
      packed({ d: Array.from({ length: 201 }, (_, at) => [`${at}`, '']) }),
      /damaged/,
    ],
    ['that inflates without end', packed({ d: [['a', 'a'.repeat(9_000_000)]] }), /too large/],
    ['that is as long as a film', `#v1.${'A'.repeat(2_000_001)}`, /too large/],
  ];
  test.each(cases)('%s', async (_, fragment, words) => {
    await expect(fromFragment(fragment)).rejects.toThrow(words);
    await expect(fromFragment(fragment)).rejects.toBeInstanceOf(LinkError);
  });
});

test('what a link says wrongly beside its texts is as if it were not said', async () => {
  const d = [['a.yaml', 'kind: Pod\n']];
  const read = await fromFragment(
    packed({ d, a: 'b.yaml', q: [1, {}, 'QUIC', []], p: 9, v: 'admin', __proto__: { x: 1 } }),
  );
  expect(read).toEqual({
    ...EMPTY,
    documents: [{ name: 'a.yaml', text: 'kind: Pod\n' }],
    active: 'a.yaml',
  });
});
