/** A text field that offers what is there, and takes anything else. */
import { useMemo, useState } from 'react';
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover } from 'react-aria-components';
import type { Protocol } from '../app/state';
import { Icon } from '../style/Icon';

export interface Option {
  value: string;
  /** Beside the value, in soft ink. */
  detail: string;
  protocol?: Protocol;
}

interface Properties {
  label: string;
  /** Where it stands in the form. */
  area: string;
  value: string;
  options: readonly Option[];
  placeholder: string;
  isDisabled?: boolean;
  onChange: (value: string, option?: Option) => void;
}

/** So many are offered at once: more than anybody scrolls through. */
const MOST = 60;

export function Choice({
  label,
  area,
  value,
  options,
  placeholder,
  isDisabled = false,
  onChange,
}: Properties) {
  const [isTyping, setTyping] = useState(false);
  const shown = useMemo(() => {
    const typed = value.trim().toLowerCase();
    const matching =
      isTyping && typed !== ''
        ? options.filter(option => option.value.toLowerCase().includes(typed))
        : options;
    return matching.slice(0, MOST).map(option => ({ ...option, id: option.value }));
  }, [options, value, isTyping]);
  return (
    <ComboBox
      className={`choice ask-${area}`}
      allowsCustomValue
      allowsEmptyCollection={false}
      menuTrigger="focus"
      isDisabled={isDisabled}
      items={shown}
      inputValue={value}
      onInputChange={typed => {
        if (typed === value) return;
        setTyping(true);
        onChange(typed);
      }}
      onOpenChange={isOpen => {
        if (!isOpen) setTyping(false);
      }}
      onSelectionChange={key => {
        const option = options.find(one => one.value === key);
        if (option) onChange(option.value, option);
      }}
    >
      <Label className="label">{label}</Label>
      <div className="choice-box">
        <Input className="field" placeholder={placeholder} spellCheck="false" autoComplete="off" />
        <Button className="choice-open">
          <Icon name="down" />
        </Button>
      </div>
      <Popover className="popover" offset={3}>
        <ListBox<Option & { id: string }> className="choice-list">
          {item => (
            <ListBoxItem className="choice-item" textValue={item.value}>
              <span className="mono">{item.value}</span>
              <span className="quiet">{item.detail}</span>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
