/** What stands there on a first visit: small enough to read, with an answer worth asking for. */
import { EMPTY, type Work } from './state';

const POLICIES = `# Only the API may reach the database.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: db
  namespace: shop
spec:
  podSelector:
    matchLabels: {app: db}
  policyTypes: [Ingress]
  ingress:
  - from:
    - podSelector:
        matchLabels: {app: api}
    ports:
    - port: postgres
---
# The web frontend calls the API and DNS, nothing else.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
spec:
  podSelector:
    matchLabels: {app: web}
  policyTypes: [Ingress, Egress]
  ingress:
  - ports:
    - port: http
  egress:
  - to:
    - podSelector:
        matchLabels: {app: api}
    ports:
    - port: http
  - ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
`;

const deployment = (name: string, port: string, number: number) => `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  selector:
    matchLabels: {app: ${name}}
  template:
    metadata:
      labels: {app: ${name}}
    spec:
      containers:
      - name: ${name}
        image: registry.example.com/${name}:1
        ports:
        - {name: ${port}, containerPort: ${number}}
`;

const CLUSTER = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
${deployment('web', 'http', 8080)}${deployment('api', 'http', 8081)}${deployment('db', 'postgres', 5432)}`;

export const WELCOME: Work = {
  ...EMPTY,
  documents: [
    { name: 'policies.yaml', text: POLICIES },
    { name: 'cluster.yaml', text: CLUSTER },
  ],
  active: 'policies.yaml',
  question: { from: 'shop/web', to: 'shop/db', protocol: 'TCP', port: '5432' },
};
