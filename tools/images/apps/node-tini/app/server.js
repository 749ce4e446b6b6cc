// SPDX-License-Identifier: Apache-2.0
// Serves its public directory, and says how it was started.
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');

const answers = {
	'/': () => 'hello from node under tini\n',
	'/start': () => JSON.stringify({ options: process.execArgv, arguments: process.argv.slice(2), port: process.env.PORT }) + '\n',
	'/config.js': () => fs.readFileSync(path.join(__dirname, 'public', 'config.js')),
	'/page.html': () => fs.readFileSync(path.join(__dirname, 'public', 'page.html')),
};

const server = http.createServer((request, response) => {
	const answer = answers[request.url];
	response.statusCode = answer ? 200 : 404;
	response.end(answer ? answer() : 'not found\n');
});
server.listen(Number(process.env.PORT));
process.on('SIGTERM', () => {
	console.log('stops');
	server.close(() => process.exit(0));
	server.closeAllConnections?.();
});
