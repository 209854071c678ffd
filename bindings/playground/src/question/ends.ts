/** What can be asked about: the ends that the texts have, as a question takes them, and the ports that they name. */
import type { End, WorkloadInfo } from 'portcullis-web';
import type { Inventory } from '../engine/findings';
import type { Option } from './Choice';

export function endText(end: End): string {
  if ('pod' in end) return end.pod;
  if ('workload' in end) return end.workload;
  if ('service' in end) return `svc/${end.service}`;
  return end.ip;
}

/** An address that nobody has: from the range that documentation may use. */
const OUTSIDE: Option = { value: '203.0.113.7', detail: 'an address outside' };

export function sources(inventory: Inventory | null): Option[] {
  if (!inventory) return [];
  return [...inventory.workloads.map(workload), OUTSIDE];
}

export function destinations(inventory: Inventory | null): Option[] {
  if (!inventory) return [];
  const services = inventory.services.map(({ end, type }) => ({ value: endText(end), detail: type }));
  return [...inventory.workloads.map(workload), ...services, OUTSIDE];
}

function workload({ end, kind, labels }: WorkloadInfo): Option {
  const shown = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return { value: endText(end), detail: [kind, ...shown.slice(0, 2)].join(' · ') };
}

/** The ports of the destination: those that it names, or the service's. */
export function portsOf(inventory: Inventory | null, to: string): Option[] {
  const service = inventory?.services.find(({ end }) => endText(end) === to);
  if (service) {
    return service.ports.map(({ name, port, protocol, targetPort }) => ({
      value: String(port),
      detail: `${name ?? protocol}, to ${targetPort}`,
      protocol,
    }));
  }
  const found = findWorkload(inventory, to);
  return (found?.ports ?? []).map(({ name, port, protocol }) => ({
    value: String(port),
    detail: name === null ? protocol : `${name} · ${protocol}`,
    protocol,
  }));
}

/** The workload that a text means, as the engine would find it: by its whole name, or by namespace and name alone. */
export function findWorkload(inventory: Inventory | null, end: string): WorkloadInfo | undefined {
  const workloads = inventory?.workloads ?? [];
  const [namespace, name] = end.split('/');
  return (
    workloads.find(one => endText(one.end) === end || one.name === end || one.pods.includes(end)) ??
    workloads.find(one => one.namespace === namespace && one.name.split('/').at(-1) === name)
  );
}
