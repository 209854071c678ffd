/** An address of a block, to ask about: one that people know as an example, where the block holds it. */
const EXAMPLES = ['203.0.113.7', '198.51.100.7', '192.0.2.7', '2001:db8::7'];

export function addressIn(cidr: string): string {
  const block = parse(cidr);
  if (!block) return cidr.split('/')[0] ?? cidr;
  const example = EXAMPLES.find(address => {
    const value = toNumber(address);
    return (
      value !== null && value.bits === block.bits && value.number >> block.host === block.number >> block.host
    );
  });
  if (example) return example;
  // The first address of a block names the block itself.
  return toText(block.host > 1n ? block.number + 1n : block.number, block.bits);
}

function parse(cidr: string): { number: bigint; bits: number; host: bigint } | null {
  const [address = '', length = ''] = cidr.split('/');
  const value = toNumber(address);
  if (!value || !/^\d+$/.test(length)) return null;
  return { ...value, host: BigInt(value.bits - Math.min(Number(length), value.bits)) };
}

function toNumber(address: string): { number: bigint; bits: number } | null {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) {
    const number = address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
    return { number, bits: 32 };
  }
  if (!address.includes(':')) return null;
  const [head = '', tail] = address.split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const left = groups(head);
  const right = groups(tail);
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  const all = [...left, ...zeros, ...right];
  if (all.length !== 8 || all.some(group => !/^[0-9a-f]{1,4}$/i.test(group))) return null;
  return { number: all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n), bits: 128 };
}

function toText(number: bigint, bits: number): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map(shift => (number >> shift) & 0xffn).join('.');
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((number >> BigInt(112 - 16 * at)) & 0xffffn).toString(16),
  );
  return groups.join(':').replace(/(?:^|:)0(?::0)+(?:$|:)/, '::');
}
