/*
 * hostile_certificate - the server's direction of a TLS 1.2 handshake, its certificate full of
 * attacks. Signed by nobody: nobody checks.
 */
import { Buffer } from "node:buffer";

/* DER: X.690. */
function der(tag, ...parts) {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];

  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const hex = (text) => Buffer.from(text.replaceAll(" ", ""), "hex");
const sequence = (...parts) => der(0x30, ...parts);
const oid = (text) => der(0x06, hex(text));
const utf8 = (value) => der(0x0c, Buffer.from(value));
const SHA256_RSA = sequence(oid("2a864886f70d01010b"), der(0x05));
const RSA = sequence(oid("2a864886f70d010101"), der(0x05));
const NAMES = { cn: oid("550403"), o: oid("55040a") };

function name(attack) {
  const part = (which, value) => der(0x31, sequence(NAMES[which], utf8(value)));
  return sequence(part("cn", attack), part("o", attack));
}

function key() {
  const modulus = Buffer.alloc(257, 0x5b);

  modulus[0] = 0;
  return sequence(RSA, der(0x03, Buffer.from([0]), sequence(der(0x02, modulus), der(0x02, hex("010001")))));
}

function certificate(attack, serial, [from, until]) {
  const names = sequence(der(0x82, Buffer.from(attack, "latin1")), der(0x86, Buffer.from(attack, "latin1")));
  const alternatives = sequence(oid("551d11"), der(0x04, names));
  const validity = sequence(der(0x17, Buffer.from(from)), der(0x17, Buffer.from(until)));

  return sequence(
    sequence(
      der(0xa0, der(0x02, hex("02"))),
      der(0x02, Buffer.from([1, serial])),
      SHA256_RSA,
      name(attack),
      validity,
      name(attack),
      key(),
      der(0xa3, sequence(alternatives)),
    ),
    SHA256_RSA,
    der(0x03, Buffer.alloc(257)),
  );
}

function u24(value) {
  return Buffer.from([value >> 16, (value >> 8) & 255, value & 255]);
}

const handshake = (type, body) => Buffer.concat([Buffer.from([type]), u24(body.length), body]);
const withLength = (body) => Buffer.concat([u24(body.length), body]);

const VALID = ["260101000000Z", "270101000000Z"];

/* A record of handshake messages: ServerHello and Certificate. valid: two times as X.509 has them. */
export function hostileHandshake(attack, serial, valid = VALID) {
  const hello = Buffer.concat([hex("0303"), Buffer.alloc(32, 7), hex("00c02f00")]);
  const list = withLength(withLength(certificate(attack, serial, valid)));
  const messages = Buffer.concat([handshake(2, hello), handshake(11, list)]);

  return Buffer.concat([hex("160303"), Buffer.from([messages.length >> 8, messages.length & 255]), messages]);
}
