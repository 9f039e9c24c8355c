import { isAdminPassword, signAdminToken } from '../auth/admin-token.ts';
import { adminAccount } from '../auth/admin-account.ts';
import { LoginThrottle } from '../auth/login-throttle.ts';
import { badRequest, HttpError } from '../http/http-error.ts';
import type { Routes } from '../route.ts';

/** The administrator signs in. */
export const loginRoutes: Routes = (server, { config }) => {
  const throttle = new LoginThrottle(config.clock);

  server.post('/login', async (request, reply) => {
    const account = adminAccount(config.auth);
    if (account === undefined) throw new HttpError(403, 'admin user is not enabled');
    const header = request.headers.authorization;
    if (header === undefined || header === '') throw badRequest('the Authorization header is missing');
    const password = /^Bearer (.+)$/s.exec(header)?.[1];
    if (password === undefined) throw badRequest('the Authorization header must be of the form Bearer <password>');
    const wait = throttle.waitOf(request.ip);
    if (wait > 0) {
      void reply.header('retry-after', String(wait));
      throw new HttpError(429, `too many failed attempts to sign in; try again in ${wait} seconds`);
    }
    if (!(await throttle.check(request.ip, () => isAdminPassword(account, password))))
      throw new HttpError(403, 'invalid password');
    return { idToken: await signAdminToken(account, config.clock, config.random) };
  });
};
