// The fields of the events in their order, read from the contract's text. See fields.py, which also has the replies.
'use strict';

const fs = require('fs');
const path = require('path');

const contract = path.join(__dirname, '..', 'data', 'contract');

function numbered(name) {
  const spread = /^(\w+?)(\d)\.\.(\d)$/.exec(name);
  if (!spread) return [name];
  const names = [];
  for (let n = Number(spread[2]); n <= Number(spread[3]); n++) names.push(spread[1] + n);
  return names;
}

function documented() {
  const fields = {};
  const text = fs.readFileSync(path.join(contract, 'ami_event.txt'), 'utf8');
  for (const block of text.split('Example\n-------').slice(1)) {
    const example = /::\n\n((?: {2}.*\n)+)/.exec(block)[1];
    const lines = example.trim().split('\n').map((line) => line.trim());
    fields[lines[0].split(': ')[1]] = lines.slice(2).map((line) => line.split(':')[0]);
  }
  return fields;
}

function section(text, title) {
  return text.split(`## ${title}`)[1].split('\n## ')[0];
}

// {event: its fields in order, without Event and Privilege}, list entries too.
exports.events = function events() {
  const fields = documented();
  const text = fs.readFileSync(path.join(contract, 'ami_action.md'), 'utf8');
  for (const item of section(text, 'Events that the first document leaves out').split('\n- ').slice(1)) {
    const [head, ...rest] = item.replace(/\s+/g, ' ').trim().split(': ');
    const body = rest.join(': ').replace(/\([^)]*\)/g, '').replace(/\.$/, '');
    const names = body.split(',').flatMap((part) => numbered(part.trim()));
    for (const event of head.split(', ')) {
      const [first, ...more] = event.split(' / ');
      fields[first] = names;
      for (const one of more) fields[first.replace(/(Create|Update|Delete)$/, one)] = names;
    }
  }
  const extra = {};
  const pattern = /(?:- | {3})(\w+): ([^.]*)\./g;
  for (const found of section(text, 'Extra fields of the later generation').matchAll(pattern)) {
    extra[found[1]] = found[2].split(', ');
  }
  for (const resource of ['Campaign', 'Plan', 'Dlma', 'DlList', 'Destination', 'Dialing']) {
    for (const event of [`Out${resource}Create`, `Out${resource}Update`]) {
      fields[event] = fields[event].concat(extra[resource] || []);
    }
    fields[`Out${resource}Entry`] = fields[`Out${resource}Create`];
  }
  for (const found of text.matchAll(/(Out\w+) \(((?:[A-Z]\w+(?:, )?)+)\)/g)) {
    fields[found[1]] = found[2].split(', ');
  }
  return fields;
};
