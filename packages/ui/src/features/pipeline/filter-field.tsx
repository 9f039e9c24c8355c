import { useEffect, useRef, useState } from 'react';
import { Icon } from '../../components/icon.tsx';

/** Looks for stages and freight while one types. The key `/` comes here, Escape empties it. */
export function FilterField({
  value,
  change,
  placeholder = 'Filter',
}: {
  value: string;
  change: (text: string) => void;
  placeholder?: string;
}): React.ReactNode {
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => change(text), 80);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label className="search-field filter">
      <Icon name="filter" />
      <input
        ref={input}
        type="search"
        aria-label={placeholder}
        aria-keyshortcuts="/"
        data-shortcut="/"
        placeholder={placeholder}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          if (text === '') input.current?.blur();
          setText('');
          change('');
        }}
      />
      {text === '' ? <kbd>/</kbd> : null}
    </label>
  );
}
