// Signs in with client credentials through @inrupt/solid-client-authn-node, for the scripts beside this one.
// Their usage: node SCRIPT ISSUER CLIENT_ID CLIENT_SECRET ARGUMENT...; each prints what it saw as JSON.
import {Session} from '@inrupt/solid-client-authn-node';

export async function enter() {
  const [oidcIssuer, clientId, clientSecret, ...more] = process.argv.slice(2);
  const session = new Session();
  await session.login({oidcIssuer, clientId, clientSecret, tokenType: 'DPoP'});
  return {fetch: session.fetch, more};
}

export function tell(seen) {
  process.stdout.write(JSON.stringify(seen), () => process.exit(0));
}

// The status of the refusal that a call meets, or that it went through.
export async function refusal(call) {
  try {
    await call();
  } catch (error) {
    return error.statusCode ?? error.status ?? error.response?.status ?? String(error);
  }
  return 'went through';
}
