// Where the SMS is: the page asks when the answer before told it to, and stops when there is nothing more to learn.

// Seconds, when an answer is lost: the network of a phone comes back.
const AFTER_A_FAILURE = 5;

// `ask` gives the next fragment (null: nothing waits any more); `show` puts it in the page; both are given.
export function watchSms({ again, ask, show, later = setTimeout }) {
  function plan(seconds) {
    if (seconds) later(once, seconds * 1000);
  }

  async function once() {
    let answer;
    try {
      answer = await ask();
    } catch {
      return plan(AFTER_A_FAILURE);
    }
    if (answer) plan(show(answer));
  }

  plan(again);
}
