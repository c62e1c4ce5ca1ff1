/*
 * token - requests of a test in the name of its admin: with a token, as a script would ask.
 */

/* What test_api_serve prints first. */
export function readServer(line) {
  const [address, token] = line.toString().trim().split(" ");
  const [host, port] = address.split(":");

  return { address, host, port, token, base: `http://${address}/api/v1` };
}

export const bearer = (token) => ({ Authorization: `Bearer ${token}` });

/* fetch, with the token of server() at the time. */
export const fetchAs = (server) => (url, options = {}) => fetch(url, { ...options, headers: { ...bearer(server().token), ...options.headers } });

/* Each request of a text that stands as it is, byte by byte. */
export function signRequests(text, token) {
  return text.replace(/^([A-Z]+ \/api\/\S* HTTP\/1\.[01]\r\n)/gm, `$1Authorization: Bearer ${token}\r\n`);
}
