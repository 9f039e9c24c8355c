import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

/** Sends spans to a collector by OTLP over HTTP, as JSON. */
export interface TraceExporter {
  tracer: Tracer;
  /** Sends what is waiting. */
  shutdown(): Promise<void>;
}

/** `endpoint` is the base address of the collector, such as `http://collector:4318`; with a path it is the address for traces itself. */
export function startExporter({ endpoint, version }: { endpoint: string; version: string }): TraceExporter {
  const url = new URL(endpoint).pathname === '/' ? new URL('/v1/traces', endpoint).href : endpoint;
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'kargo', 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url, timeoutMillis: 5000 }), { scheduledDelayMillis: 1000 })],
  });
  return { tracer: provider.getTracer('kargo', version), shutdown: () => provider.shutdown() };
}
