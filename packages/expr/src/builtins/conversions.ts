import { STRING, ANY } from '../checker/type.ts';
import { encodeJson } from '../values/encode-json.ts';
import { parseJson } from '../values/convert.ts';
import { asString, failure } from '../values/failure.ts';
import { goFormat } from '../values/go-format.ts';
import { decodeText, encodeText } from '../values/text.ts';
import { typeWord } from '../values/type-name.ts';
import type { Builtin } from './builtin.ts';

/** Base64 with padding; line ends are skipped, anything else is an error. */
function decodeBase64(text: string): string {
  const body = text.replaceAll(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(body)) throw failure('illegal base64 data');
  return decodeText(Buffer.from(body, 'base64'));
}

/** Functions that turn values into others. */
export const CONVERSION_BUILTINS: readonly Builtin[] = [
  { name: 'type', signatures: [{ params: [ANY], result: STRING }], call: ([value]) => typeWord(value) },
  { name: 'string', signatures: [{ params: [ANY], result: STRING }], call: ([value]) => goFormat(value) },
  { name: 'toJSON', signatures: [{ params: [ANY], result: STRING }], call: ([value]) => encodeJson(value, 2) },
  { name: 'fromJSON', signatures: [{ params: [STRING], result: ANY }], call: ([text]) => parseJson(asString(text)) },
  {
    name: 'toBase64',
    signatures: [{ params: [STRING], result: STRING }],
    call: ([text]) => Buffer.from(encodeText(asString(text))).toString('base64'),
  },
  { name: 'fromBase64', signatures: [{ params: [STRING], result: STRING }], call: ([text]) => decodeBase64(asString(text)) },
];
