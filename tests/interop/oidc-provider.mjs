// oidc-provider as an app of its own would host it: whoever is named in login_hint is logged in, without a page.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';
import { freePort } from './authority.mjs';

const callback = 'https://app.example/callback';
const secret = 'a secret of the app, long enough for anything';

/** Starts an issuer, with as many apps as a test asks for; `requests` are the paths that came. */
export async function startIssuer(test, { logoutUri, apps }) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const requests = [];
  const provider = new Provider(url, settings({ logoutUri, apps }));
  const serve = provider.callback();
  const server = createServer((request, response) => {
    requests.push(new URL(request.url, url).pathname);
    return request.url.startsWith('/interaction/') ? logIn(provider, request, response) : serve(request, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => server.close());
  return { url, requests, logIn: (subject, app = 0) => new Browser(url, `app-${app}`).logIn(subject) };
}

async function logIn(provider, request, response) {
  const { params } = await provider.interactionDetails(request, response);
  await provider.interactionFinished(request, response, { login: { accountId: params.login_hint } });
}

function settings({ logoutUri, apps }) {
  // Not exported afterwards, at which Node 20 may stand still for ever: see clients/node/test/support/issuer.mjs.
  const asJwk = { publicKeyEncoding: { format: 'jwk' }, privateKeyEncoding: { format: 'jwk' } };
  const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048, ...asJwk });
  return {
    jwks: { keys: [{ ...key, kid: 'signing', use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['a key for cookies'] },
    clients: Array.from({ length: apps }, (_, app) => ({
      client_id: `app-${app}`, client_secret: secret, redirect_uris: [callback], response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'], backchannel_logout_uri: logoutUri, backchannel_logout_session_required: true,
    })),
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:orders',
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'orders.read', audience: 'orders', accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    pkce: { required: () => false },
    ttl: { Session: 3600, Grant: 3600, IdToken: 600, RefreshToken: 3600, Interaction: 600 },
    issueRefreshToken: () => true,
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    extraTokenClaims: ({ oidc: { entities } }, token) => {
      const login = entities.AuthorizationCode ?? entities.RefreshToken;
      return { sid: login.sid, auth_time: login.authTime, tenant: `tenant of ${token.clientId}` };
    },
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid');
      grant.addResourceScope('urn:orders', 'orders.read');
      await grant.save();
      return grant;
    },
  };
}

/** One browser at one app: it follows redirects and keeps cookies. */
class Browser {
  #cookies = new Map();

  constructor(issuer, app) {
    Object.assign(this, { issuer, app });
  }

  async logIn(subject) {
    const asked = new URLSearchParams({
      client_id: this.app, redirect_uri: callback, response_type: 'code', scope: 'openid orders.read', login_hint: subject,
    });
    let next = `${this.issuer}/auth?${asked}`;
    while (!next.startsWith(callback)) {
      const answer = await this.#send(next);
      if (!answer.headers.has('location')) throw new Error(`${next}: ${answer.status} ${await answer.text()}`);
      next = new URL(answer.headers.get('location'), this.issuer).href;
    }
    return this.#ask({ grant_type: 'authorization_code', code: new URL(next).searchParams.get('code'), redirect_uri: callback });
  }

  /** Another access token of the same login, minted in a later second. */
  async refreshLater(tokens) {
    for (;;) {
      const refreshed = await this.#ask({ grant_type: 'refresh_token', refresh_token: tokens.refresh });
      if (refreshed.claims.iat > tokens.claims.iat) return refreshed;
    }
  }

  /** Logs out at the issuer, which tells the app by back channel before it answers. */
  async logOut() {
    const page = await (await this.#send(`${this.issuer}/session/end?client_id=${this.app}`)).text();
    const xsrf = /name="xsrf" value="([^"]*)"/.exec(page)[1];
    await this.#send(`${this.issuer}/session/end/confirm`, { method: 'POST', body: new URLSearchParams({ xsrf, logout: 'yes' }) });
  }

  async #ask(form) {
    const authorization = `Basic ${Buffer.from(`${this.app}:${encodeURIComponent(secret).replaceAll('%20', '+')}`).toString('base64')}`;
    const answer = await fetch(`${this.issuer}/token`, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) });
    const body = await answer.json();
    if (!answer.ok) throw new Error(JSON.stringify(body));
    const claims = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url'));
    return { access: body.access_token, refresh: body.refresh_token ?? form.refresh_token, claims, browser: this };
  }

  async #send(url, options = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { ...options, redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.#cookies.set(name, value);
    }
    return answer;
  }
}
