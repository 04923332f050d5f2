// Signs in with client credentials through @inrupt/solid-client-authn-node and works in a pod with its fetch.
// usage: node sign_in.mjs ISSUER CLIENT_ID CLIENT_SECRET CONTAINER; prints what happened as JSON.
import {Session} from '@inrupt/solid-client-authn-node';

const [oidcIssuer, clientId, clientSecret, container] = process.argv.slice(2);
const session = new Session();
await session.login({oidcIssuer, clientId, clientSecret, tokenType: 'DPoP'});
const note = `${container}from-inrupt`;
const put = await session.fetch(note, {method: 'PUT', headers: {'content-type': 'text/turtle'}, body: '<#it> <http://schema.org/name> "Bonjour" .'});
const got = await session.fetch(note, {headers: {accept: 'text/turtle'}});
const stranger = await fetch(note);
process.stdout.write(JSON.stringify({
  signedIn: session.info.isLoggedIn, webId: session.info.webId, put: put.status, got: got.status,
  body: await got.text(), stranger: stranger.status
}));
process.exit(0);
