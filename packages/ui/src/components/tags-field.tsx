import { Field } from './field.tsx';
import { Icon } from './icon.tsx';

interface Tag {
  key: string;
  text: React.ReactNode;
  /** What taking it away means. */
  removal: string;
  remove: () => void;
}

interface Props {
  label: string;
  hint?: string | undefined;
  problems: readonly string[];
  tags: readonly Tag[];
  /** What can be added, by how it is said. */
  choices: readonly string[];
  /** Adds the choice at a place. */
  add: (index: number) => void;
  /** Said in place of a choice. */
  prompt: string;
}

/** Several of what there is to choose from. */
export function TagsField({ label, hint, problems, tags, choices, add, prompt }: Props): React.ReactNode {
  return (
    <Field label={label} hint={hint} problems={problems}>
      {(control) => (
        <div className="tags">
          {tags.map(({ key, text, removal, remove }) => (
            <span key={key} className="tag">
              {text}
              <button type="button" aria-label={removal} onClick={remove}>
                <Icon name="close" />
              </button>
            </span>
          ))}
          <select {...control} value="" disabled={choices.length === 0} onChange={({ target }) => add(Number(target.value))}>
            <option value="">{prompt}</option>
            {choices.map((choice, index) => (
              <option key={choice} value={index}>
                {choice}
              </option>
            ))}
          </select>
        </div>
      )}
    </Field>
  );
}
