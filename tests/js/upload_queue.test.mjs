import assert from "node:assert/strict";
import { test } from "node:test";

import { Refused, UploadQueue } from "../../static/js/lib/upload_queue.js";

/** A queue whose server answers with what `answers` says: a list, a Refused, or an Error for a dead network. */
function queueWith(answers) {
  const said = [];
  const note = (kind) => (file, more) => said.push([kind, file.name, more].filter((each) => each !== undefined).join(" "));
  const queue = new UploadQueue({
    limit: 10 * 1024 * 1024,
    async send(file) {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return `list-${file.name}`;
    },
    on: { sending: note("sending"), added: note("added"), refused: note("refused"), stuck: note("stuck") },
  });
  return { queue, said };
}

const file = (name, size = 1) => ({ name, size });

test("one after the other, in the order chosen", async () => {
  const { queue, said } = queueWith([null, null]);
  await queue.add([file("a"), file("b")]);
  assert.deepEqual(said, ["sending a", "added a list-a", "sending b", "added b list-b"]);
});

test("what is too heavy is not sent, the rest is", async () => {
  const { queue, said } = queueWith([null]);
  await queue.add([file("film", 10 * 1024 * 1024 + 1), file("b")]);
  assert.deepEqual(said, ["refused film Ce fichier est trop lourd\u00a0: 10\u00a0Mo au plus.", "sending b", "added b list-b"]);
});

test("what the server refuses is dropped, with its words", async () => {
  const { queue, said } = queueWith([new Refused("abîmé"), null]);
  await queue.add([file("a"), file("b")]);
  assert.deepEqual(said, ["sending a", "refused a abîmé", "sending b", "added b list-b"]);
});

test("without a network all is kept, and sent when it is back", async () => {
  const { queue, said } = queueWith([new Error("network"), null, null]);
  await queue.add([file("a"), file("b")]);
  assert.deepEqual(said, ["sending a", "stuck a"]);
  said.length = 0;
  await queue.run();
  assert.deepEqual(said, ["sending a", "added a list-a", "sending b", "added b list-b"]);
});

test("chosen meanwhile, it waits for its turn; nothing is sent twice", async () => {
  const { queue, said } = queueWith([null, null]);
  await Promise.all([queue.add([file("a")]), queue.add([file("b")]), queue.run()]);
  assert.deepEqual(said, ["sending a", "added a list-a", "sending b", "added b list-b"]);
});
