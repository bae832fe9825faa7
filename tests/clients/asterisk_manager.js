// The flow through asterisk-manager (callbacks; it writes all header names in lower case).
'use strict';

const manager = require('asterisk-manager');
const flow = require('./flow.js');

function connect(host, port, following) {
  const ami = manager(port, host, 'admin', 'outbound', true);
  const lists = new Map();
  ami.on('managerevent', (event) => {
    const list = lists.get(event.actionid);
    if (list) list(event);
    else following.heard(event);
  });
  let count = 0;
  const call = (headers) => new Promise((resolve) => {
    const answer = [];
    const actionid = `call-${count++}`;
    lists.set(actionid, (event) => {
      answer.push(event);
      if (event.eventlist === 'Complete') resolve(answer);
    });
    // An error response comes as the first argument, a good one as the second.
    const action = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    ami.action({ ...action, actionid }, (error, response) => {
      answer.unshift(error || response);
      if (answer[0].eventlist !== 'start') resolve(answer);
    });
  });
  // It logs in by itself, and this is the first response.
  return new Promise((resolve, reject) => {
    ami.once('response', ({ response, message }) => {
      if (response === 'Success') resolve({ call });
      else reject(new Error(message));
    });
  });
}

flow.main('asterisk-manager', (name) => name.toLowerCase(), connect);
