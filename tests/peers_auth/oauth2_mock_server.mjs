// oauth2-mock-server on a free loopback port. A `fault` in the form of a token request says what is wrong with the token.
import { Events, OAuth2Server } from 'oauth2-mock-server';

const now = () => Math.floor(Date.now() / 1000);
const claims = {
  issuer: (c) => { c.iss = 'https://somebody.else'; },
  audience: (c) => { c.aud = 'another-service'; },
  expired: (c) => { c.exp = now() - 120; c.iat = now() - 500; },
  no_exp: (c) => { delete c.exp; },
  not_yet: (c) => { c.nbf = now() + 600; },
  scope: (c) => { c.scope = 'events:read'; },
};
const segments = (change) => (token) => change(token.split('.')).join('.');
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokens = {
  flipped: segments(([h, c, s]) => {
    const raw = Buffer.from(s, 'base64url');
    raw[100] ^= 4;
    return [h, c, raw.toString('base64url')];
  }),
  claim_changed: segments(([h, c, s]) => {
    const body = JSON.parse(Buffer.from(c, 'base64url'));
    return [h, encoded({ ...body, scope: 'events:write admin' }), s];
  }),
  none: segments(([, c]) => [encoded({ alg: 'none', typ: 'JWT' }), c, '']),
};

const server = new OAuth2Server();
await server.issuer.keys.generate('RS256');
await server.start(0, '127.0.0.1');
const url = `http://127.0.0.1:${server.address().port}`;
server.issuer.url = url;
server.service.on(Events.BeforeTokenSigning, (token, request) => {
  token.payload.aud = 'auto_com_center';
  claims[request.body.fault]?.(token.payload);
});
server.service.on(Events.BeforeResponse, (answer, request) => {
  const { fault } = request.body;
  if (fault === 'refused') Object.assign(answer, { statusCode: 401, body: { error: 'invalid_client' } });
  else if (tokens[fault]) answer.body.access_token = tokens[fault](answer.body.access_token);
});
console.log(JSON.stringify({ url, jwks: `${url}/jwks`, token: `${url}/token`, issuer: url }));

const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(), 1000);
