// SPDX-License-Identifier: Apache-2.0
// Command lines that node gives to a shell; port 8080.
'use strict';
const { exec, execSync } = require('child_process');
const http = require('http');

http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/') {
    response.end('ready');
  } else if (url.pathname === '/sync') {
    response.end(execSync('basename "/a/b c"', { encoding: 'utf8' }));
  } else {
    const line = url.pathname === '/exec' ? 'id -u' : url.searchParams.get('line');
    exec(line, (error, out, err) => response.end(error ? `${error.code} ${err}` : out));
  }
}).listen(8080, '0.0.0.0');
process.on('SIGTERM', () => process.exit(0));
