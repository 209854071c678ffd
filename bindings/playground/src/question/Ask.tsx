/** The question: who, to whom, over what, carried by which plugin. */
import type { Plugin } from 'portcullis-web';
import { memo, useMemo } from 'react';
import { useFindings, usePage, useWork } from '../app/page';
import { type Action, type Draft, PROTOCOLS, type Protocol, SPECIFICATION } from '../app/state';
import type { Inventory } from '../engine/findings';
import { Icon } from '../style/Icon';
import { Choice, type Option } from './Choice';
import { destinations, portsOf, sources } from './ends';

export function Ask() {
  const { dispatch } = usePage();
  const question = useWork(work => work.question);
  const profile = useWork(work => work.profile);
  const inventory = useFindings(findings => findings.inventory);
  const plugins = useFindings(findings => findings.plugins);
  return <Form {...{ question, profile, inventory, plugins, dispatch }} />;
}

interface FormProperties {
  question: Draft;
  profile: string;
  inventory: Inventory | null;
  plugins: readonly Plugin[];
  dispatch: (action: Action) => void;
}

/** Drawn anew only where something in it is another, since lists to choose from are long. */
const Form = memo(({ question, profile, inventory, plugins, dispatch }: FormProperties) => {
  const { from, to, protocol, port } = question;
  const fromOptions = useMemo(() => sources(inventory), [inventory]);
  const toOptions = useMemo(() => destinations(inventory), [inventory]);
  const portOptions = useMemo<Option[]>(() => portsOf(inventory, to), [inventory, to]);
  const profiles = [
    { value: SPECIFICATION, title: 'The specification' },
    ...plugins
      .filter(({ name }) => name !== SPECIFICATION)
      .flatMap(({ name, versions }) => [
        { value: name, title: name },
        ...versions.slice(1).map(version => ({ value: `${name}@${version}`, title: `${name} ${version}` })),
      ]),
  ];
  return (
    <form className="asked" aria-label="Question" onSubmit={event => event.preventDefault()}>
      <Choice
        label="From"
        area="from"
        value={from}
        options={fromOptions}
        placeholder="namespace/name or address"
        onChange={value => dispatch({ type: 'ask', question: { from: value } })}
      />
      <button
        type="button"
        className="button swap ask-swap"
        aria-label="Swap the two ends"
        title="Swap the two ends"
        onClick={() => dispatch({ type: 'ask', question: { from: to, to: from } })}
      >
        <Icon name="swap" />
      </button>
      <Choice
        label="To"
        area="to"
        value={to}
        options={toOptions}
        placeholder="namespace/name, service or address"
        onChange={value => dispatch({ type: 'ask', question: { to: value } })}
      />
      <label className="ask-protocol">
        <span className="label">Protocol</span>
        <select
          className="field"
          value={protocol}
          onChange={event =>
            dispatch({ type: 'ask', question: { protocol: event.target.value as Protocol } })
          }
        >
          {PROTOCOLS.map(one => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <Choice
        label="Port"
        area="port"
        value={port}
        options={portOptions}
        placeholder="5432"
        isDisabled={protocol === 'ICMP'}
        onChange={(value, option) =>
          dispatch({
            type: 'ask',
            question: { port: value, ...(option?.protocol ? { protocol: option.protocol } : {}) },
          })
        }
      />
      <label className="ask-plugin">
        <span className="label">Enforced by</span>
        <select
          className="field"
          value={profile}
          onChange={event => dispatch({ type: 'profile', profile: event.target.value })}
        >
          {profiles.some(({ value }) => value === profile) ? null : <option>{profile}</option>}
          {profiles.map(({ value, title }) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
});
