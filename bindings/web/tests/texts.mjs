// What the tests load.

import { readdirSync, readFileSync } from "node:fs";
import { Portcullis } from "../index.js";

const EXAMPLES = new URL("../../../examples/", import.meta.url);

/** A file of the examples. */
export const text = (name) => readFileSync(new URL(name, EXAMPLES), "utf8");

/** The manifests of a folder of the examples. */
const folder = (name) => {
  const files = readdirSync(new URL(name, EXAMPLES)).filter((file) => file.endsWith(".yaml")).sort();
  return files.map((file) => ({ name: `${name}/${file}`, text: text(`${name}/${file}`) }));
};

/** With its assertions. */
export const SHOP = folder("shop");
/** With a service. */
export const PLUGINS = folder("plugins");

export const POLICY = `# db takes what api sends — nothing else
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector:
    matchLabels: {app: db}
  ingress:
  - from:
    - podSelector:
        matchLabels: {app: api}   # ← the one
    ports:
    - port: 5432
`;

const pod = (name) => `---
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, labels: {app: ${name}}}
spec: {containers: [{name: a, image: a}]}
`;

export const SMALL = [
  { name: "policy.yaml", text: POLICY },
  { name: "pods.yaml", text: ["web", "api", "db"].map(pod).join("") },
];

/** A session with texts that have no errors. */
export function load(documents, settings) {
  const session = new Portcullis(settings);
  const { status, diagnostics } = session.load(documents);
  if (status !== "loaded") throw new Error(JSON.stringify(diagnostics));
  return session;
}

export const ask = (from, port = 5432) => ({ from: `shop/${from}`, to: "shop/db", port });
