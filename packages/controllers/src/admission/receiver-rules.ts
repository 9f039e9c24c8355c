import { type FieldError, RECEIVER_TYPES, type WebhookReceiver } from '@kargo/api';
import { duplicate, forbiddenField, required } from './field-errors.ts';

/** Problems of the receivers of a Project or of the cluster. */
export function receiverProblems(receivers: readonly WebhookReceiver[] | undefined, path: string): FieldError[] {
  const names = new Map<string, number>();
  return (receivers ?? []).flatMap((receiver, index) => {
    const at = `${path}[${index}]`;
    const out: FieldError[] = [];
    const earlier = names.get(receiver.name);
    if (earlier !== undefined) out.push(duplicate(`${at}.name`, receiver.name, `${path}[${earlier}] has this name already`));
    else names.set(receiver.name, index);
    const types = RECEIVER_TYPES.filter((type) => receiver[type] !== undefined);
    if (types.length > 1) out.push(forbiddenField(at, `a receiver has one type, but there are ${types.join(', ')}`));
    return [...out, ...genericProblems(receiver, `${at}.generic`)];
  });
}

function genericProblems({ generic }: WebhookReceiver, at: string): FieldError[] {
  return (generic?.actions ?? []).flatMap(({ targetSelectionCriteria = [] }, action) =>
    targetSelectionCriteria.flatMap(({ name = '', labelSelector, indexSelector }, target) =>
      name !== '' || labelSelector !== undefined || indexSelector !== undefined
        ? []
        : [
            required(
              `${at}.actions[${action}].targetSelectionCriteria[${target}]`,
              'needs at least one of name, labelSelector and indexSelector',
            ),
          ],
    ),
  );
}
