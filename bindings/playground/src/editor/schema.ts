/** The fields that policies and what they select are made of, in a sentence each: for completion and hover. */
export interface Field {
  about: string;
  /** Fields below it, or below each of its items. */
  fields?: Readonly<Record<string, Field>>;
  /** Values to offer. */
  values?: readonly string[];
  /** What is put after the key, beyond `: `. */
  opens?: 'map' | 'list';
}

const text = (about: string, values?: readonly string[]): Field => (values ? { about, values } : { about });
const map = (about: string, fields: Record<string, Field> = {}): Field => ({ about, fields, opens: 'map' });
const list = (about: string, fields: Record<string, Field> = {}): Field => ({ about, fields, opens: 'list' });

const selector = (about: string) =>
  map(about, {
    matchLabels: map('Labels that all have to be there, with these values.'),
    matchExpressions: list('Conditions on labels; all have to hold.', {
      key: text('The label.'),
      operator: text('`NotIn` and `DoesNotExist` hold where the label is missing, too.', [
        'In',
        'NotIn',
        'Exists',
        'DoesNotExist',
      ]),
      values: list('The values of `In` and `NotIn`.'),
    }),
  });

const ipBlock = map('Addresses. Meant for those outside of the cluster: pods’ addresses come and go.', {
  cidr: text('The block, such as `10.0.0.0/8` or `2001:db8::/32`.'),
  except: list('Blocks taken out of this `cidr`, and of no other peer.'),
});

const peers = (about: string) =>
  list(about, {
    podSelector: selector(
      'Pods by label: of the policy’s namespace, or with `namespaceSelector` beside it of those namespaces.',
    ),
    namespaceSelector: selector(
      'Namespaces by label. In the same item as `podSelector` both have to hold; with a dash of its own it is another peer.',
    ),
    ipBlock,
  });

const ports = list('Ports of the pods that are reached. Left out: every port and protocol.', {
  protocol: text('TCP if left out. DNS needs UDP as well.', ['TCP', 'UDP', 'SCTP']),
  port: text('The number or name of the container’s port; the port of a service never matches.'),
  endPort: text('Makes it a range from `port` to here.'),
});

const tierPeers = (about: string, more: Record<string, Field> = {}) =>
  list(about, {
    namespaces: selector('All pods of the namespaces with these labels.'),
    pods: map('Pods by label in namespaces by label.', {
      namespaceSelector: selector('The namespaces.'),
      podSelector: selector('The pods in them.'),
    }),
    ...more,
  });

const tierRules = (direction: 'from' | 'to') => ({
  name: text('A name for people.'),
  action: text('What becomes of flows that match; `Pass` leaves them to the tiers below.', [
    'Accept',
    'Deny',
    'Pass',
  ]),
  [direction]:
    direction === 'from'
      ? tierPeers('Sources; one has to match.')
      : tierPeers('Destinations; one has to match.', {
          networks: list('Addresses outside of the cluster, as CIDRs.'),
          domainNames: list('Names outside of the cluster; with `action: Accept` only.'),
        }),
  protocols: list('Protocols and ports. Left out: all.', {
    tcp: map('TCP.', { destinationPort: map('The port.', { number: text('One port.') }) }),
    udp: map('UDP.', { destinationPort: map('The port.', { number: text('One port.') }) }),
    destinationNamedPort: text('A port by the name that the pods give it.'),
  }),
});

const metadata = map('Who the object is.', {
  name: text('Its name.'),
  namespace: text('Its namespace; `default` if left out.'),
  labels: map('Labels, which selectors ask for.'),
});

const podSpec = map('What the pods run.', {
  nodeName: text('The node it runs on: it always reaches its pods.'),
  hostNetwork: text('On the node’s network: no policy selects it, and it is seen as the node.', [
    'true',
    'false',
  ]),
  containers: list('The containers.', {
    name: text('Its name.'),
    image: text('Its image; of no account here.'),
    ports: list('The ports it listens on. They open nothing, and give names to ports.', {
      name: text('A name that policies can use.'),
      containerPort: text('The number.'),
      protocol: text('TCP if left out.', ['TCP', 'UDP', 'SCTP']),
    }),
  }),
});

const workload = {
  metadata,
  spec: map('The pods it stands for.', {
    replicas: text('How many.'),
    selector: selector('Which pods are its own; has to match the template’s labels.'),
    template: map('What each pod is like.', { metadata, spec: podSpec }),
  }),
};

/** Fields of the object, by kind. */
export const KINDS: Readonly<
  Record<string, { apiVersion: string; fields: Readonly<Record<string, Field>> }>
> = {
  NetworkPolicy: {
    apiVersion: 'networking.k8s.io/v1',
    fields: {
      metadata,
      spec: map(
        'Whom it selects, and what it lets through. Policies add up; none takes away what another allows.',
        {
          podSelector: selector('The pods it is about; `{}` is all of its namespace.'),
          policyTypes: list(
            'The directions that it closes. Left out: Ingress, and Egress only if there is an `egress` rule.',
          ),
          ingress: list('Flows to the pods that are let in. `[]` lets in none, `[{}]` lets in all.', {
            from: peers('Sources; one has to match. Left out or empty: any source.'),
            ports,
          }),
          egress: list('Flows from the pods that are let out. Remember DNS.', {
            to: peers('Destinations; one has to match. Left out or empty: any destination.'),
            ports,
          }),
        },
      ),
    },
  },
  ClusterNetworkPolicy: {
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    fields: {
      metadata,
      spec: map('Rules of the whole cluster, before (Admin) or after (Baseline) those of namespaces.', {
        tier: text('Admin is asked before NetworkPolicies, Baseline after them.', ['Admin', 'Baseline']),
        priority: text('The lower, the earlier; 0 to 1000.'),
        subject: map('The pods it is about.', {
          namespaces: selector('All pods of the namespaces with these labels.'),
          pods: map('Pods by label in namespaces by label.', {
            namespaceSelector: selector('The namespaces.'),
            podSelector: selector('The pods in them.'),
          }),
        }),
        ingress: list('Rules for flows to the pods; the first that matches counts.', tierRules('from')),
        egress: list('Rules for flows from the pods; the first that matches counts.', tierRules('to')),
      }),
    },
  },
  Namespace: { apiVersion: 'v1', fields: { metadata } },
  Pod: {
    apiVersion: 'v1',
    fields: {
      metadata,
      spec: podSpec,
      status: map('What the cluster says of it.', {
        podIP: text('Its address. Left out, no `ipBlock` matches it.'),
        phase: text('Pods that have ended are subject to no policy.', ['Running', 'Succeeded', 'Failed']),
      }),
    },
  },
  Deployment: { apiVersion: 'apps/v1', fields: workload },
  StatefulSet: { apiVersion: 'apps/v1', fields: workload },
  DaemonSet: { apiVersion: 'apps/v1', fields: workload },
  Service: {
    apiVersion: 'v1',
    fields: {
      metadata,
      spec: map('Which pods it leads to. It is translated before policies are asked.', {
        type: text('How it can be reached.', ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']),
        clusterIP: text('Its address; `None` makes it headless.'),
        selector: map('Labels of the pods.'),
        ports: list('Its ports.', {
          name: text('A name.'),
          port: text('The service’s port: policies never see it.'),
          targetPort: text('The pods’ port, which policies see.'),
          protocol: text('TCP if left out.', ['TCP', 'UDP', 'SCTP']),
          nodePort: text('The port on every node.'),
        }),
        externalTrafficPolicy: text('With `Cluster` pods see a node’s address, with `Local` the client’s.', [
          'Cluster',
          'Local',
        ]),
      }),
    },
  },
  Node: {
    apiVersion: 'v1',
    fields: {
      metadata,
      status: map('What the node is.', {
        addresses: list('Its addresses.', {
          type: text('Which kind of address.', ['InternalIP', 'ExternalIP', 'Hostname']),
          address: text('The address.'),
        }),
      }),
    },
  },
  PolicyTest: {
    apiVersion: 'portcullis.dev/v1',
    fields: {
      assertions: list('What has to be true; checked on every edit, and by `portcullis test`.', {
        name: text('What it is about.'),
        from: text('The source: `namespace/name`, or an address.'),
        to: text('The destination: `namespace/name`, `svc/namespace/name`, or an address.'),
        protocol: text('TCP if left out.', ['TCP', 'UDP', 'SCTP']),
        ports: list('Numbers or names.'),
        profile: text('The plugin; the specification if left out.'),
        expect: text('What the answer has to be.', ['allow', 'deny']),
      }),
    },
  },
};

export const TOP: Readonly<Record<string, Field>> = {
  apiVersion: text('The version of the object’s API.', [
    ...new Set(Object.values(KINDS).map(({ apiVersion }) => apiVersion)),
  ]),
  kind: text('What the object is.', Object.keys(KINDS)),
};
