// Runs one n8n workflow as n8n does, for tests: real JavaScript in expressions and Code nodes, item pairing, and a run
// that stops at the first error of a node that does not say otherwise. It opens no connection: every call goes to
// whoever started it, as a line of JSON on stdout, and the answer comes as a line on stdin.
// Semantics: docs.n8n.io/build/work-with-data (items, item linking, $json, $('node').item, .first()).

import { createInterface } from "node:readline";
import vm from "node:vm";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const hear = async () => JSON.parse((await lines.next()).value);
const say = (message) => process.stdout.write(JSON.stringify(message) + "\n");
const ask = async (message) => (say(message), hear());

const { workflow, start } = await hear();
const byName = new Map(workflow.nodes.map((node) => [node.name, node]));
const outputs = new Map(); // node name → the items it last put out, over all its outputs

class NodeError extends Error {
  constructor(node, message, status = null) {
    super(message);
    this.node = node;
    this.status = status;
  }
}

// --- Expressions ------------------------------------------------------------------------------

function scope(node, item, items) {
  const reference = (name) => {
    if (!byName.has(name)) throw new NodeError(node.name, `Referenced node doesn't exist: ${name}`);
    const found = outputs.get(name);
    if (!found) throw new NodeError(node.name, `Node '${name}' hasn't been executed`);
    return {
      all: () => found,
      first: () => found[0],
      last: () => found.at(-1),
      isExecuted: true,
      get item() {
        const paired = item?.lineage?.get(name);
        if (!paired) throw new NodeError(node.name, `Paired item data for item from node '${name}' is unavailable`);
        return paired;
      },
    };
  };
  return {
    $json: item?.json,
    $: reference,
    $input: { all: () => items, first: () => items[0], item },
    $now: { toISO: () => new Date().toISOString(), toMillis: () => Date.now() },
    $execution: { id: "1" },
    console: { log() {} },
  };
}

function evaluate(node, value, item, items) {
  if (Array.isArray(value)) return value.map((each) => evaluate(node, each, item, items));
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, evaluate(node, each, item, items)]));
  if (typeof value !== "string" || !value.startsWith("=")) return value;
  return template(node, value.slice(1), scope(node, item, items));
}

/** A single {{ }} keeps its type; several, or text around them, are joined as text. */
function template(node, text, names) {
  const whole = /^\s*\{\{([\s\S]*)\}\}\s*$/.exec(text);
  if (whole && !whole[1].includes("}}")) return script(node, `(${whole[1]}\n)`, names);
  return text.replace(/\{\{([\s\S]*?)\}\}/g, (_, inner) => {
    const value = script(node, `(${inner}\n)`, names);
    return value && typeof value === "object" ? JSON.stringify(value) : String(value ?? "");
  });
}

function script(node, code, names) {
  try {
    return vm.runInNewContext(code, names, { timeout: 1000 });
  } catch (error) {
    throw error instanceof NodeError ? error : new NodeError(node.name, error.message);
  }
}

// --- Nodes --------------------------------------------------------------------------------------

const passed = (items) => [items];
const child = (node, parent, json) => {
  const item = { json, lineage: new Map(parent?.lineage) };
  item.lineage.set(node.name, item);
  return item;
};
const through = (node, item) => child(node, item, item.json);

const nodes = {
  "n8n-nodes-base.scheduleTrigger": passed,
  "n8n-nodes-base.manualTrigger": passed,
  "n8n-nodes-base.webhook": passed,
  "n8n-nodes-base.noOp": (items, node) => [items.map((item) => through(node, item))],
  "n8n-nodes-base.filter": (items, node) => [split(items, node)[0]],
  "n8n-nodes-base.if": split,
  "n8n-nodes-base.splitOut": (items, node) => [
    items.flatMap((item) => {
      const found = item.json[node.parameters.fieldToSplitOut];
      if (!Array.isArray(found)) throw new NodeError(node.name, `Couldn't find the field '${node.parameters.fieldToSplitOut}'`);
      return found.map((json) => child(node, item, json));
    }),
  ],
  "n8n-nodes-base.set": (items, node) => [
    items.map((item) => {
      const set = Object.fromEntries(
        node.parameters.assignments.assignments.map(({ name, value }) => [name, evaluate(node, value, item, items)]),
      );
      return child(node, item, node.parameters.includeOtherFields ? { ...item.json, ...set } : set);
    }),
  ],
  "n8n-nodes-base.wait": async (items, node) => {
    await ask({ wait: evaluate(node, node.parameters.amount, items[0], items) });
    return [items.map((item) => through(node, item))];
  },
  "n8n-nodes-base.respondToWebhook": async (items, node) => {
    const { responseCode = 200 } = node.parameters.options ?? {};
    await ask({ respond: responseCode, body: evaluate(node, node.parameters.responseBody, items[0], items) });
    return [items.map((item) => through(node, item))];
  },
  "n8n-nodes-base.stopAndError": (items, node) => {
    throw new NodeError(node.name, evaluate(node, node.parameters.errorMessage, items[0], items));
  },
  "n8n-nodes-base.code": code,
  "n8n-nodes-base.httpRequest": (items, node) => eachItem(items, node, http),
  "@n8n/n8n-nodes-langchain.chainLlm": (items, node) =>
    eachItem(items, node, async (item) => [
      { text: (await ask({ prompt: evaluate(node, node.parameters.text, item, items) })).text },
    ]),
};

/** One run for each item. An error ends the run of the workflow, or goes where the node says. */
async function eachItem(items, node, run) {
  const good = [];
  const bad = [];
  for (const item of items) {
    try {
      for (const json of await patiently(node, () => run(item, node, items))) good.push(child(node, item, json));
    } catch (error) {
      if (node.onError === "continueRegularOutput") good.push(child(node, item, { error: error.message }));
      else if (node.onError === "continueErrorOutput")
        bad.push(child(node, item, { ...item.json, error: { message: error.message, status: error.status } }));
      else throw error;
    }
  }
  return [good, bad];
}

async function patiently(node, run) {
  const tries = node.retryOnFail ? (node.maxTries ?? 3) : 1;
  for (let tried = 1; ; tried++) {
    try {
      return await run();
    } catch (error) {
      if (tried >= tries) throw error;
      await ask({ wait: (node.waitBetweenTries ?? 1000) / 1000 });
    }
  }
}

async function http(item, node, items) {
  const given = evaluate(node, node.parameters, item, items);
  const url = new URL(given.url);
  for (const { name, value } of given.sendQuery ? given.queryParameters.parameters : []) url.searchParams.set(name, value);
  const headers = Object.fromEntries(
    (given.sendHeaders ? given.headerParameters.parameters : []).map(({ name, value }) => [name, String(value)]),
  );
  const credential = given.authentication === "genericCredentialType" ? node.credentials.httpHeaderAuth.name : null;
  const body = given.sendBody ? bodyOf(given, node) : null;
  const answer = await ask({ method: given.method ?? "GET", url: url.href, headers, credential, body });
  if (answer.status < 200 || answer.status > 299)
    throw new NodeError(node.name, `Request failed with status code ${answer.status}`, answer.status);
  return Array.isArray(answer.body) ? answer.body : [answer.body];
}

function bodyOf(given, node) {
  if (given.contentType === "raw") return given.body;
  if (given.specifyBody !== "json")
    return JSON.stringify(Object.fromEntries(given.bodyParameters.parameters.map(({ name, value }) => [name, value])));
  if (typeof given.jsonBody === "object") return JSON.stringify(given.jsonBody);
  try {
    return JSON.stringify(JSON.parse(given.jsonBody));
  } catch {
    throw new NodeError(node.name, "JSON parameter needs to be valid JSON");
  }
}

const tests = {
  exists: (left) => left !== null && left !== undefined,
  notExists: (left) => left === null || left === undefined,
  empty: (left) => left === null || left === undefined || left === "",
  notEmpty: (left) => left !== null && left !== undefined && left !== "",
  equals: (left, right) => left === right,
  notEquals: (left, right) => left !== right,
  true: (left) => left === true,
  false: (left) => left === false,
  gt: (left, right) => left > right,
  lt: (left, right) => left < right,
};

function split(items, node) {
  const { combinator, conditions } = node.parameters.conditions;
  const holds = (item) => {
    const results = conditions.map(({ leftValue, rightValue, operator }) => {
      if (!tests[operator.operation]) throw new NodeError(node.name, `no such operation: ${operator.operation}`);
      return tests[operator.operation](evaluate(node, leftValue, item, items), evaluate(node, rightValue, item, items));
    });
    return combinator === "or" ? results.some(Boolean) : results.every(Boolean);
  };
  const sides = [[], []];
  for (const item of items) sides[holds(item) ? 0 : 1].push(through(node, item));
  return sides;
}

/** Items that a Code node makes anew are paired by their order, when there are as many as came in, or one came in. */
function code(items, node) {
  const run = (item) => script(node, `(function () {${node.parameters.jsCode}\n})()`, scope(node, item, items));
  if (node.parameters.mode === "runOnceForEachItem")
    return [items.map((item) => child(node, item, run(item).json))];
  const made = [run(items[0])].flat().map((each) => each.json ?? each);
  const parent = (index) => (made.length === items.length ? items[index] : items.length === 1 ? items[0] : null);
  return [made.map((json, index) => child(node, parent(index), json))];
}

// --- The run ----------------------------------------------------------------------------------

/** A node runs with all items that reach it, then those behind it; none runs without items. */
async function run(name, items) {
  const node = byName.get(name);
  if (!node) throw new NodeError(name, "connected to a node that is not there");
  if (!nodes[node.type]) throw new NodeError(name, `unknown type ${node.type}`);
  const sides = await nodes[node.type](items, node);
  outputs.set(name, sides.flat());
  for (const [side, targets] of (workflow.connections[name]?.main ?? []).entries())
    for (const target of targets ?? []) if (sides[side]?.length) await run(target.node, sides[side]);
}

const TRIGGERS = /Trigger$|\.webhook$/;
const first = workflow.nodes.find((node) => TRIGGERS.test(node.type));
try {
  await run(first.name, start.map((json) => child(first, null, json)));
  say({ done: true, error: null });
} catch (error) {
  say({ done: true, error: { node: error.node ?? "", message: error.message, status: error.status ?? null } });
}
process.exit(0);
