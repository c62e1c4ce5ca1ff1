// receivers - one alert of each origin to every kind of receiver, as real as they can be had: HTTPS that
// checks signatures while keys rotate, Debian's own Alertmanager, mail, syslog, a program.
//
//     node --test receivers.test.mjs
//
// EARSHOT_BIN, EARSHOT_RULES and EARSHOT_SAMPLES name what is tested, EARSHOT_SCRATCH a folder of the
// build, where Debian's package of Alertmanager is unpacked: nothing is installed.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { httpsSink, mailSink, mailText, sleep, syslogSink, verifies, wait } from './sinks.mjs';

const work = mkdtempSync(join(tmpdir(), 'earshot-notify-'));
const store = join(work, 'store');
const NEW_KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', OLD_KEY = 'the key of last year';
const earshot = (...args) => execFileSync(process.env.EARSHOT_BIN, args, { encoding: 'utf8' });
const write = (name, text, mode = 0o600) => {
    writeFileSync(join(work, name), text, { mode });
    chmodSync(join(work, name), mode);
    return join(work, name);
};
let hooks, mails, logs, expired, serve, base, token, manager;

// A key and a certificate in one file; days may be over already.
function makePem(name, days) {
    const file = join(work, `${name}.pem`);
    const dates = days < 0 ? ['-not_before', '20240101000000Z', '-not_after', '20240201000000Z'] : ['-days', String(days)];
    execFileSync('openssl', ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`,
        '-keyout', `${file}.key`, '-out', `${file}.csr`], { stdio: 'ignore' });
    write(`${name}.ext`, 'subjectAltName=IP:127.0.0.1\n');
    // req and x509 of OpenSSL 3.0 know no dates, ca does.
    write(`${name}.index`, '');
    write(`${name}.serial`, '01\n');
    write(`${name}.ca`, `[ca]\ndefault_ca=d\n[d]\ndatabase=${work}/${name}.index\nserial=${work}/${name}.serial\nnew_certs_dir=${work}\n`
        + 'default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n');
    if (days < 0)
        execFileSync('openssl', ['ca', '-batch', '-selfsign', '-config', join(work, `${name}.ca`), '-keyfile', `${file}.key`, '-in', `${file}.csr`,
            '-out', `${file}.crt`, '-startdate', '20240101000000Z', '-enddate', '20240201000000Z', '-notext'], { stdio: 'ignore' });
    else
        execFileSync('openssl', ['x509', '-req', '-in', `${file}.csr`, '-signkey', `${file}.key`, ...dates, '-extfile', join(work, `${name}.ext`),
            '-out', `${file}.crt`], { stdio: 'ignore' });
    writeFileSync(file, readFileSync(`${file}.key`) + readFileSync(`${file}.crt`));
    return file;
}

// The capture as if it ended a minute ago: what was over yesterday wakes nobody.
function bringUpToDate(sample) {
    const bytes = readFileSync(join(process.env.EARSHOT_SAMPLES, sample)), records = [];
    for (let at = 24; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) records.push(at);
    const shift = Math.floor(Date.now() / 1000) - 60 - bytes.readUInt32LE(records.at(-1));
    for (const at of records) bytes.writeUInt32LE(bytes.readUInt32LE(at) + shift, at);
    writeFileSync(join(work, sample), bytes);
    return join(work, sample);
}

// Where it is, or why it is not.
function findAlertmanager() {
    try {
        return [execFileSync('sh', ['-c', 'command -v prometheus-alertmanager'], { encoding: 'utf8' }).trim(), ''];
    } catch { /* as on most machines */ }
    const scratch = process.env.EARSHOT_SCRATCH ?? work, program = join(scratch, 'alertmanager/usr/bin/prometheus-alertmanager');
    try {
        if (!existsSync(program)) {
            mkdirSync(scratch, { recursive: true });
            execFileSync('apt-get', ['download', 'prometheus-alertmanager'], { cwd: scratch, stdio: 'ignore', timeout: 60000 });
            const deb = readdirSync(scratch).find((name) => /^prometheus-alertmanager_.*\.deb$/.test(name));
            execFileSync('dpkg-deb', ['-x', join(scratch, deb), join(scratch, 'alertmanager')], { stdio: 'ignore' });
        }
        return [program, ''];
    } catch (error) {
        return [null, error.message.split('\n')[0]];
    }
}

async function startAlertmanager() {
    const [program, why] = findAlertmanager();
    if (!program) return { why };
    const port = 20000 + Math.floor(Math.random() * 20000);
    const config = write('alertmanager.yml', 'route: { receiver: nobody }\nreceivers: [ { name: nobody } ]\n');
    const child = spawn(program, [`--config.file=${config}`, `--storage.path=${join(work, 'am')}`, '--cluster.listen-address=',
        `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
    for (let i = 0; i < 250; i++, await sleep(40)) {
        const up = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => null);
        if (up?.ok) return { child, port };
        if (child.exitCode !== null) return { why: `it ended with status ${child.exitCode}` };
    }
    child.kill('SIGKILL');
    return { why: 'it did not start within 10 s' };
}

const receiver = (values) => `    - { ${Object.entries(values).map(([key, value]) => `${key}: "${value}"`).join(', ')} }\n`;

function writeConfig() {
    const told = write('told.sh', `#!/bin/sh\ncat > ${work}/told.new && mv ${work}/told.new ${work}/told.json\n`, 0o755);
    const https = `https://127.0.0.1:${hooks.port}`;
    return write('earshot.yaml', 'notify:\n  receivers:\n'
        + receiver({ name: 'hook', kind: 'webhook', url: `${https}/hook`, key_file: write('keys', `${NEW_KEY}\n${OLD_KEY}\n`) })
        + receiver({ name: 'pager', kind: 'pagerduty', url: `${https}/events`, token_file: write('token', 'R0UT1NG\n') })
        + receiver({ name: 'channel', kind: 'slack', url: `${https}/slack` })
        + receiver({ name: 'post', kind: 'mail', url: `smtp://127.0.0.1:${mails.port}`, from: 'Earshot <earshot@probe.example>', to: 'noc@example.org' })
        + receiver({ name: 'log', kind: 'syslog', url: `syslog+udp://127.0.0.1:${logs.port}` })
        + receiver({ name: 'program', kind: 'exec', url: told, severity: 'critical' })
        + receiver({ name: 'alive', kind: 'heartbeat', url: `${https}/alive`, every: '1s' })
        + (manager.port ? receiver({ name: 'manager', kind: 'alertmanager', url: `http://127.0.0.1:${manager.port}/api/v2/alerts` }) : '')
        + `  allow: [127.0.0.1]\n  exec: yes\n  ca_file: ${join(work, 'hooks.pem')}\n`
        + `certificates:\n  watch: ["127.0.0.1:${expired.address().port}"]\n`);
}

before(async () => {
    manager = await startAlertmanager();
    hooks = await httpsSink(readFileSync(makePem('hooks', 2)));
    const old = readFileSync(makePem('expired', -1));
    expired = tls.createServer({ key: old, cert: old }).on('tlsClientError', () => {});
    await new Promise((resolve) => expired.listen(0, '127.0.0.1', resolve));
    [mails, logs] = [await mailSink(), await syslogSink()];
    earshot('replay', join(process.env.EARSHOT_SAMPLES, 'good-call.pcap'), '--store', store, '--quiet');
    earshot('user', 'add', 'noc', '--role', 'viewer', '--link', '--store', store);
    token = earshot('token', 'add', 'test', '--user', 'noc', '--scopes', 'see', '--store', store).trim();
    serve = spawn(process.env.EARSHOT_BIN, ['serve', '-c', writeConfig(), '--store', store, '--listen', '127.0.0.1:0'],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    base = await new Promise((resolve, reject) => {
        serve.stdout.on('data', (text) => { const found = /http:\/\/\S+\d/.exec(text); if (found) resolve(found[0]); });
        serve.once('exit', (code) => reject(new Error(`no server, exit status ${code}`)));
    });
    earshot('replay', bringUpToDate('spike-503.pcap'), '--store', store, '--rules', process.env.EARSHOT_RULES, '--quiet');
});

after(async () => {
    for (const child of [serve, manager?.child]) {
        if (!child || child.exitCode !== null) continue;
        const left = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        const code = await left;
        if (child === serve) assert.equal(code, 0, 'it leaves without a sanitizer report');
    }
    for (const sink of [hooks, mails, logs, expired]) sink?.close();
    rmSync(work, { recursive: true });
});

const isAbout = (rule) => (text) => text.includes(rule);

test('a signed webhook, by either key', async () => {
    const { headers, body } = await wait('the webhook', hooks.heard, (each) => each.path === '/hook' && each.body.includes('sip-503-spike'));
    assert.equal(headers['content-type'], 'application/json');
    assert.ok(verifies(headers, body, NEW_KEY) && verifies(headers, body, OLD_KEY), 'both signatures are right while keys rotate');
    assert.ok(!verifies(headers, `${body} `, NEW_KEY) && !verifies(headers, body, 'another key of 16'));
    assert.ok(!headers['webhook-id'].includes('.') && Math.abs(headers['webhook-timestamp'] - Date.now() / 1000) < 60);
    const { alerts: [alert] } = JSON.parse(body);
    assert.equal(alert.labels.alertname, 'sip-503-spike');
    assert.equal(alert.labels.severity, 'critical');
    assert.match(alert.annotations.summary, /503 spike at 198\.51\.100\.1: \d+ of \d+ calls/);
    assert.ok(alert.earshot.calls.length > 5);

    const { packets } = alert.links.calls[0];
    const answer = await fetch(packets);
    assert.equal(answer.status, 200, 'the link of the message leads to the packets, without a login');
    assert.equal(Buffer.from(await answer.arrayBuffer()).readUInt32LE(0), 0xa1b23c4d);
    assert.equal((await fetch(packets.replace('expires=1', 'expires=2'))).status, 403);
});

test('an expired certificate that nobody but us asked for', async () => {
    const { body } = await wait('the alert', hooks.heard, (each) => each.path === '/hook' && each.body.includes('certificate-expired'));
    const { status, alerts: [alert] } = JSON.parse(body);
    assert.equal(status, 'firing');
    assert.match(alert.annotations.summary, /CN=expired\) has expired/);
    const { watched } = await (await fetch(`${base}/api/v1/certificates`, { headers: { Authorization: `Bearer ${token}` } })).json();
    assert.equal(watched.length, 1);
    assert.equal(watched[0].certificate.origin, 'watch');
    assert.ok(watched[0].certificate.days_left < -300);
});

test('Alertmanager takes it', async (t) => {
    if (!manager.port) return t.skip(`SKIPPED: no Alertmanager: ${manager.why}`);
    for (let i = 0; i < 400; i++, await sleep(50)) {
        const alerts = await (await fetch(`http://127.0.0.1:${manager.port}/api/v2/alerts`)).json();
        const found = alerts.find((each) => each.labels.alertname === 'certificate-expired');
        if (!found) continue;
        assert.equal(found.status.state, 'active');
        assert.equal(found.labels.severity, 'critical');
        assert.match(found.annotations.summary, /has expired/);
        assert.match(found.generatorURL, /#\/alerts\/[0-9a-f]{16}$/);
        return undefined;
    }
    assert.fail('it was not told of the certificate');
});

test('PagerDuty and Slack; no heartbeat while no probe lives', async () => {
    const event = JSON.parse((await wait('the event', hooks.heard, (each) => each.path === '/events' && each.body.includes('certificate-expired'))).body);
    assert.equal(event.routing_key, 'R0UT1NG');
    assert.equal(event.event_action, 'trigger');
    assert.match(event.dedup_key, /^[0-9a-f]{16}$/);
    assert.ok(event.payload.custom_details.since);
    const slack = JSON.parse((await wait('the message', hooks.heard, (each) => each.path === '/slack' && each.body.includes('503 spike'))).body);
    assert.match(slack.text, /503 spike at 198\.51\.100\.1/);
    assert.ok(JSON.stringify(slack.blocks).includes('/#/call/'));
    assert.ok(!hooks.heard.some(({ path }) => path === '/alive'));
});

test('mail, syslog and a program', async () => {
    const mail = await wait('the mail', mails.heard, (each) => mailText(each).includes('sip-503-spike'));
    assert.equal(mail.to[0], 'RCPT TO:<noc@example.org>');
    assert.match(mail.lines[0], /^Message-ID: <[\w-]+@probe\.example>$/);
    for (const words of [/503 spike at 198\.51\.100\.1/, /since +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/, /counted +\d+ of \d+/, /limit/,
        /api\/v1\/calls\/[0-9a-f]{16}\/pcap\?expires=\d+&signature=/, /do first +\w/]) assert.match(mailText(mail), words);
    const line = await wait('the line', logs.heard, isAbout('certificate-expired'));
    assert.match(line, /^<26>1 \d{4}-\d\d-\d\dT[\d:.]+Z \S+ earshot - certificate-expired \[earshot@32473 alert="[0-9a-f]{16}" .*\] CRITICAL: /);
    for (let i = 0; i < 400 && !existsSync(join(work, 'told.json')); i++) await sleep(50);
    assert.equal(JSON.parse(readFileSync(join(work, 'told.json'), 'utf8')).version, '4');
});
