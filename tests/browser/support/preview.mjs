// `portico serve` over a copy of the sample group, so that tests may edit it.
// In: the repository's sites, content and themes. Out: a running preview, and the means to edit its files and to stop it.

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from './build.mjs';

/** The moment the preview builds for: what is shown must not depend on the day of the test. */
const NOW = '2026-11-20 18:00';

export class Preview {
  static async start() {
    const preview = new Preview();
    preview.root = mkdtempSync(join(tmpdir(), 'portico-preview-'));
    for (const part of ['sites', 'content', 'themes']) cpSync(join(REPOSITORY, part), join(preview.root, part), { recursive: true });
    preview.port = await freePort();
    const args = ['serve', '--lang', 'zh', '--root', preview.root, '--port', String(preview.port), '--at', NOW];
    preview.process = spawn(join(REPOSITORY, 'target/release/portico'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    await preview.#built();
    return preview;
  }

  /** Resolves when the first build's summary, which names the main site's address, is printed. */
  #built() {
    return new Promise((resolve, reject) => {
      this.said = '';
      const hear = (bytes) => {
        this.said += bytes;
        if (this.said.includes(`http://localhost:${this.port}`)) resolve();
      };
      this.process.stdout.on('data', hear);
      this.process.stderr.on('data', hear);
      this.process.once('error', reject);
      this.process.once('exit', (code) => reject(new Error(`portico serve ended with ${code}:\n${this.said}`)));
    });
  }

  async stop() {
    if (this.process.exitCode === null) {
      const ended = new Promise((resolve) => this.process.once('exit', resolve));
      this.process.kill('SIGKILL');
      await ended;
    }
    rmSync(this.root, { recursive: true, force: true });
  }

  /** `host` is a site's sub-domain, or nothing for the bare `localhost`. */
  address(host, path = '/') {
    return `http://${host ? `${host}.` : ''}localhost:${this.port}${path}`;
  }

  read(file) {
    return readFileSync(join(this.root, file), 'utf8');
  }

  /** Changes or adds a file in one step, as a careful editor does: no build sees half of it. */
  write(file, content) {
    const draft = join(this.root, 'draft');
    writeFileSync(draft, content);
    renameSync(draft, join(this.root, file));
  }

  /** Listens for builds; gives, as soon as it does, a promise of the end of the next one. */
  listen() {
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: this.port, path: '/__portico/events', agent: false }, (stream) => {
        const built = new Promise((done) => stream.on('data', (part) => String(part).includes('event: built') && (asked.destroy(), done())));
        // In an object: a promise given by a promise would be waited for.
        resolve({ built });
      });
      asked.once('error', reject);
      asked.end();
    });
  }

  /** One raw request: unlike a browser or `fetch`, it leaves the path and the host as they are. */
  raw(path, host = `localhost:${this.port}`, method = 'GET') {
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: this.port, path, method, headers: { host }, agent: false }, (answer) => {
        const parts = [];
        answer.on('data', (part) => parts.push(part));
        answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts).toString() }));
      });
      asked.on('error', reject);
      asked.end();
    });
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
