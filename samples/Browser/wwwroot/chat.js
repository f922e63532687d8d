import { openSession } from '@rescind/browser';
import { openSocket } from '@rescind/browser/socket';

const reasons = {
  ended: 'You were logged out: this session has been revoked.',
  blocked: 'You were logged out: this account is blocked.',
  logged_out: 'You logged out in another tab.',
};
const session = openSession({ authority: '/auth' });
const [lines, form, controls, notice, again] = ['ul', 'form', 'fieldset', 'output', 'a'].map((name) => document.querySelector(name));

function join() {
  const socket = openSocket(session, '/chat', {
    onMessage: (line) => lines.append(Object.assign(document.createElement('li'), { textContent: line })),
    // From a bad network it comes back by itself; closed is for good.
    onChange: (state, end) => {
      controls.disabled = state !== 'open';
      if (state === 'closed') explain(session.end ?? end);
    },
  });
  form.addEventListener('submit', (submit) => {
    submit.preventDefault();
    if (socket.send(form.words.value)) form.reset();
  });
}

function explain({ reason, explanation }) {
  notice.value = `${reasons[reason] ?? `The chat is over: ${reason}.`} ${explanation ? `The act is ${explanation}.` : ''}`;
  again.hidden = false;
}

// One call ends every session of this person, this one too: what becomes of it is what the others see.
form.querySelector('[type=button]').addEventListener('click', async () => {
  const answer = await session.fetch('/auth/me/logout', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ everywhere: true }),
  }).catch(() => null);
  if (!answer?.ok && session.state === 'live') notice.value = 'Nobody has been logged out. Try again.';
});

if (await session.resume()) join();
else location.replace('/');
