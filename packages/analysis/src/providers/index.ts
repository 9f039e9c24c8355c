import type { Provider } from '../provider.ts';
import { jobProvider } from './job/job.ts';
import { webProvider } from './web/web.ts';

/** Every provider the embedded engine has. A new one is a folder and a line here. */
export const providers: readonly Provider[] = [webProvider, jobProvider];
