// oidc-provider on a free loopback port; argument: {client_id, client_secret} for two clients (basic, post) as JSON.
// The resource asked for picks the algorithm: urn:test:ES256. Without one the token is opaque.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const { client_id, client_secret } = JSON.parse(process.argv[2]);
const pair = { RS256: ['rsa', { modulusLength: 2048 }], ES256: ['ec', { namedCurve: 'P-256' }], Ed25519: ['ed25519'] };
const keys = Object.entries(pair).map(([alg, [type, options]]) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), alg, kid: `key-${alg}`, use: 'sig',
}));
const client = (suffix, token_endpoint_auth_method) => ({
  client_id: client_id + suffix, client_secret, token_endpoint_auth_method,
  grant_types: ['client_credentials'], redirect_uris: [], response_types: [], scope: 'events:write',
});

const server = createServer().listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(url, {
    clients: [client('', 'client_secret_basic'), client(' post', 'client_secret_post')],
    jwks: { keys },
    scopes: ['events:write', 'admin:everything'],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          audience: 'auto_com_center', scope: 'events:write', accessTokenFormat: 'jwt', accessTokenTTL: 300,
          jwt: { sign: { alg: resource.split(':').pop() } },
        }),
      },
    },
  });
  server.on('request', provider.callback());
  console.log(JSON.stringify({ url, jwks: `${url}/jwks`, token: `${url}/token`, issuer: url }));
});

const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(), 1000);
