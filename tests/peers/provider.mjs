// An identity provider that is not ours, set up as a company would: told everything by one file.
//
//   node provider.mjs SETTINGS.json
//
// SETTINGS: program (where oidc-provider is), port, keys (private JWKs), clients, and resources by
// their address: {audience, format, alg, secret, lifetime_s, encrypted}.
import { readFileSync } from 'node:fs';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { Provider, errors } = await import(settings.program);

const LIFETIME_S = 600;

function resourceServer(address) {
  const known = settings.resources[address];
  if (!known) throw new errors.InvalidTarget();
  const secret = known.secret && Buffer.from(known.secret);
  return {
    audience: known.audience,
    scope: 'api',
    accessTokenTTL: known.lifetime_s ?? LIFETIME_S,
    accessTokenFormat: known.format ?? 'jwt',
    jwt: {
      sign: { alg: known.alg ?? 'ES256', key: secret },
      ...(known.encrypted && { encrypt: { alg: 'dir', enc: 'A256GCM', key: secret } }),
    },
  };
}

const provider = new Provider(`http://127.0.0.1:${settings.port}`, {
  clients: settings.clients,
  jwks: { keys: settings.keys },
  routes: { jwks: '/keys' },
  scopes: ['openid', 'offline_access', 'api'],
  pkce: { required: () => true },
  cookies: { keys: ['only for tests'] },
  enabledJWA: { idTokenSigningAlgValues: ['ES256', 'RS256', 'PS256', 'EdDSA'] },
  ttl: { AccessToken: LIFETIME_S, ClientCredentials: (ctx, token) => token.resourceServer.accessTokenTTL },
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, address) => resourceServer(address),
    },
  },
  // Whoever signs in exists: which of them are the company's people is not for this provider to say.
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});

provider.on('server_error', (ctx, error) => console.error(error));
const server = provider.listen(settings.port, '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
