// SPDX-License-Identifier: Apache-2.0
// Routes that GET / never visits: require when asked for, a data file, plugins by listing, a package by its exports, a computed
// name, /tmp, a child process.
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');

const routes = {
  '/': () => 'hello from node\n',
  '/lazy': () => require('./lib/lazy').run(),
  '/data': () => fs.readFileSync(path.join(__dirname, 'data.json'), 'utf8'),
  '/plugins': () => fs.readdirSync(path.join(__dirname, 'plugins')).sort()
    .map((name) => require('./plugins/' + name).name).join(',') + '\n',
  '/write': () => { fs.appendFileSync('/tmp/visits.log', 'x\n'); return 'written\n'; },
  '/intl': () => new Intl.DateTimeFormat('de', { timeZone: 'Europe/Berlin' }).format(new Date(0)) + '\n',
  '/exports': () => require('shop').text,
  '/computed': () => require('shop/kind/' + ['la', 'te'].join('')).text,
  '/exec': () => require('child_process').execFileSync('/usr/bin/id', ['-u'], { encoding: 'utf8' }),
};

http.createServer((request, response) => {
  const route = routes[request.url];
  response.setHeader('Content-Type', 'text/plain');
  try {
    response.statusCode = route ? 200 : 404;
    response.end(route ? route() : 'nothing here\n');
  } catch (problem) {
    response.statusCode = 500;
    response.end(String(problem) + '\n');
  }
}).listen(3000, '0.0.0.0', () => console.log('listening on 3000'));
process.on('SIGTERM', () => process.exit(0));
