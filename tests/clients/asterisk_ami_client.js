// The flow through asterisk-ami-client (promises and events).
'use strict';

const AmiClient = require('asterisk-ami-client');
const flow = require('./flow.js');

async function connect(host, port, following) {
  const client = new AmiClient();
  const lists = new Map();
  client.on('event', (event) => {
    const list = lists.get(event.ActionID);
    if (list) list(event);
    else following.heard(event);
  });
  await client.connect('admin', 'outbound', { host, port });
  let count = 0;
  const call = async (headers) => {
    const ActionID = `call-${count++}`;
    const entries = [];
    const whole = new Promise((resolve) => {
      lists.set(ActionID, (event) => {
        entries.push(event);
        if (event.EventList === 'Complete') resolve();
      });
    });
    const response = await client.action({ ...headers, ActionID }, true);
    if (response.EventList === 'start') await whole;
    return [response, ...entries];
  };
  return { call };
}

flow.main('asterisk-ami-client', (name) => name, connect);
