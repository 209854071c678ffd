/** The guided tour: model, plugin, policy, on the objects of `examples/services`. */
import { type Draft, EMPTY, SPECIFICATION, type View, type Work } from '../app/state';
import { example } from './lessons';

export interface TourStep {
  part: 'Model' | 'Policy' | 'Plugin';
  title: string;
  text: string;
  question: Draft;
  profile?: string;
  view?: View;
  /** The text to show. */
  shows?: string;
}

const ask = (from: string, to: string, port: string): Draft => ({ from, to, protocol: 'TCP', port });

export const TOUR: readonly TourStep[] = [
  {
    part: 'Model',
    title: 'Three things that people confuse',
    text: 'The **model** is what every cluster promises: each pod has an address, and reaches every other. A **policy** is a wish about that. The **plugin** is the software that carries packets and grants the wish, or does not. We begin with the model: before any policy is asked, a packet has to get somewhere.',
    question: ask('shop/web', 'shop/api-0', '8080'),
    shows: 'cluster.yaml',
  },
  {
    part: 'Model',
    title: 'Inside a pod',
    text: 'Containers of one pod share its network. What goes over a loopback address meets no plugin and no policy, so nothing can forbid it.',
    question: ask('shop/api-0', '127.0.0.1', '9100'),
  },
  {
    part: 'Model',
    title: 'Pod to pod',
    text: 'Two questions, each with its own answer: may it leave the source, may it enter the destination? Both gates have to be open. Here the second one is, and the first is not.',
    question: ask('shop/web', 'shop/api-1', 'http'),
    shows: 'policies.yaml',
  },
  {
    part: 'Model',
    title: 'Pod to service',
    text: 'A service is no end. Its address and its port are translated to a pod’s **before** policies are asked, so the answer is that of each endpoint. The canary listens on another port, and the policy of `web` names the old one: some connections work, some do not.',
    question: ask('shop/web', 'svc/shop/api', '80'),
    shows: 'cluster.yaml',
  },
  {
    part: 'Model',
    title: 'From outside, through a node',
    text: 'With `externalTrafficPolicy: Cluster` a node passes the packet on, and puts its own address where the client’s was. The rule for `203.0.113.0/24` never matches; what gets in gets in because a pod’s own node always does.',
    question: ask('203.0.113.7', 'svc/shop/api-public', '80'),
    shows: 'cluster.yaml',
  },
  {
    part: 'Model',
    title: 'From outside, with its own address',
    text: 'With `Local` the client’s address stays, and the same rule matches. The policy has not changed; what it sees has.',
    question: ask('203.0.113.7', 'svc/shop/api-public-local', '80'),
    shows: 'policies.yaml',
  },
  {
    part: 'Model',
    title: 'A node and its own pods',
    text: 'A pod’s own node always reaches it, or health checks would fail. Another node is an address like any other.',
    question: ask('172.18.0.1', 'shop/api-0', '9100'),
  },
  {
    part: 'Policy',
    title: 'Which line said so',
    text: 'Policies add up: one that selects a pod closes a direction, and each rule opens a part of it again. For a denial, the nearest rule is marked in the text with what it lacks. Ask **How could it be allowed?** for the least change.',
    question: ask('shop/web', 'shop/api-1', '8081'),
    shows: 'policies.yaml',
  },
  {
    part: 'Policy',
    title: 'All answers at once',
    text: 'The matrix has every pair. Who is treated alike shares a row or a column, and a cell asks its question.',
    question: ask('shop/web', 'shop/api-1', '8081'),
    view: 'matrix',
  },
  {
    part: 'Plugin',
    title: 'A plugin that grants nothing',
    text: 'kubenet stores policies and enforces none. The same question, the same policies: now it is allowed. A policy is worth what the plugin makes of it.',
    question: ask('shop/web', 'shop/api-1', '8081'),
    profile: 'kubenet',
  },
  {
    part: 'Plugin',
    title: 'Side by side',
    text: 'What each plugin does otherwise has a name, a source, and how surely it is known. Where nobody knows, the answer says so.',
    question: ask('172.18.0.2', 'shop/api-0', '9100'),
    view: 'plugins',
  },
];

/** The tour's texts, and its first step. */
export function beginTour(): Work {
  const documents = example('services');
  const first = TOUR[0];
  return {
    ...EMPTY,
    documents,
    active: first?.shows ?? documents[0]?.name ?? EMPTY.active,
    question: first?.question ?? EMPTY.question,
    lesson: { id: 'tour', step: 0 },
  };
}

/** The work at a step; texts stay as they are. */
export function atStep(work: Work, step: number): Work {
  const wanted = TOUR[step];
  if (!wanted) return work;
  const hasText = work.documents.some(({ name }) => name === wanted.shows);
  return {
    ...work,
    question: wanted.question,
    profile: wanted.profile ?? SPECIFICATION,
    view: wanted.view ?? 'answer',
    active: hasText && wanted.shows ? wanted.shows : work.active,
    lesson: { id: 'tour', step },
  };
}
