// A Solid application for the browser, as its makers would write it with @inrupt/solid-client-authn-browser.
import {login, handleIncomingRedirect, fetch as solidFetch, getDefaultSession} from '@inrupt/solid-client-authn-browser';

const say = text => { document.getElementById('said').textContent = text; };
const issuer = new URLSearchParams(location.search).get('issuer');

document.getElementById('enter').addEventListener('click', () =>
  login({oidcIssuer: issuer, redirectUrl: `${location.origin}/`, clientName: 'Carnet de voyage'}));

await handleIncomingRedirect();
const {info} = getDefaultSession();
if(info.isLoggedIn) {
  const note = new URL('../private/from-browser', info.webId.split('#')[0]).href;
  const put = await solidFetch(note, {method: 'PUT', headers: {'content-type': 'text/turtle'}, body: '<#it> a <urn:x> .'});
  const got = await solidFetch(note);
  say(JSON.stringify({webId: info.webId, put: put.status, got: got.status}));
} else {
  say('nobody');
}
