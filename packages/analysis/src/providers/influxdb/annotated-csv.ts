/** Values of InfluxDB's annotated CSV. */

type FluxValue = number | string | boolean | null;

/** The `_value` column of all tables, typed as the `#datatype` annotation says. Fails with the text of an error table. */
export function fluxValues(text: string): FluxValue[] {
  const values: FluxValue[] = [];
  let types: string[] = [];
  let header: string[] | undefined;
  for (const line of rows(text)) {
    if (line.length === 1 && line[0] === '') {
      header = undefined;
      continue;
    }
    const [first = ''] = line;
    if (first === '#datatype') {
      types = line;
      header = undefined;
    }
    if (first.startsWith('#')) continue;
    if (header === undefined) {
      header = line;
      continue;
    }
    if (header[1] === 'error' && header.includes('reference')) throw new Error(`InfluxDB could not answer the query: ${line[1]}`);
    const column = header.indexOf('_value');
    if (column !== -1) values.push(convert(line[column] ?? '', types[column]));
  }
  return values;
}

function convert(text: string, type: string | undefined): FluxValue {
  switch (type) {
    case 'double':
    case 'long':
    case 'unsignedLong':
      if (text === '') return null;
      return /^[+-]?Inf$/.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
    case 'boolean':
      return text === '' ? null : text === 'true';
    default:
      return text;
  }
}

/** Fields of RFC 4180 CSV, line by line. */
function* rows(text: string): Generator<string[]> {
  let row: string[] = [];
  let field = '';
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index] ?? '';
    if (quoted) {
      if (char !== '"') field += char;
      else if (text[index + 1] === '"') {
        field += '"';
        index += 1;
      } else quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === ',') {
      row.push(field);
      field = '';
    } else if (char === '\n') {
      row.push(field);
      yield row;
      row = [];
      field = '';
    } else if (char !== '\r') field += char;
  }
  if (field !== '' || row.length > 0) yield [...row, field];
}
