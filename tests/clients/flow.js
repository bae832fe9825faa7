// What a client does with the daemon, through whatever library; the flow of flow.py.
//
// A library is wrapped as `library.call(headers)`: a promise of [response, entry ..., end of the list], and calls
// `flow.heard(event)`. Messages are objects in the order in which the library shows their headers.
'use strict';

const assert = require('assert');
const fields = require('./fields.js').events();

const EVENT_PATIENCE_MS = 20000;
const ANSWER_PATIENCE_MS = 20000;
// Numbers as the simulated customers know them, and what comes of them: ResDial, ResHangup.
const CALLEES = { 1600001: '4,16', 2100002: '5,17', 3000003: '3,19', 4000004: '0,1' };

class Flow {
  // `fold` writes a header's name as the library does.
  constructor(fold) {
    this.fold = fold;
    this.seen = [];
    this.next = 0;
    this.look = () => {};
  }

  get(message, name) {
    return message[this.fold(name)];
  }

  heard(event) {
    if (this.get(event, 'Event').startsWith('Out')) this.seen.push(event);
    this.look();
  }

  async run(library) {
    this.library = library;
    const made = await this.create();
    await this.campaign(made);
    await this.show(made);
    await this.update(made);
    await this.delete(made);
    const dialings = this.named('OutDialingCreate').length;
    return `${this.seen.length} events, ${dialings} calls`;
  }

  named(name) {
    return this.seen.filter((event) => this.get(event, 'Event') === name);
  }

  async create() {
    const plan = await this.created('Plan', {
      Name: 'by a library', Detail: 'first', DialMode: '6', TechName: 'Local', TrunkName: 'pstn',
      QueueName: 'sales', DialTimeout: '3000', MaxRetryCnt1: '1', Variable: 'one=1',
    });
    const dlma = await this.created('Dlma', { Name: 'list', Detail: 'first' });
    const leads = [];
    for (const number of Object.keys(CALLEES)) {
      const lead = { DlmaUuid: dlma, Name: `Customer ${number}`, Detail: 'first', Number1: number };
      leads.push(await this.created('DlList', lead));
    }
    const destination = await this.created('Destination', {
      Name: 'desk', Detail: 'first', Type: '0', Exten: '100', Context: 'default', Priority: '1',
    });
    const campaign = await this.created('Campaign', { Name: 'all', Detail: 'first', Plan: plan, Dlma: dlma });
    return { Campaign: campaign, Plan: plan, DlList: leads[0], Dlma: dlma, Destination: destination, leads };
  }

  async campaign(made) {
    const first = this.seen.length;
    await this.act('OutCampaignUpdate', { Uuid: made.Campaign, Status: '1' }, 'Campaign updated successfully');
    await this.wait((event) => this.get(event, 'Event') === 'OutDialingCreate');
    await this.list('OutDialingShow', 'OutDialingEntry');
    const summary = await this.list('OutDialingSummary', 'OutDialingSummary');
    assert.strictEqual(summary.length, 1, 'entries of OutDialingSummary');
    await this.wait((event) =>
      this.get(event, 'Event') === 'OutCampaignUpdate' && this.get(event, 'Status') === '0');
    const own = this.seen.slice(first).filter((event) => this.get(event, 'Event') === 'OutCampaignUpdate');
    const statuses = own.map((event) => this.get(event, 'Status'));
    assert.deepStrictEqual(statuses, ['11', '1', '10', '0'], 'statuses of the campaign');
    const created = this.named('OutDialingCreate');
    const called = created.map((event) => this.get(event, 'DlListUuid')).sort();
    assert.deepStrictEqual(called, [...made.leads].sort(), 'leads that were called, each once');
    created.forEach((event) => this.dialing(event));
  }

  dialing(created) {
    const number = this.get(created, 'DialAddr');
    const own = this.seen.filter((event) =>
      this.get(event, 'Event').startsWith('OutDialing') && this.get(event, 'Uuid') === this.get(created, 'Uuid'));
    const names = own.map((event) => this.get(event, 'Event').replace('OutDialing', ''));
    const updates = Array(Math.max(1, names.length - 2)).fill('Update');
    assert.deepStrictEqual(names, ['Create', ...updates, 'Delete'], `events of ${number}`);
    const statuses = own.slice(0, -1).map((event) => Number(this.get(event, 'Status')));
    assert.deepStrictEqual(statuses, [...statuses].sort((a, b) => a - b), `statuses of ${number}`);
    const last = own[own.length - 2];
    const end = `${this.get(last, 'ResDial')},${this.get(last, 'ResHangup')}`;
    assert.strictEqual(end, CALLEES[number], `end of ${number}`);
  }

  async show(made) {
    for (const resource of ['Campaign', 'Plan', 'Dlma', 'Destination']) {
      const entries = await this.list(`Out${resource}Show`, `Out${resource}Entry`);
      const uuids = entries.map((entry) => this.get(entry, 'Uuid'));
      assert.deepStrictEqual(uuids, [made[resource]], `${resource} entries`);
    }
    const leads = await this.list('OutDlListShow', 'OutDlListEntry', { DlmaUuid: made.Dlma, Count: '10' });
    const uuids = leads.map((lead) => this.get(lead, 'Uuid')).sort();
    assert.deepStrictEqual(uuids, [...made.leads].sort(), 'Dl List entries');
    for (const lead of leads) {
      const result = `${this.get(lead, 'ResDial')},${this.get(lead, 'ResHangup')}`;
      assert.strictEqual(result, CALLEES[this.get(lead, 'Number1')], `lead ${this.get(lead, 'Number1')}`);
    }
    assert.strictEqual((await this.list('OutDialingShow', 'OutDialingEntry')).length, 0, 'dialings at the end');
  }

  async update(made) {
    for (const resource of ['Campaign', 'Plan', 'DlList', 'Dlma', 'Destination']) {
      const uuid = made[resource];
      await this.act(`Out${resource}Update`, { Uuid: uuid, Name: 'changed', Detail: '' });
      const event = await this.wait((event) =>
        this.get(event, 'Event') === `Out${resource}Update` && this.get(event, 'Name') === 'changed');
      const [entry] = await this.list(`Out${resource}Show`, `Out${resource}Entry`, { Uuid: uuid });
      for (const message of [event, entry]) {
        const shown = ['Uuid', 'Name', 'Detail'].map((name) => this.get(message, name));
        assert.deepStrictEqual(shown, [uuid, 'changed', '<unknown>'], `changed ${resource}`);
      }
    }
  }

  async delete(made) {
    for (const resource of ['Campaign', 'Plan', 'DlList', 'Dlma', 'Destination']) {
      const uuid = made[resource];
      await this.act(`Out${resource}Delete`, { Uuid: uuid });
      await this.wait((event) =>
        this.get(event, 'Event') === `Out${resource}Delete` && this.get(event, 'Uuid') === uuid);
      if (resource === 'DlList') {
        assert.strictEqual((await this.list('OutDlListShow', 'OutDlListEntry', { Uuid: uuid })).length, 0);
      } else {
        await this.refused(`Out${resource}Show`, { Uuid: uuid }, `No such ${resource.toLowerCase()}`);
      }
      await this.refused(`Out${resource}Delete`, { Uuid: uuid }, 'Error encountered while deleting');
    }
  }

  async created(resource, headers) {
    await this.act(`Out${resource}Create`, headers);
    const event = await this.wait((event) => this.get(event, 'Event') === `Out${resource}Create`);
    return this.get(event, 'Uuid');
  }

  async act(action, headers) {
    const [response] = await this.call(action, headers);
    const shown = `${this.get(response, 'Response')}: ${this.get(response, 'Message')}`;
    assert.match(shown, /^Success: .* (created|updated|deleted) successfully$/, `reply to ${action}`);
  }

  async refused(action, headers, text) {
    const [response] = await this.call(action, headers);
    const shown = `${this.get(response, 'Response')}: ${this.get(response, 'Message')}`;
    assert.ok(shown.startsWith(`Error: ${text}`), `reply to ${action}: ${shown}`);
  }

  async list(action, entry, headers) {
    const [response, ...entries] = await this.call(action, headers || {});
    const end = entries.pop();
    const shown = ['Response', 'EventList'].map((name) => this.get(response, name));
    assert.deepStrictEqual(shown, ['Success', 'start'], `reply to ${action}`);
    assert.strictEqual(this.get(end, 'ListItems'), String(entries.length), `end of ${action}`);
    for (const message of entries) this.checkFields(message, entry, ['Event', 'ActionID']);
    return entries;
  }

  call(action, headers) {
    return inTime(this.library.call({ Action: action, ...headers }), ANSWER_PATIENCE_MS, `answer to ${action}`);
  }

  checkFields(message, name, first) {
    assert.strictEqual(this.get(message, 'Event'), name);
    const expected = [...first, ...fields[name]].map(this.fold);
    assert.deepStrictEqual(Object.keys(message), expected, `fields of ${name}`);
  }

  // The next event that fits. Each event on the way is checked.
  wait(fits) {
    const found = new Promise((resolve, reject) => {
      this.look = () => {
        try {
          while (this.next < this.seen.length) {
            const event = this.seen[this.next++];
            this.checkFields(event, this.get(event, 'Event'), ['Event', 'Privilege']);
            if (fits(event)) return resolve(event);
          }
        } catch (error) {
          reject(error);
        }
      };
      this.look();
    });
    return inTime(found, EVENT_PATIENCE_MS, 'event').finally(() => { this.look = () => {}; });
  }
}

function inTime(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come in ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Runs the flow; one line and the exit code say what came of it.
exports.main = async function main(name, fold, connect) {
  const flow = new Flow(fold);
  try {
    const library = await inTime(connect(process.argv[2], Number(process.argv[3]), flow), ANSWER_PATIENCE_MS, 'login');
    console.log(`OK ${name}: ${await flow.run(library)}`);
    process.exitCode = 0;
  } catch (error) {
    console.log(`FAILED ${name}: ${error.stack}`);
    process.exitCode = 1;
  }
  process.exit();
};
