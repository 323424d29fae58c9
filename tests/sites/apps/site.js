// The site of these tests in Node. Its WebSocket is written by hand, with a length in its 101, as some libraries have it.
'use strict';
const http = require('http');
const crypto = require('crypto');

const page = '<!DOCTYPE html><title>page</title><p>' + 'a page '.repeat(200);
const tag = '"page-1"';

const server = http.createServer((request, answer) => {
  switch (request.url) {
    case '/page':
      if (request.headers['if-none-match'] === tag) return answer.writeHead(304, { ETag: tag }).end();
      return answer.writeHead(200, { 'Content-Type': 'text/html', ETag: tag, 'Content-Length': page.length }).end(page);
    case '/echo':
      answer.writeHead(200, { 'Content-Type': 'text/plain' });
      return request.pipe(answer);
    case '/none':
      return answer.writeHead(204).end();
    case '/stream':
      answer.write('one ');
      answer.write('two ');
      return answer.end('three');
    case '/refuse':
      return answer.writeHead(413, { 'Content-Length': 3 }).end('no\n');
    default:
      return answer.writeHead(404).end('nowhere\n');
  }
});

server.on('upgrade', (request, socket) => {
  const accept = crypto.createHash('sha1').update(request.headers['sec-websocket-key'] +
    '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n' +
    'Sec-WebSocket-Accept: ' + accept + '\r\n\r\n');
  socket.on('error', () => {});
  socket.on('data', (frame) => {
    if ((frame[0] & 15) !== 1) return socket.end();
    const size = frame[1] & 127;
    const text = frame.subarray(6, 6 + size).map((byte, at) => byte ^ frame[2 + at % 4]);
    socket.write(Buffer.concat([Buffer.from([0x81, size]), text]));
  });
});

server.listen(Number(process.argv[2]), '127.0.0.1');
