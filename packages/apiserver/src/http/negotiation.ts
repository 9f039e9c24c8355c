import { ApiError } from '@kargo/api';

/** How objects are shown to the caller. */
export type Representation = 'object' | 'table' | 'metadata';

interface MediaRange {
  type: string;
  parameters: Readonly<Record<string, string>>;
}

function mediaRanges(accept: string | undefined): MediaRange[] {
  return (accept ?? '*/*').split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    return {
      type: type.toLowerCase(),
      parameters: Object.fromEntries(parameters.map((parameter) => parameter.split('=', 2) as [string, string])),
    };
  });
}

const JSON_TYPES = ['application/json', 'application/*', '*/*', ''];

/** The first representation of the `Accept` header that is offered. Fails with `NotAcceptable`. */
export function representationOf(accept: string | undefined): Representation {
  for (const { type, parameters } of mediaRanges(accept)) {
    if (!JSON_TYPES.includes(type)) continue;
    const { as, g, v } = parameters;
    if (as === undefined) return 'object';
    if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) continue;
    if (as === 'Table') return 'table';
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata';
  }
  throw new ApiError(
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/json;as=Table;v=v1;g=meta.k8s.io, application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  );
}

/** The media type of aggregated discovery that the caller prefers to plain discovery, if any. */
export function aggregatedDiscovery(accept: string | undefined): 'v2' | 'v2beta1' | undefined {
  for (const { type, parameters } of mediaRanges(accept)) {
    if (!JSON_TYPES.includes(type)) continue;
    if (parameters['as'] === undefined) return undefined;
    const { as, g, v } = parameters;
    if (as === 'APIGroupDiscoveryList' && g === 'apidiscovery.k8s.io' && (v === 'v2' || v === 'v2beta1')) return v;
  }
  return undefined;
}
