// sinks - what messages about alerts are sent to in the tests: HTTPS that checks signatures, mail, syslog.
//
// Each keeps what it heard in a list; wait(list, test) gives the first that fits.
import { createHmac, timingSafeEqual } from 'node:crypto';
import dgram from 'node:dgram';
import https from 'node:https';
import net from 'node:net';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function wait(what, list, fits, patience = 20000) {
    for (const end = Date.now() + patience; Date.now() < end; await sleep(20)) {
        const found = list.find(fits);
        if (found) return found;
    }
    throw new Error(`${what} did not come within ${patience / 1000} s; there were ${JSON.stringify(list).slice(0, 2000)}`);
}

const listening = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

// As a receiver of Standard Webhooks does it: any of its keys may fit any of the signatures.
export function verifies(headers, body, key) {
    const bytes = key.startsWith('whsec_') ? Buffer.from(key.slice(6), 'base64') : Buffer.from(key);
    const mac = createHmac('sha256', bytes)
        .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`).update(body).digest();
    return (headers['webhook-signature'] ?? '').split(' ').some((each) => {
        const [version, text] = each.split(',');
        const given = Buffer.from(text ?? '', 'base64');
        return version === 'v1' && given.length === mac.length && timingSafeEqual(given, mac);
    });
}

export async function httpsSink(pem) {
    const heard = [];
    const server = https.createServer({ key: pem, cert: pem }, (request, answer) => {
        const parts = [];
        request.on('data', (part) => parts.push(part));
        request.on('end', () => {
            const body = Buffer.concat(parts);
            heard.push({ path: request.url, headers: request.headers, body: body.toString() });
            answer.writeHead(request.url === '/events' ? 202 : 200).end('ok');
        });
    });
    return { heard, port: await listening(server), close: () => { server.closeAllConnections(); server.close(); } };
}

// Mails as they came, without the points that SMTP adds.
export async function mailSink() {
    const heard = [];
    const server = net.createServer((socket) => {
        let text = '', mail = null;
        const say = (line) => socket.write(`${line}\r\n`);
        say('220 sink');
        socket.on('error', () => {});
        socket.on('data', (bytes) => {
            text += bytes;
            for (let end; (end = text.indexOf('\r\n')) >= 0;) {
                const line = text.slice(0, end);
                text = text.slice(end + 2);
                if (mail?.lines) {
                    if (line === '.') { heard.push(mail); mail = null; say('250 taken'); } else mail.lines.push(line.replace(/^\./, ''));
                } else if (/^MAIL/.test(line)) { mail = { from: line, to: [] }; say('250 ok'); }
                else if (/^RCPT/.test(line)) { mail.to.push(line); say('250 ok'); }
                else if (/^DATA/.test(line)) { mail.lines = []; say('354 go on'); }
                else if (/^QUIT/.test(line)) { say('221 bye'); socket.end(); }
                else say('250 ok');
            }
        });
    });
    return { heard, port: await listening(server), close: () => server.close() };
}

export async function syslogSink() {
    const heard = [];
    const socket = dgram.createSocket('udp4');
    socket.on('message', (bytes) => heard.push(bytes.toString()));
    await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return { heard, port: socket.address().port, close: () => socket.close() };
}

// The text of a mail's body, its quoted-printable undone.
export const mailText = (mail) => Buffer.from(
    mail.lines.slice(mail.lines.indexOf('') + 1).join('\n').replace(/=\n/g, '')
        .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString();
