/** The question: who, to whom, over what, carried by which plugin. */
import { useMemo } from 'react';
import { usePage } from '../app/desk-context';
import { PROTOCOLS, type Protocol, SPECIFICATION } from '../app/state';
import { Icon } from '../style/Icon';
import { Choice, type Option } from './Choice';
import { destinations, portsOf, sources } from './ends';

export function Ask() {
  const { work, dispatch, findings } = usePage();
  const { from, to, protocol, port } = work.question;
  const inventory = findings.inventory;
  const fromOptions = useMemo(() => sources(inventory), [inventory]);
  const toOptions = useMemo(() => destinations(inventory), [inventory]);
  const portOptions = useMemo<Option[]>(() => portsOf(inventory, to), [inventory, to]);
  const profiles = [
    { value: SPECIFICATION, title: 'The specification' },
    ...findings.plugins
      .filter(({ name }) => name !== SPECIFICATION)
      .flatMap(({ name, versions }) => [
        { value: name, title: name },
        ...versions.slice(1).map(version => ({ value: `${name}@${version}`, title: `${name} ${version}` })),
      ]),
  ];
  return (
    <form className="asked" aria-label="Question" onSubmit={event => event.preventDefault()}>
      <End side="from" label="From" options={fromOptions} placeholder="namespace/name or address" />
      <button
        type="button"
        className="button swap ask-swap"
        aria-label="Swap the two ends"
        title="Swap the two ends"
        onClick={() => dispatch({ type: 'ask', question: { from: to, to: from } })}
      >
        <Icon name="swap" />
      </button>
      <End side="to" label="To" options={toOptions} placeholder="namespace/name, service or address" />
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
          value={work.profile}
          onChange={event => dispatch({ type: 'profile', profile: event.target.value })}
        >
          {profiles.some(({ value }) => value === work.profile) ? null : <option>{work.profile}</option>}
          {profiles.map(({ value, title }) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}

interface EndProperties {
  side: 'from' | 'to';
  label: string;
  options: readonly Option[];
  placeholder: string;
}

/** One end of the question. */
function End({ side, label, options, placeholder }: EndProperties) {
  const { work, dispatch } = usePage();
  return (
    <Choice
      label={label}
      area={side}
      value={work.question[side]}
      options={options}
      placeholder={placeholder}
      onChange={value => dispatch({ type: 'ask', question: { [side]: value } })}
    />
  );
}
